"""Whether an ONNX graph forecasts what Python forecasts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....core.arrays import Floats
from ....ensembles.forecast_ensemble import ForecastEnsemble
from ....errors import InputError
from ....series.panel import Panel

_MOST_WINDOWS = 200
_MOST_STEPS = 5_000  # Of a history.
_TOLERANCE = 1e-4  # Of the standard deviation of a history, or of the size of constant ones.
_ROUNDING = 1e-9  # Of a value: what double precision leaves of it.


@dataclass(frozen=True, kw_only=True)
class ForecastParity:
    """How an ONNX graph and Python compare.

    Args:
        windows: The number of histories compared.
        difference: The largest difference of a quantile, in standard deviations of the history.
    """

    windows: int
    difference: float

    @property
    def sentence(self) -> str:
        """The result, for people."""
        return (
            f"Compared with Python on {self.windows} histories, among them constant ones: quantiles agree within "
            f"{max(self.difference, _ROUNDING):.1e} standard deviations."
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The result as plain values."""
        return {"windows_compared": self.windows, "largest_difference": self.difference}


def check_forecasts(content: bytes, ensemble: ForecastEnsemble, panel: Panel) -> ForecastParity:
    """Compare an ONNX model with the ensemble that it was made from, on parts of the series and on odd ones.

    Args:
        content: The serialised model.
        ensemble: The ensemble.
        panel: The series that it was trained on.

    Raises:
        InputError: They disagree.
    """
    histories = compared_histories(panel, ensemble.horizon)
    expected = ensemble.forecast(histories)
    found = forecast_in_onnx(content, histories)
    scales = np.array([_scale(histories.history(index)) for index in range(len(histories))])[:, None, None]
    gaps = np.maximum(0.0, np.abs(expected - found) - _ROUNDING * np.abs(expected)) / scales
    difference = float(np.where(np.isnan(gaps), np.inf, gaps).max())
    if not difference <= _TOLERANCE:
        wrong = int((np.where(np.isnan(gaps), np.inf, gaps) > _TOLERANCE).any(axis=(1, 2)).sum())
        raise InputError(
            f"an ONNX graph must forecast what Python forecasts, but of {len(histories)} histories {wrong} are "
            f"continued in another way, by up to {difference:.1e} standard deviations. Nothing was written. Please "
            f"report this with the families of the models: "
            f"{', '.join(sorted({member.family for member in ensemble.members.values()}))}."
        )
    return ForecastParity(windows=len(histories), difference=difference)


def _scale(history: Floats) -> float:
    size = float(np.abs(history).max())
    deviation = float(history.std())
    return deviation if deviation > 1e-8 * size else size or 1.0


def compared_histories(panel: Panel, horizon: int, most: int = _MOST_WINDOWS) -> Panel:
    """Return histories to compare on: series up to the end and up to earlier times, and odd ones.

    The odd ones are made of the first series: constant, zero, negative, large, and no longer than a few values.

    Args:
        panel: The series that models were trained on.
        horizon: The number of steps to forecast, for which columns that are known ahead get values.
        most: The number of histories that are not odd.
    """
    random = np.random.default_rng(0)
    pieces = [(int(index), int(panel.lengths[index])) for index in random.permutation(len(panel))[:most]]
    while len(pieces) < most:
        index = int(random.integers(len(panel)))
        pieces.append((index, int(random.integers(1, panel.lengths[index] + 1))))
    places = [np.arange(max(0, length - _MOST_STEPS), length) for _, length in pieces]
    values = [panel.history(index)[steps] for (index, _), steps in zip(pieces, places, strict=True)]
    usual = values[0]
    odd = [usual * 0, usual * 0 + 7.25, -np.abs(usual) - 1, usual * 1e9, usual[:1], usual[:2], usual[:3]]
    pieces += [pieces[0]] * len(odd)
    places += [places[0][: len(part)] for part in odd]
    lengths = np.array([len(steps) for steps in places], dtype=np.intp)
    rows = np.concatenate([panel.offsets[index] + steps for (index, _), steps in zip(pieces, places, strict=True)])
    covariates = {name: np.asarray(column)[rows] for name, column in panel.covariates.items()}
    future = [random.choice(covariates[name], (len(pieces), horizon)) for name in panel.known]
    return replace(
        panel,
        names=tuple(map(str, range(len(pieces)))),
        starts=np.array([panel.starts[index] + steps[0] for (index, _), steps in zip(pieces, places, strict=True)]),
        offsets=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
        lengths=lengths,
        values=np.concatenate([*values, *odd]).astype(np.float64),
        observed=None,
        covariates=covariates,
        future=np.stack(future, axis=-1) if future else None,
        stored=None,
    )


def forecast_in_onnx(content: bytes, panel: Panel) -> Floats:
    """Return the quantiles that onnxruntime computes, shape `(series, horizon, levels)`.

    Args:
        content: The serialised model.
        panel: The series; the shorter ones begin later.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    values = np.full((len(panel), int(panel.lengths.max())), np.nan)
    for index in range(len(panel)):
        values[index, values.shape[1] - int(panel.lengths[index]) :] = panel.known_values(index)
    inputs: dict[str, np.ndarray] = {"values": values}
    taken = {one.name: one.shape for one in session.get_inputs()}
    if "time" in taken:
        last = panel.frequency.stamps(panel.starts + panel.lengths - 1)
        inputs["time"] = last.astype("datetime64[s]").astype(np.float64)[:, None]
    series = np.arange(len(panel))
    if "known" in taken:
        horizon = taken["known"][1]
        steps = (panel.lengths[:, None] + np.arange(horizon)).ravel()
        inputs["known"] = panel.known_ahead(np.repeat(series, horizon), steps).reshape(len(panel), horizon, -1)
    if "past" in taken:
        inputs["past"] = panel.past_covariates(series, panel.lengths - 1)
    (quantiles,) = session.run(["quantiles"], inputs)
    return np.asarray(quantiles)
