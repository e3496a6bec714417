"""Time series in an ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....data.cells import LARGEST
from ....series.frequency import Frequency
from ....series.panel import Panel
from ..columns import NotExportable
from ..graph import Graph

_END = np.iinfo(np.int64).max
_LEAST_SPREAD = 1e-8  # That of `forecasters._windows.spread`.


@dataclass(frozen=True, kw_only=True)
class Histories:
    """The values of series up to the origin, as models see them.

    Values are doubles of shape `(series, steps)`; facts of a series have the shape `(series, 1)`.

    Args:
        graph: The graph.
        values: Those before the first one are copies of it, as many as a model may look at.
        known: 1 from the first value on, 0 before it.
        count: The number of values of each.
        horizon: The number of steps to forecast.
        frequency: Their grid.
        ahead_names: The columns beside the target that are known ahead.
        past_names: Those that are not.
    """

    graph: Graph
    values: str
    known: str
    count: str
    horizon: int
    frequency: Frequency
    ahead_names: tuple[str, ...] = ()
    past_names: tuple[str, ...] = ()

    def window(self, length: int) -> str:
        """Return the last values of each, shape `(series, length)`."""
        return cut(self.graph, self.values, -length, _END)

    @cached_property
    def last(self) -> str:
        """The last value."""
        return self.window(1)

    @cached_property
    def least(self) -> str:
        """The smallest value."""
        return self.graph.add("ReduceMin", self.values, self.graph.constant([1], np.int64), keepdims=1)

    @cached_property
    def constant(self) -> str:
        """Whether all values are the same."""
        largest = self.graph.add("ReduceMax", self.values, self.graph.constant([1], np.int64), keepdims=1)
        return self.graph.add("Equal", self.least, largest)

    @cached_property
    def mean(self) -> str:
        """The mean of all values."""
        return mean_where(self.graph, self.values, self.known)

    @cached_property
    def deviation(self) -> str:
        """The standard deviation of all values."""
        around = self.graph.add("Mul", self.graph.add("Sub", self.values, self.mean), self.known)
        squares = self.graph.add("Mul", around, around)
        return self.graph.add("Sqrt", mean_where(self.graph, squares, self.known))

    @cached_property
    def time(self) -> str:
        """The time of the last value, in seconds since 1970; an input of the graph as soon as it is asked for.

        Raises:
            NotExportable: The calendar is that of a zone whose clocks may change.
        """
        if self.frequency.counts_in_utc and self.frequency.zone != "UTC":
            raise NotExportable(f"it looks at the clocks of {self.frequency.zone}, which ONNX does not know")
        return self.graph.input("time", "DOUBLE", ("series", 1))

    @cached_property
    def ahead(self) -> str:
        """What is known of the steps to forecast, shape `(series, horizon, columns)`; an input, as the time is."""
        return self.graph.input("known", "DOUBLE", ("series", self.horizon, len(self.ahead_names)))

    @cached_property
    def past(self) -> str:
        """The other columns at the last value, shape `(series, columns)`; an input, as the time is."""
        return self.graph.input("past", "DOUBLE", ("series", len(self.past_names)))

    def changes(self, lag: int) -> tuple[str, str]:
        """Return the differences of values so many steps apart, and 1 where both of them are known."""
        graph = self.graph
        later, earlier = cut(graph, self.values, lag, _END), cut(graph, self.values, 0, -lag)
        return graph.add("Sub", later, earlier), cut(graph, self.known, 0, -lag)

    def at_least(self, count: int) -> str:
        """Return whether a series has so many values."""
        return self.graph.add("GreaterOrEqual", self.count, self.graph.constant(float(count)))


def read_histories(graph: Graph, longest: int, horizon: int, panel: Panel) -> Histories:
    """Add the input `values`, and return the series in it.

    Missing values before the first one make a series shorter. Those between two values lie on a straight line, and
    those after the last one repeat it, so that a forecast begins after the last column.

    Args:
        graph: The graph.
        longest: The longest window that a model looks at.
        horizon: The number of steps to forecast.
        panel: Series of the same kind.
    """
    raw = graph.input("values", "DOUBLE", ("series", "steps"))
    observed = graph.add("LessOrEqual", graph.add("Abs", raw), graph.constant(LARGEST))  # False for NaN.
    shape = graph.add("Shape", raw)
    steps = graph.add("Gather", shape, graph.constant(1, np.int64), axis=0)
    row = graph.add("Range", graph.constant(0, np.int64), steps, graph.constant(1, np.int64))
    places = graph.add("Expand", graph.add("Unsqueeze", row, graph.constant([0], np.int64)), shape)
    values, first = _filled(graph, raw, observed, places, shape)
    known = graph.cast(graph.add("GreaterOrEqual", places, first), "DOUBLE")
    count = graph.cast(graph.add("Sub", steps, first), "DOUBLE")
    return Histories(
        graph=graph,
        values=_padded(graph, values, longest, cut(graph, values, 0, 1)),
        known=_padded(graph, known, longest, graph.add("Mul", cut(graph, known, 0, 1), graph.constant(0.0))),
        count=count,
        horizon=horizon,
        frequency=panel.frequency,
        ahead_names=panel.known,
        past_names=tuple(name for name in panel.covariates if name not in panel.known),
    )


def _filled(graph: Graph, raw: str, observed: str, places: str, shape: str) -> tuple[str, str]:
    """Return values without gaps, and the place of the first one."""
    none, one = graph.constant(-1, np.int64), graph.constant(1, np.int64)
    counts = graph.add("CumSum", graph.cast(observed, "INT64"), one)
    wider = graph.add("Add", shape, graph.constant([0, 1], np.int64))
    # The place of the first value, of the second and so on; behind the first column, which is for none.
    known = graph.add(
        "ScatterElements",
        graph.add("Expand", none, wider),
        counts,
        graph.add("Where", observed, places, none),
        axis=1,
        reduction="max",
    )
    total = cut(graph, counts, -1, _END)
    later = graph.add("GatherElements", known, graph.add("Min", graph.add("Add", counts, one), total), axis=1)
    before = graph.add("GatherElements", known, counts, axis=1)
    earlier = graph.add("Where", graph.add("Less", before, graph.constant(0, np.int64)), later, before)
    low, high = (graph.add("GatherElements", raw, place, axis=1) for place in (earlier, later))
    gap, done = (
        graph.cast(graph.add("Sub", end, earlier), "DOUBLE") for end in (later, graph.add("Max", places, earlier))
    )
    share = graph.add("Div", done, graph.add("Max", gap, graph.constant(1.0)))
    between = graph.add("Add", low, graph.add("Mul", share, graph.add("Sub", high, low)))
    return graph.add("Where", observed, raw, between), cut(graph, known, 1, 2)


def _padded(graph: Graph, values: str, length: int, column: str) -> str:
    """Return values with copies of a column before them."""
    return graph.columns([graph.add("Tile", column, graph.constant([1, length], np.int64)), values])


def cut(graph: Graph, values: str, start: int, end: int, axis: int = 1) -> str:
    """Return the columns from `start` up to `end`; negative ones count from the last."""
    ends = [graph.constant([place], np.int64) for place in (start, end, axis)]
    return graph.add("Slice", values, *ends)


def mean_where(graph: Graph, values: str, known: str) -> str:
    """Return the mean of each row where `known` is 1; 0 if nothing is."""
    axis = graph.constant([1], np.int64)
    total = graph.add("ReduceSum", graph.add("Mul", values, known), axis, keepdims=1)
    number = graph.add("ReduceSum", known, axis, keepdims=1)
    return graph.add("Div", total, graph.add("Max", number, graph.constant(1.0)))


def mean_of(graph: Graph, window: str) -> str:
    """Return the mean of each row."""
    return graph.add("ReduceMean", window, graph.constant([1], np.int64), keepdims=1)


def deviation_of(graph: Graph, window: str) -> str:
    """Return the standard deviation of each row."""
    around = graph.add("Sub", window, mean_of(graph, window))
    return graph.add("Sqrt", mean_of(graph, graph.add("Mul", around, around)))


def spread_of(graph: Graph, window: str) -> str:
    """Return the standard deviation of each row, above 0, as `forecasters._windows.spread` does."""
    wide, sizes = deviation_of(graph, window), mean_of(graph, graph.add("Abs", window))
    varies = graph.add("Greater", wide, graph.add("Mul", sizes, graph.constant(_LEAST_SPREAD)))
    positive = graph.add("Greater", sizes, graph.constant(0.0))
    return graph.add("Where", varies, wide, graph.add("Where", positive, sizes, graph.constant(1.0)))
