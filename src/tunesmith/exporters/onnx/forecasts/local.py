"""Models of each series by itself that need no fit, as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....forecasters._local import NORMAL, LocalModel
from ..graph import Graph
from .histories import Histories, cut, mean_of, mean_where


def naive(histories: Histories, model: LocalModel) -> str:
    """Return the last value again and again, shape `(series, horizon, levels)`."""
    return _repeated(histories, 1)


def seasonal_naive(histories: Histories, model: LocalModel) -> str:
    """Return the last season again and again, shape `(series, horizon, levels)`."""
    return _of_its_season(histories, model, lambda season: _repeated(histories, season))


def seasonal_average(histories: Histories, model: LocalModel) -> str:
    """Return the mean of the last seasons at the level of the last one, shape `(series, horizon, levels)`."""
    cycles = int(model.parameters["cycles"])
    return _of_its_season(histories, model, lambda season: _averaged(histories, season, cycles))


def _of_its_season(histories: Histories, model: LocalModel, forecast_of: Callable[[int], str]) -> str:
    """Return the forecast by the season that the model names, or the last one before it that occurs twice in a series.

    Where none does, the last value is repeated.
    """
    graph, wanted = histories.graph, int(model.parameters.get("season", 1))
    forecast = _repeated(histories, 1)
    occurs = [graph.cast(histories.at_least(2 * season), "DOUBLE") for season in model.seasons]
    number = graph.constant(0.0)
    limit = graph.add("Min", graph.sum(occurs), graph.constant(float(wanted))) if occurs else number
    for season, there in zip(model.seasons, occurs, strict=True):
        number = graph.add("Add", number, there)
        chosen = graph.add("Mul", graph.cast(graph.add("Equal", number, limit), "DOUBLE"), there)
        is_it = graph.add("Unsqueeze", graph.cast(chosen, "BOOL"), graph.constant([2], np.int64))
        forecast = graph.add("Where", is_it, forecast_of(season), forecast)
    return forecast


def drift(histories: Histories, model: LocalModel) -> str:
    """Return the line from the first to the last value, continued; shape `(series, horizon, levels)`."""
    graph, steps = histories.graph, np.arange(1, histories.horizon + 1, dtype=np.float64)[None]
    one, axis = graph.constant(1.0), graph.constant([1], np.int64)
    changes, known = histories.changes(1)
    number = graph.add("Max", graph.add("Sub", histories.count, one), one)
    slope = mean_where(graph, changes, known)
    points = graph.add("Add", histories.last, graph.add("Mul", slope, graph.constant(steps)))
    around = graph.add("Mul", graph.add("Sub", changes, slope), known)
    squares = graph.add("ReduceSum", graph.add("Mul", around, around), axis, keepdims=1)
    freedom = graph.add("Max", graph.add("Sub", number, one), one)
    spread = graph.add("Sqrt", graph.add("Div", squares, freedom))
    single = graph.add("LessOrEqual", number, one)
    spread = graph.add("Where", single, graph.add("Abs", slope), spread)
    growth = graph.add(
        "Mul", graph.constant(steps), graph.add("Add", one, graph.add("Div", graph.constant(steps), number))
    )
    return _normal(graph, points, graph.add("Mul", spread, graph.add("Sqrt", growth)))


def _repeated(histories: Histories, season: int) -> str:
    """Return the last season again and again, as `forecasters._local.repeat_season` does."""
    return _continued(histories, histories.window(season), season)


def _averaged(histories: Histories, season: int, cycles: int) -> str:
    """Return the mean of the last seasons that a series has, at the level of the last one."""
    graph = histories.graph
    total, number = histories.window(season), graph.constant(1.0)
    last_mean = mean_of(graph, total)
    for cycle in range(2, cycles + 1):
        there = graph.cast(histories.at_least(cycle * season), "DOUBLE")
        earlier = cut(graph, histories.values, -cycle * season, -(cycle - 1) * season)
        total = graph.add("Add", total, graph.add("Mul", there, earlier))
        number = graph.add("Add", number, there)
    mean = graph.add("Div", total, number)
    level = graph.add("Sub", last_mean, mean_of(graph, mean))
    return _continued(histories, graph.add("Add", mean, level), season)


def _continued(histories: Histories, shape: str, season: int) -> str:
    """Return a season again and again, with quantiles by the differences of values a season apart."""
    graph, steps = histories.graph, np.arange(histories.horizon)
    points = graph.add("Gather", shape, graph.constant(steps % season, np.int64), axis=1)
    changes, known = histories.changes(season)
    deviation = graph.add("Sqrt", mean_where(graph, graph.add("Mul", changes, changes), known))
    growth = np.sqrt(steps // season + 1.0)[None]
    return _normal(graph, points, graph.add("Mul", deviation, graph.constant(growth)))


def _normal(graph: Graph, points: str, deviations: str) -> str:
    """Return the quantiles of normal distributions, shape `(series, horizon, levels)`."""
    axis = graph.constant([2], np.int64)
    wide = graph.add("Mul", graph.add("Unsqueeze", deviations, axis), graph.constant(NORMAL[None, None]))
    return graph.add("Add", graph.add("Unsqueeze", points, axis), wide)
