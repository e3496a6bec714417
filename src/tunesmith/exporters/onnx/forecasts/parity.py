"""Whether an ONNX graph forecasts what Python forecasts."""

from __future__ import annotations

from collections.abc import Sequence
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
_ROUNDING = 1e-6  # Of a value: what single precision leaves of it.


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
            f"Compared with Python on {self.windows} histories, among them constant ones: quantiles differ by "
            f"{self.difference:.1e} standard deviations or less."
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
    histories = compared_histories(panel)
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


def compared_histories(panel: Panel) -> Panel:
    """Return histories to compare on: series up to the end and up to earlier times, and odd ones.

    The odd ones are made of the first series: constant, zero, negative, large, and no longer than a few values.

    Args:
        panel: The series that models were trained on.
    """
    random = np.random.default_rng(0)
    chosen = random.permutation(len(panel))[:_MOST_WINDOWS]
    histories = [(index, int(panel.lengths[index])) for index in chosen]
    while len(histories) < _MOST_WINDOWS:
        index = int(random.integers(len(panel)))
        histories.append((index, int(random.integers(1, panel.lengths[index] + 1))))
    parts = []
    for index, length in histories:
        first = max(0, length - _MOST_STEPS)
        parts.append((int(panel.starts[index]) + first, np.asarray(panel.history(index)[first:length])))
    start, usual = parts[0]
    odd = [usual * 0, usual * 0 + 7.25, -np.abs(usual) - 1, usual * 1e9, usual[:1], usual[:2], usual[:3]]
    parts += [(start, values) for values in odd]
    return _panel_of(panel, [start for start, _ in parts], [values for _, values in parts])


def _panel_of(panel: Panel, starts: Sequence[int], histories: Sequence[Floats]) -> Panel:
    """Return series on the grid of a panel."""
    lengths = np.array([len(values) for values in histories], dtype=np.intp)
    return replace(
        panel,
        names=tuple(map(str, range(len(histories)))),
        starts=np.array(starts, dtype=np.intp),
        offsets=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
        lengths=lengths,
        values=np.concatenate(histories).astype(np.float64),
        observed=None,
        covariates={},
        future=None,
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
    inputs = {"values": values}
    if any(one.name == "time" for one in session.get_inputs()):
        last = panel.frequency.stamps(panel.starts + panel.lengths - 1)
        inputs["time"] = last.astype("datetime64[s]").astype(np.float64)[:, None]
    (quantiles,) = session.run(["quantiles"], inputs)
    return np.asarray(quantiles)
