"""Forecasting models as one ONNX graph, written and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from .... import plugins
from ....ensembles.forecast_combination import ForecastCombination
from ....ensembles.forecast_ensemble import ForecastEnsemble, ForecastMember
from ....forecasters.lagged_boosting import LaggedBoostingModel
from ....series.levels import LEVELS, MEDIAN
from ..._forecast_selection import exportable_forecasts
from ...base import Export, ForecastSource, write_file
from ..columns import NotExportable
from ..graph import Graph
from .histories import Histories, cut, read_histories
from .models import bounded, check_expressible, longest_window, quantiles
from .parity import check_forecasts

_INPUTS = {
    "values": "the values of each series up to the origin, the latest last; shape (series, steps)",
    "time": "the time of the last column in seconds since 1970-01-01, on its own clocks; shape (series, 1)",
    "known": "{known} of the steps to forecast; shape (series, horizon, columns)",
    "past": "{past} at the last column; shape (series, columns)",
}
"""The inputs that a graph may have. Of columns with categories they are the numbers of these, from 0."""
_MISSING = (
    "NaN before the first value means that the series begins later; between two values it is a point of the line "
    "between them; after the last value it is that value again. A series without any value has no forecast."
)


def export_forecasts(source: ForecastSource, path: Path) -> Export:
    """Write the graph of the ensemble, or of the best ensemble of the members that ONNX can express.

    Its inputs are doubles, see `_INPUTS`: always `values`, with NaN where one is missing; the others where a model uses
    them. The outputs are `forecast`, shape `(series, horizon)`, and `quantiles`, shape `(series, horizon, levels)`.

    Raises:
        InputError: No member can be exported, or the graph disagrees with Python.
    """

    def refusal(member: ForecastMember) -> str | None:
        try:
            _check(source, member)
            _graph(source, {member.trial: member}, ForecastCombination(weights={member.trial: 1.0}))
        except NotExportable as error:
            return str(error)
        return None

    ensemble, notes = exportable_forecasts(source, refusal, form="ONNX", by_series=False)
    graph, inputs = _graph(source, ensemble.members, ensemble.combination)
    described = f"Forecasts {' and '.join(ensemble.columns.targets)}, {ensemble.horizon} steps."
    content = graph.serialized("forecast", _metadata(ensemble, inputs), described)
    parity = check_forecasts(content, ensemble, source.panel)
    write_file(path, content)
    taken = "; ".join(f"`{name}`, {what}" for name, what in inputs.items())
    return Export(
        path=path,
        notes=[*notes, f"It takes {taken}.", _MISSING, parity.sentence],
        facts={"bytes": len(content), "members": list(ensemble.members), "inputs": list(inputs), **parity.facts},
    )


def _check(source: ForecastSource, member: ForecastMember) -> None:
    """Check what can be known of a model before it is read.

    Raises:
        NotExportable: Its family has no equivalent, or it uses holidays.
    """
    kind = plugins.load("forecasters", member.family).model
    check_expressible(kind)
    if kind is LaggedBoostingModel and source.panel.columns.country is not None:
        raise NotExportable("it uses holidays")


def _graph(
    source: ForecastSource, members: Mapping[int, ForecastMember], combination: ForecastCombination
) -> tuple[Graph, dict[str, str]]:
    """Return the graph of some members, and what its inputs are."""
    horizon = source.ensemble.horizon
    graph = Graph({*_INPUTS, "forecast", "quantiles"})
    longest = max((longest_window(member.model) for member in members.values()), default=1)
    histories = read_histories(graph, longest, horizon, source.panel)
    forecasts = [quantiles(histories, members[trial].model) for trial in combination.weights]
    levels = _widened(histories, _combined(graph, forecasts, combination), combination.width)
    middle = graph.add("Squeeze", levels[MEDIAN], graph.constant([2], np.int64))
    graph.output("forecast", middle, "DOUBLE", horizon, rows="series")
    together = graph.add("Concat", *levels, axis=2)
    graph.output("quantiles", together, "DOUBLE", horizon, len(LEVELS), rows="series")
    columns = {"known": ", ".join(histories.ahead_names), "past": ", ".join(histories.past_names)}
    inputs = {name: what.format(**columns) for name, what in _INPUTS.items() if name in ("values", *graph.inputs)}
    return graph, inputs


def _combined(graph: Graph, forecasts: Sequence[str], combination: ForecastCombination) -> str:
    """Return the weighted mean of forecasts, in part their weighted median; shape `(series, horizon, levels)`."""
    weights = list(combination.weights.values())
    mean = graph.sum(
        [graph.add("Mul", one, graph.constant(weight)) for one, weight in zip(forecasts, weights, strict=True)]
    )
    if not combination.median_share or len(forecasts) == 1:
        return mean
    # The median is in the middle of the values with at least half of the weights on either side, themselves included.
    first = graph.constant([0], np.int64)
    values = graph.add("Concat", *(graph.add("Unsqueeze", one, first) for one in forecasts), axis=0)
    others = graph.add("Unsqueeze", values, graph.constant([1], np.int64))
    shares = graph.constant(np.reshape(weights, (-1, 1, 1, 1, 1)))
    ends = []
    for compare, reduce, outside in (("LessOrEqual", "ReduceMin", np.inf), ("GreaterOrEqual", "ReduceMax", -np.inf)):
        weighted = graph.add("Mul", graph.cast(graph.add(compare, others, values), "DOUBLE"), shares)
        beyond = graph.add("ReduceSum", weighted, first, keepdims=0)
        enough = graph.add("GreaterOrEqual", beyond, graph.constant(0.5 - 1e-9))
        ends.append(graph.add(reduce, graph.add("Where", enough, values, graph.constant(outside)), first, keepdims=0))
    median = graph.add("Mul", graph.sum(ends), graph.constant(0.5))
    change = graph.add("Mul", graph.add("Sub", median, mean), graph.constant(combination.median_share))
    return graph.add("Add", mean, change)


def _widened(histories: Histories, forecast: str, width: float) -> list[str]:
    """Return quantiles farther from the median by a factor, sorted and bounded; shape `(series, horizon, 1)` each."""
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
    return [bounded(histories, level) for level in levels]


def _metadata(ensemble: ForecastEnsemble, inputs: Mapping[str, str]) -> dict[str, str]:
    """Return what a person who finds the file wants to know, as JSON where it is not a word."""
    beside = ensemble.columns.covariates
    facts: dict[str, Any] = {
        "metric": ensemble.metric,
        "score": ensemble.score,
        "targets": list(ensemble.columns.targets),
        "horizon": ensemble.horizon,
        "levels": list(LEVELS),
        "frequency": ensemble.frequency.to_table(),
        "seasons": list(ensemble.seasons),
        "inputs": dict(inputs),
        "missing": _MISSING,
        "members": {
            str(trial): {"family": member.family, "weight": ensemble.combination.weights[trial]}
            for trial, member in ensemble.members.items()
        },
    }
    if beside is not None:
        kinds = {column.name: column for column in beside.schema.columns}
        facts["categories"] = {name: list(one.categories) for name, one in kinds.items() if one.kind == "category"}
    return {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in facts.items()}
