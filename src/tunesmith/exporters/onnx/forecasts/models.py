"""Trained forecasting models as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ....core.arrays import Floats
from ....forecasters._local import LocalModel
from ....forecasters._net_model import NetModel
from ....forecasters.base import ForecastModel
from ....forecasters.drift import DriftModel
from ....forecasters.lagged_boosting import LaggedBoostingModel
from ....forecasters.lagged_ridge import LaggedRidgeModel
from ....forecasters.naive import NaiveModel
from ....forecasters.seasonal_average import SeasonalAverageModel
from ....forecasters.seasonal_naive import SeasonalNaiveModel
from ..columns import NotExportable
from .boosting import lagged_boosting
from .histories import Histories, mean_of, spread_of
from .local import drift, naive, seasonal_average, seasonal_naive
from .nets import net_points


def quantiles(histories: Histories, model: ForecastModel) -> str:
    """Return a model's forecast, shape `(series, horizon, levels)`; not below 0 where no value is.

    A model of a family from elsewhere may bring the method `to_onnx`, which takes the histories.

    Raises:
        NotExportable: The model has no equivalent.
    """
    check_expressible(type(model))
    convert: Callable[..., str] | None = getattr(model, "to_onnx", None)
    forecast = _MODELS[type(model)](histories, model) if convert is None else convert(histories)
    return bounded(histories, forecast)


def bounded(histories: Histories, forecast: str) -> str:
    """Return a forecast that is not below 0 where no value of the history is; shape `(series, horizon, levels)`."""
    graph = histories.graph
    positive = graph.add("GreaterOrEqual", histories.least, graph.constant(0.0))
    lowest = graph.add("Where", positive, graph.constant(0.0), graph.constant(-np.inf))
    return graph.add("Max", forecast, _by_step(histories, lowest))


def check_expressible(kind: type[Any]) -> None:
    """Check that there is an equivalent of a class of models.

    Raises:
        NotExportable: There is none.
    """
    if kind in _MODELS or hasattr(kind, "to_onnx"):
        return
    if issubclass(kind, LocalModel):
        raise NotExportable("it is fitted to each series anew, which ONNX cannot")
    raise NotExportable(f"{kind.__name__} has no equivalent in ONNX")


def longest_window(model: ForecastModel) -> int:
    """Return how far a model looks back, besides to facts of the whole series."""
    if isinstance(model, LaggedRidgeModel):
        return len(model.weights)
    if isinstance(model, LaggedBoostingModel):
        return model.features.needs
    if isinstance(model, NetModel):
        return model.shape.lookback
    seasons: tuple[int, ...] = getattr(model, "seasons", ())
    cycles = int(model.parameters["cycles"]) if isinstance(model, SeasonalAverageModel) else 1
    return cycles * max(seasons, default=1)


def _lagged_ridge(histories: Histories, model: LaggedRidgeModel) -> str:
    graph, window = histories.graph, histories.window(len(model.weights))
    middle = histories.last if model.center == "last" else mean_of(graph, window)
    wide = spread_of(graph, window)
    scale = wide if model.scaled else graph.constant(1.0)
    inputs = graph.add("Div", graph.add("Sub", window, middle), scale)
    sums = graph.add("MatMul", inputs, graph.constant(model.weights[:, : histories.horizon]))
    outputs = graph.add("Add", sums, graph.constant(model.offsets[None, : histories.horizon]))
    points = graph.add("Add", middle, graph.add("Mul", scale, outputs))
    return _around(histories, points, wide, model.quantiles[: histories.horizon])


def _net(histories: Histories, model: NetModel) -> str:
    points = net_points(histories, model)
    wide = spread_of(histories.graph, histories.window(model.shape.lookback))
    return _around(histories, points, wide, model.quantiles[: histories.horizon])


def _lagged_boosting(histories: Histories, model: LaggedBoostingModel) -> str:
    points, scale = lagged_boosting(histories, model)
    return _around(histories, points, scale, model.quantiles[: histories.horizon])


def _around(histories: Histories, points: str, wide: str, errors: Floats) -> str:
    """Return points plus the quantiles of their errors; constant series go on as they are.

    Args:
        histories: The series.
        points: Shape `(series, steps)`.
        wide: What errors are relative to, shape `(series, 1)`.
        errors: Their quantiles, shape `(steps, levels)`.
    """
    graph, axis = histories.graph, histories.graph.constant([2], np.int64)
    distances = graph.add("Mul", _by_step(histories, wide), graph.constant(errors[None]))
    forecast = graph.add("Add", graph.add("Unsqueeze", points, axis), distances)
    constant, last = (_by_step(histories, value) for value in (histories.constant, histories.last))
    return graph.add("Where", constant, last, forecast)


def _by_step(histories: Histories, fact: str) -> str:
    """Return facts of series in the shape `(series, 1, 1)`."""
    return histories.graph.add("Unsqueeze", fact, histories.graph.constant([2], np.int64))


_MODELS: Mapping[type[Any], Callable[[Histories, Any], str]] = {
    NaiveModel: naive,
    SeasonalNaiveModel: seasonal_naive,
    SeasonalAverageModel: seasonal_average,
    DriftModel: drift,
    LaggedRidgeModel: _lagged_ridge,
    LaggedBoostingModel: _lagged_boosting,
    NetModel: _net,
}
