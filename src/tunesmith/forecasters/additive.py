"""A trend with breaks and seasons as waves, fitted by a ridge regression, as in Prophet (Taylor and Letham 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._local import LocalForecaster, LocalModel, normal
from .base import ForecastProfile

_BREAKS_UNTIL = 0.9  # Of the history: later breaks would be noise.


class AdditiveModel(LocalModel):
    """A piecewise linear trend plus waves of each season."""

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`."""
        multiplicative = self.parameters["form"] == "multiplicative" and history.min() > 0
        values = np.log(history) if multiplicative else history
        centre, spread = values.mean(), values.std() or 1.0
        columns, penalties = self._columns(np.arange(len(values) + horizon), len(values), seasons)
        past = columns[: len(values)]
        gram = past.T @ past
        inverse = np.linalg.inv(gram + np.diag(penalties))
        weights = inverse @ past.T @ ((values - centre) / spread)
        fitted = centre + spread * (columns @ weights)
        errors = values - fitted[: len(values)]
        # The last level counts more than the line through all values.
        width = max(1, len(errors) // 20) if self.parameters["anchored"] else 0
        shift = errors[-width:].mean() if width else 0.0
        freedom = max(1.0, len(values) - float(np.trace(inverse @ gram)))
        future = columns[len(values) :]
        unsure = 1 + np.einsum("ij,jk,ik->i", future, inverse, future)  # As the weights are known roughly only.
        breaks = spread * weights[2 : 2 + int(self.parameters["breaks"])]
        spreads = _error_variances(errors, width, horizon) * len(errors) / freedom
        variances = spreads * unsure + _trend_variances(breaks, len(values), horizon)
        quantiles = normal(fitted[len(values) :] + shift, np.sqrt(variances))
        return np.exp(quantiles) if multiplicative else quantiles

    def _columns(self, steps: np.ndarray, known: int, seasons: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Return the regressors of steps, and the penalty of each; shape `(steps, columns)` and `(columns,)`."""
        breaks, flexibility = int(self.parameters["breaks"]), float(self.parameters["flexibility"])
        time = steps / known
        places = np.linspace(0, _BREAKS_UNTIL, breaks + 1)[1:]
        columns = [np.ones_like(time), time, *(np.maximum(time - place, 0) for place in places)]
        penalties = [1e-6, 1e-3, *[1 / flexibility] * breaks]
        for season in seasons:
            for order in range(1, min(int(self.parameters["order"]), season // 2) + 1):
                angle = 2 * np.pi * order * steps / season
                columns += [np.sin(angle), np.cos(angle)]
                penalties += [0.1, 0.1]
        return np.column_stack(columns), np.array(penalties)


def _error_variances(errors: Floats, width: int, horizon: int) -> Floats:
    """Return the mean squared error of each step beside the trend and the seasons, shape `(horizon,)`.

    Args:
        errors: Those of the history, shape `(length,)`.
        width: The number of the last errors whose mean is added to a forecast; 0 for none.
        horizon: The number of steps.
    """
    if not width:
        return np.full(horizon, np.mean(errors**2))
    sums = np.cumsum(np.concatenate([[0.0], errors]))
    anchors = (sums[width:] - sums[:-width]) / width
    longest = max(1, min(horizon, (len(errors) - width) // 2))
    found = [np.mean((errors[width + step :] - anchors[: len(errors) - width - step]) ** 2) for step in range(longest)]
    return np.asarray(found + [found[-1]] * (horizon - longest))


def _trend_variances(breaks: Floats, known: int, horizon: int) -> Floats:
    """Return the variance of each step that breaks to come cause, shape `(horizon,)`.

    They come as often as in the history, and change the trend by as much, as draws from a Laplace distribution (Taylor
    and Letham 2018, section 3.1.4).

    Args:
        breaks: The changes of the trend in the history, for a time of its length; shape `(breaks,)`.
        known: The length of the history.
        horizon: The number of steps.
    """
    if not len(breaks):
        return np.zeros(horizon)
    chance = len(breaks) / (_BREAKS_UNTIL * known)
    later = np.cumsum((np.arange(horizon) / known) ** 2)
    return np.asarray(2 * np.abs(breaks).mean() ** 2 * chance * later)


class AdditiveForecaster(LocalForecaster):
    """A trend with breaks plus seasons, each of which can be drawn."""

    profile: ClassVar = ForecastProfile(
        title="Additive (Prophet-like)",
        purpose="a trend with breaks plus seasons, each of which can be drawn; for daily data with long seasons",
        interpretable=True,
        is_local=True,
        least_length=10,
        most_length=5_000,
    )
    model: ClassVar = AdditiveModel
    space: ClassVar[Mapping[str, Parameter]] = {
        "form": Choice(["additive", "multiplicative"]),
        "breaks": Int(0, 30),
        "flexibility": Float(1e-3, 10.0, log=True),
        "order": Int(1, 12),
        "anchored": Choice([True, False]),
    }
    seconds_per_value: ClassVar = 2e-6

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return both forms with some breaks."""
        usual: dict[str, Value] = {"breaks": 10, "flexibility": 0.05, "order": 6, "anchored": True}
        return [{"form": form, **usual} for form in ("multiplicative", "additive")]
