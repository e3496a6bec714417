"""Forecasting models as one ONNX graph, written and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ....ensembles.forecast_combination import ForecastCombination
from ....ensembles.forecast_ensemble import ForecastEnsemble, ForecastMember
from ....forecasters.lagged_boosting import LaggedBoostingModel
from ....series.levels import LEVELS, MEDIAN
from ..._forecast_selection import exportable_forecasts
from ...base import Export, ForecastSource, write_file
from ..columns import NotExportable
from ..graph import Graph
from .histories import Histories, cut, read_histories
from .models import longest_window, quantiles
from .parity import check_forecasts

_MISSING = (
    "NaN before the first value: the series begins later; between two values: on a straight line; after the last "
    "value: the last value again; no value at all: no forecast."
)


def export_forecasts(source: ForecastSource, path: Path) -> Export:
    """Write the graph of the ensemble, or of the best ensemble of the members that ONNX can express.

    The input `values` holds the values of series up to the origin, doubles of shape `(series, steps)`, with NaN where
    one is missing. Where a model uses the calendar, the input `time` holds the time of the last column in seconds since
    1970, shape `(series, 1)`. The outputs are `forecast`, shape `(series, horizon)`, and `quantiles`, shape
    `(series, horizon, levels)`.

    Raises:
        InputError: No member can be exported, or the graph disagrees with Python.
    """

    def refusal(member: ForecastMember) -> str | None:
        try:
            _check(source, member)
            _graph(source.ensemble, {member.trial: member}, ForecastCombination(weights={member.trial: 1.0}))
        except NotExportable as error:
            return str(error)
        return None

    ensemble, notes = exportable_forecasts(source, refusal, form="ONNX")
    graph, uses_time = _graph(ensemble, ensemble.members, ensemble.combination)
    described = f"Forecasts {' and '.join(ensemble.columns.targets)}, {ensemble.horizon} steps."
    content = graph.serialized("forecast", _metadata(ensemble, uses_time), described)
    parity = check_forecasts(content, ensemble, source.panel)
    write_file(path, content)
    time = "; and `time`, that of the last column in seconds since 1970" if uses_time else ""
    told = f"It takes `values`, the series up to the origin, shape (series, steps){time}. {_MISSING}"
    return Export(
        path=path,
        notes=[*notes, told, parity.sentence],
        facts={"bytes": len(content), "members": list(ensemble.members), "uses_time": uses_time, **parity.facts},
    )


def _check(source: ForecastSource, member: ForecastMember) -> None:
    """Check that a model needs nothing but the values of a series and the time.

    Raises:
        NotExportable: It needs more.
    """
    if isinstance(member.model, LaggedBoostingModel):
        if source.panel.covariates:
            raise NotExportable("it uses columns besides the target")
        if source.panel.columns.country is not None:
            raise NotExportable("it uses holidays")


def _graph(
    ensemble: ForecastEnsemble, members: Mapping[int, ForecastMember], combination: ForecastCombination
) -> tuple[Graph, bool]:
    """Return the graph of some members, and whether it takes the time."""
    graph = Graph({"values", "time", "forecast", "quantiles"})
    longest = max((longest_window(member.model) for member in members.values()), default=1)
    histories = read_histories(graph, longest, ensemble.frequency)
    weighted = [
        graph.add("Mul", quantiles(histories, members[trial].model, ensemble.horizon), graph.constant(weight))
        for trial, weight in combination.weights.items()
    ]
    levels = _widened(histories, graph.sum(weighted), combination.width)
    middle = graph.add("Squeeze", levels[MEDIAN], graph.constant([2], np.int64))
    graph.output("forecast", middle, "DOUBLE", ensemble.horizon, rows="series")
    together = graph.add("Concat", *levels, axis=2)
    graph.output("quantiles", together, "DOUBLE", ensemble.horizon, len(LEVELS), rows="series")
    return graph, "time" in vars(histories)


def _widened(histories: Histories, forecast: str, width: float) -> list[str]:
    """Return quantiles farther from the median by a factor, which do not cross; shape `(series, horizon, 1)` each."""
    graph = histories.graph
    levels = [cut(graph, forecast, level, level + 1, axis=2) for level in range(len(LEVELS))]
    middle = levels[MEDIAN]
    if width != 1.0:
        distances = [graph.add("Mul", graph.add("Sub", level, middle), graph.constant(width)) for level in levels]
        levels = [graph.add("Add", middle, distance) for distance in distances]
        levels[MEDIAN] = middle
    for level in range(MEDIAN + 1, len(levels)):
        levels[level] = graph.add("Max", levels[level], levels[level - 1])
    for level in reversed(range(MEDIAN)):
        levels[level] = graph.add("Min", levels[level], levels[level + 1])
    return levels


def _metadata(ensemble: ForecastEnsemble, uses_time: bool) -> dict[str, str]:
    """Return what a person who finds the file wants to know, as JSON where it is not a word."""
    facts: dict[str, Any] = {
        "metric": ensemble.metric,
        "score": ensemble.score,
        "targets": list(ensemble.columns.targets),
        "horizon": ensemble.horizon,
        "levels": list(LEVELS),
        "frequency": ensemble.frequency.to_table(),
        "seasons": list(ensemble.seasons),
        "values": "the values of each series up to the origin, the latest last; shape (series, steps)",
        "missing": _MISSING,
        "members": {
            str(trial): {"family": member.family, "weight": ensemble.combination.weights[trial]}
            for trial, member in ensemble.members.items()
        },
    }
    if uses_time:
        facts["time"] = "the time of the last column in seconds since 1970-01-01, without a zone; shape (series, 1)"
    return {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in facts.items()}
