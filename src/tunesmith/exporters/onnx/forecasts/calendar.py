"""The calendar of the steps of time series in an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..dates import calendar, days_before_month
from ..graph import Graph
from .histories import Histories

_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class StepTimes:
    """The calendar of some steps, doubles of shape `(series, steps)`.

    Args:
        seconds: Since 1970.
        parts: The parts of the date, as `dates.calendar` names them.
        hours: The hour of the day with its fraction.
        next_seconds: The time of the step after each.
    """

    seconds: str
    parts: Mapping[str, str]
    hours: str
    next_seconds: str


def step_times(histories: Histories, steps: Sequence[int]) -> StepTimes:
    """Return the calendar of steps, counted from the last value of a series, which is step 0."""
    graph = histories.graph
    offsets = graph.constant(np.array(steps, dtype=np.float64)[None])
    position = graph.add("Add", _position(histories), offsets)
    seconds = _seconds(histories, position)
    following = _seconds(histories, graph.add("Add", position, graph.constant(1.0)))
    days = graph.add("Floor", graph.add("Div", seconds, graph.constant(_DAY)))
    second_of_day = graph.add("Sub", seconds, graph.add("Mul", days, graph.constant(_DAY)))
    return StepTimes(
        seconds=seconds,
        parts=calendar(graph, seconds),
        hours=graph.add("Div", second_of_day, graph.constant(3_600.0)),
        next_seconds=following,
    )


def working_days(graph: Graph, seconds: str) -> str:
    """Return the number of working days before a date, counted from the Monday before 1970."""
    days = graph.add("Floor", graph.add("Div", seconds, graph.constant(_DAY)))
    from_monday = graph.add("Add", days, graph.constant(3.0))
    weeks = graph.add("Floor", graph.add("Div", from_monday, graph.constant(7.0)))
    rest = graph.add("Sub", from_monday, graph.add("Mul", weeks, graph.constant(7.0)))
    within = graph.add("Min", rest, graph.constant(5.0))
    return graph.add("Add", graph.add("Mul", weeks, graph.constant(5.0)), within)


def _position(histories: Histories) -> str:
    """Return where the last value lies on the grid, as `Frequency.positions` does; shape `(series, 1)`."""
    graph, frequency = histories.graph, histories.frequency
    units = histories.time
    if frequency.unit == "month":
        parts = calendar(graph, units)
        years = graph.add("Sub", parts["year"], graph.constant(1970.0))
        months = graph.add("Sub", parts["month"], graph.constant(1.0))
        units = graph.add("Add", graph.add("Mul", years, graph.constant(12.0)), months)
    elif frequency.unit == "business_day":
        units = graph.add("Sub", working_days(graph, units), graph.constant(3.0))  # 1 January 1970 was a Thursday.
    elif frequency.unit == "second":
        units = graph.add("Add", units, graph.constant(float(frequency.slack)))
    counted = graph.add("Sub", units, graph.constant(float(frequency.phase)))
    return graph.add("Floor", graph.add("Div", counted, graph.constant(float(frequency.count))))


def _seconds(histories: Histories, position: str) -> str:
    """Return the times of positions, as `Frequency.stamps` does."""
    graph, frequency = histories.graph, histories.frequency
    units = graph.add("Mul", position, graph.constant(float(frequency.count)))
    units = graph.add("Add", units, graph.constant(float(frequency.phase)))
    if frequency.unit == "second":
        return units
    if frequency.unit == "month":
        first = days_before_month(graph, units)
        following = days_before_month(graph, graph.add("Add", units, graph.constant(1.0)))
        wanted = graph.add("Add", first, graph.constant(frequency.month_day - 1.0))
        days = graph.add("Min", wanted, graph.add("Sub", following, graph.constant(1.0)))
    else:
        from_monday = graph.add("Add", units, graph.constant(3.0))
        weeks = graph.add("Floor", graph.add("Div", from_monday, graph.constant(5.0)))
        weekends = graph.add("Mul", weeks, graph.constant(2.0))
        days = graph.add("Add", units, weekends)
    return graph.add("Mul", days, graph.constant(_DAY))
