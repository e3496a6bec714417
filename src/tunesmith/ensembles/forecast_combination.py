"""How the forecasts of trials are combined: weights, and the width of intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from ..core.arrays import Floats, Indices
from ..series.backtest import Backtest
from ..series.levels import MEDIAN, sorted_levels
from ..series.scores import ForecastScore, sql
from ..series.weighted_median import weighted_median
from .greedy import Fits, additions
from .series_weights import series_weights

_WIDTHS = np.geomspace(0.1, 10.0, 61)
_MOST_KINDS = 8
_SHARPNESS = 8  # In the mean, a family with a loss 10 % above the best has half its weight.
_WORST_IN_MEAN = 2.0  # Times the best loss.
_WORST_FOR_SOME = 2.0  # The same, of a family that may be the best for some series.
_WINDOWS_OF_MEAN = 10  # With so many windows, selection and mean count alike.
_LEAST_WEIGHT = 0.02
_WORST_UNTUNED = 1.25  # Times the loss of the member. A first configuration beyond that is worse, not unlucky.
_MOST_ROWS_OF_DOUBT = 180  # With more, the median and untuned members would count for less than a tenth.
_FEW_ROWS = 20  # With so many rows, the backtest counts for half of what it says of weights and width.


@dataclass(frozen=True, kw_only=True)
class ForecastCombination:
    """A weighted mean of quantiles, in part their weighted median; the distances from the median level are multiplied.

    Args:
        weights: The weight of each member, by trial; they sum to 1.
        width: What the distances of quantiles from the median level are multiplied by, above 0.
        median_share: How much the weighted median of the members counts, 0 to 1; the mean counts for the rest.
        by_series: The weights for each series, in the order of `weights`, where they differ; shape `(members, series)`.
    """

    weights: Mapping[int, float]
    width: float = 1.0
    median_share: float = 0.0
    by_series: Floats | None = None

    @classmethod
    def fit(
        cls,
        backtest: Backtest,
        forecasts: Mapping[int, Floats],
        score: ForecastScore,
        *,
        kinds: Mapping[int, str],
        fits: Fits = lambda members: True,
        own_weights: bool = True,
    ) -> tuple[Self, Floats]:
        """Return the combination of trials with the best score in a backtest, and its forecasts of the rows.

        The weights are those of a greedy selection, shrunk towards a mean of the best trial of each family, in which
        better ones count more: all rows of a window have seen the same past, so that few windows tell little. Against
        an equal mean that counts like two windows, this changed MASE by -1, -0.3, -1.7, -8 and -3 % (M3 yearly,
        quarterly, monthly and other, M4 hourly; one window each). More windows of the same series changed little.
        The fewer rows there are, the more luck decides which configuration has forecast them well. So selection and
        losses count for less, a part of each family's weight goes to its first configuration, and the median of the
        members counts beside their mean. With 64 single series (of M3 and M4 hourly, without their test parts) the
        last two changed the geometric mean of MASE by -8 % (standard error 4). Windows that overlap count for as many
        as would cover the same steps without an overlap: on ETTh1, with windows 23 hours apart, that changed the error
        of the test part by -0.9, -0.9, 0.7 and -0.2 % (96, 192, 336 and 720 hours).

        Series may have weights of their own; then each row is combined by the errors of the other windows of its
        series.

        Args:
            backtest: The windows.
            forecasts: The forecasts of its rows by trial, shape `(rows, horizon, levels)` each.
            score: The metric.
            kinds: The family of each trial.
            fits: Tells which members are allowed together.
            own_weights: Whether series may have weights of their own.
        """
        actual, scales = backtest.actual, backtest.scales
        shape = next(iter(forecasts.values())).shape[1:]
        flat = {trial: forecast.reshape(len(forecast), -1).astype(np.float64) for trial, forecast in forecasts.items()}

        def loss(predicted: Floats, rows: Indices | slice) -> float:
            forecast = predicted[rows].reshape(-1, *shape)
            if not np.isfinite(forecast).all():
                return np.inf
            value = score.mean(actual[rows], forecast, scales[rows])
            return value if np.isfinite(value) else 0.0  # Nothing was observed.

        whole = partial(loss, rows=slice(None))
        losses = {trial: whole(one) for trial, one in flat.items()}
        ranked = sorted(losses, key=lambda trial: (losses[trial], trial))
        selected = additions(ranked, flat, loss, fits)
        best = _best_of_kinds(kinds, losses)
        rows, windows = len(backtest.series), backtest.distinct_windows
        evidence = rows / (rows + _FEW_ROWS)
        mean_of_best = _mean_of_kinds(best, losses, _SHARPNESS * evidence)
        share = evidence * windows / (windows + _WINDOWS_OF_MEAN)
        weights: Mapping[int, float] = _shrunk(selected, mean_of_best, share, fits)
        doubt = 1 - evidence if rows <= _MOST_ROWS_OF_DOUBT else 0.0
        weights = _with_untuned(weights, kinds, losses, doubt / 2, fits)
        chosen = cls(weights=weights, median_share=doubt)
        mean = chosen._combined(flat, np.zeros(len(actual), dtype=np.intp))
        if own_weights and len(backtest.panel) > 1:
            good = [trial for trial in best if losses[trial] <= _WORST_FOR_SOME * losses[best[0]]]
            errors = {trial: _row_errors(backtest, forecast) for trial, forecast in forecasts.items()}
            starts = [weights, *([dict.fromkeys(good, 1 / len(good))] if fits(set(good)) else [])]
            if (found := series_weights(flat, errors, backtest.series, whole, starts)) is not None:
                own, mean = found
                by_series = _for_all(np.stack(list(own.values())), len(backtest.panel))
                chosen = cls(weights=dict(zip(own, by_series.mean(axis=1).tolist(), strict=True)), by_series=by_series)
        mean = mean.reshape(-1, *shape)
        least = backtest.floors[:, None, None]
        width = _width(actual, mean, scales, least) ** evidence
        return replace(chosen, width=width), np.maximum(sorted_levels(widened(mean, width)), least)

    def apply(self, forecasts: Mapping[int, Floats], series: Indices) -> Floats:
        """Return the combined forecast, shape `(rows, horizon, levels)`, which is still to be bounded.

        Args:
            forecasts: Those of the members by trial, shape `(rows, horizon, levels)` each.
            series: The number of the series of each row, -1 if it is none of the backtest's; shape `(rows,)`.
        """
        combined = self._combined({trial: forecasts[trial] for trial in self.weights}, series)
        return np.asarray(sorted_levels(widened(combined, self.width)))

    def _combined(self, forecasts: Mapping[int, Floats], series: Indices) -> Floats:
        """Return the mean of forecasts, in part their median; shape `(rows, ...)`."""
        mean: Any = 0.0
        for place, (trial, weight) in enumerate(self.weights.items()):
            shares = np.full(len(series), weight)
            if self.by_series is not None:
                shares = np.where(series >= 0, self.by_series[place][series], weight)
            one = forecasts[trial]
            mean = mean + shares.reshape(-1, *[1] * (one.ndim - 1)) * one
        if self.median_share and len(self.weights) > 1:
            values = np.stack([forecasts[trial] for trial in self.weights])
            mean = mean + self.median_share * (weighted_median(values, np.array([*self.weights.values()])) - mean)
        return np.asarray(mean, dtype=np.float64)


def _row_errors(backtest: Backtest, forecast: Floats) -> Floats:
    """Return the mean absolute error of the median of each row, NaN where nothing was observed; shape `(rows,)`."""
    errors = np.abs(backtest.actual - forecast[..., MEDIAN])
    known = ~np.isnan(errors)
    sums, counts = np.where(known, errors, 0.0).sum(axis=1), known.sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(len(errors), np.nan), where=counts > 0))


def _best_of_kinds(kinds: Mapping[int, str], losses: Mapping[int, float]) -> list[int]:
    """Return the best trial of each of the best families, the best first."""
    best: dict[str, int] = {}
    for trial in sorted(losses, key=lambda trial: losses[trial]):
        if len(best) < _MOST_KINDS:
            best.setdefault(kinds[trial], trial)
    return list(best.values())


def _mean_of_kinds(trials: Sequence[int], losses: Mapping[int, float], power: float) -> dict[int, float]:
    """Return weights by a power of the inverse loss, without families that are bad; they sum to 1."""
    least = losses[trials[0]]
    good = [trial for trial in trials if losses[trial] <= _WORST_IN_MEAN * least]
    powers = {trial: (least / losses[trial]) ** power if losses[trial] > 0 else 1.0 for trial in good}
    return {trial: power / sum(powers.values()) for trial, power in powers.items()}


def _shrunk(selected: Sequence[int], mean: Mapping[int, float], share: float, fits: Fits) -> dict[int, float]:
    """Return the weights of a greedy selection, which count by a share, and of others that it is shrunk towards."""
    share = share if fits({*selected, *mean}) else 1.0
    weights = {trial: share * selected.count(trial) / len(selected) for trial in dict.fromkeys(selected)}
    for trial, weight in mean.items():
        weights[trial] = weights.get(trial, 0.0) + (1 - share) * weight
    kept = {trial: weight for trial, weight in weights.items() if weight >= _LEAST_WEIGHT}
    return {trial: weight / sum(kept.values()) for trial, weight in kept.items()}


def _with_untuned(
    weights: Mapping[int, float], kinds: Mapping[int, str], losses: Mapping[int, float], share: float, fits: Fits
) -> Mapping[int, float]:
    """Return weights of which a share goes to the first trial of each member's family, which nothing was chosen by.

    A member keeps all of its weight if the first trial of its family is clearly worse.
    """
    if not share:
        return weights
    first: dict[str, int] = {}
    for trial in sorted(kinds):
        first.setdefault(kinds[trial], trial)
    mixed: dict[int, float] = {}
    for trial, weight in weights.items():
        untuned = first[kinds[trial]]
        shared = share if losses[untuned] <= _WORST_UNTUNED * losses[trial] else 0.0
        mixed[trial] = mixed.get(trial, 0.0) + (1 - shared) * weight
        mixed[untuned] = mixed.get(untuned, 0.0) + shared * weight
    mixed = {trial: weight for trial, weight in mixed.items() if weight > 0}
    return mixed if fits({*mixed}) else weights


def _for_all(weights: Floats, count: int) -> Floats:
    """Return weights of all series: those without a window have the mean of the others; shape `(members, count)`."""
    rest = np.repeat(weights.mean(axis=1, keepdims=True), count - weights.shape[1], axis=1)
    return np.concatenate([weights, rest], axis=1)


def widened(forecast: Floats, width: float) -> Floats:
    """Return a forecast whose quantiles are farther from the median, by a factor."""
    middle = forecast[..., MEDIAN : MEDIAN + 1]
    return np.asarray(middle + width * (forecast - middle))


def _width(actual: Floats, forecast: Floats, scales: Floats, least: Floats) -> float:
    """Return the factor with the least quantile loss."""
    losses = [sql(actual, np.maximum(widened(forecast, width), least), scales) for width in _WIDTHS]
    if not np.isfinite(losses).any():
        return 1.0
    return float(_WIDTHS[int(np.nanargmin(losses))])
