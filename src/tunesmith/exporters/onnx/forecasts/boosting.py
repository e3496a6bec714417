"""Boosted trees on lags as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....forecasters._lag_features import LEAST_CHANGE, LagFeatures
from ....forecasters.lagged_boosting import LaggedBoostingModel
from ..boosters import lightgbm_trees
from .calendar import step_times, working_days
from .histories import Histories, cut, deviation_of, mean_of, spread_of

_END = np.iinfo(np.int64).max


def lagged_boosting(histories: Histories, model: LaggedBoostingModel) -> tuple[str, str]:
    """Return the points, shape `(series, horizon)`, and what errors are relative to, shape `(series, 1)`."""
    graph = histories.graph
    seen = _Windows(histories, model.features)
    blocks = list(seen.blocks())
    together = graph.add("Concat", *blocks, axis=2)
    columns = model.booster.num_feature()
    rows = graph.add("Reshape", together, graph.constant([-1, columns], np.int64))
    sums = lightgbm_trees(model.booster).to_graph(graph, graph.single(rows), 1)
    outputs = graph.add("Reshape", sums, graph.constant([-1, histories.horizon], np.int64))
    return graph.add("Add", seen.reference(), graph.add("Mul", seen.scale, outputs)), seen.scale


class _Windows:
    """Windows of series and what `LagFeatures` tells of them, in the same order."""

    def __init__(self, histories: Histories, features: LagFeatures) -> None:
        self.histories, self.features, self.graph = histories, features, histories.graph
        self.steps = np.arange(1, histories.horizon + 1)
        self.values = histories.window(features.needs)
        self.window = histories.window(features.lookback)
        self.middle = mean_of(self.graph, self.window)
        self.scale = self._scale()
        first = cut(self.graph, self.graph.add("Shape", self.values), 0, 1, axis=0)
        self._shape = self.graph.add("Concat", first, self.graph.constant([histories.horizon, 1], np.int64), axis=0)

    def blocks(self) -> Iterator[str]:
        """Yield features, shape `(series, horizon, features)` each."""
        graph, features = self.graph, self.features
        yield self._expanded(graph.constant(self.steps[None, :, None]))
        yield self._of_series(self._relative(self.histories.window(features.recent)))
        for season in features.seasons:
            yield from self._seasons_before(season)
        for length in dict.fromkeys((*features.seasons, features.lookback)):
            part = self._last(length)
            yield self._of_series(self._relative(mean_of(graph, part)))
            yield self._of_series(graph.add("Div", deviation_of(graph, part), self.scale))
        size = graph.add("Add", graph.add("Abs", self.middle), self.scale)
        yield self._of_series(graph.add("Log", graph.add("Div", self.scale, size)))
        yield from self._calendar()
        if self.histories.ahead_names:
            yield self.histories.ahead
        if self.histories.past_names:
            yield self._of_series(self.histories.past)

    def reference(self) -> str:
        """Return what is taken off a target, shape `(series, horizon)` or `(series, 1)`."""
        season = self.features.reference
        if not season:
            return self.histories.last
        back = season * ((self.steps - 1) // season + 1)
        return self._gathered(self.features.needs - 1 + self.steps - back)

    def _seasons_before(self, season: int) -> Iterator[str]:
        graph, repeats = self.graph, self.features.repeats
        ahead = (self.steps - 1) // season + 1
        back = season * (ahead[:, None] + np.arange(repeats))
        places = self.features.needs - 1 + self.steps[:, None] - back
        values = self._gathered(np.maximum(places, 0).ravel())
        shape = graph.constant([-1, *places.shape], np.int64)
        values = graph.add("Reshape", self._relative(values), shape)
        gaps = graph.constant(np.where(places >= 0, 0.0, np.nan)[None])
        repeated = graph.add("Add", values, gaps)
        yield repeated
        if repeats > 1:
            yield graph.add("ReduceMean", repeated, graph.constant([2], np.int64), keepdims=1)
        if self.features.needs >= 2 * season:
            before = cut(graph, self.values, -2 * season, -season)
            growth = graph.add("Sub", mean_of(graph, self._last(season)), mean_of(graph, before))
            yield self._of_series(graph.add("Div", growth, self.scale))

    def _calendar(self) -> Iterator[str]:
        """Yield what `series.calendar.calendar` tells, without holidays."""
        graph, frequency = self.graph, self.histories.frequency
        if frequency.unit == "step":
            return
        times = step_times(self.histories, self.steps.tolist())
        one, day = graph.constant(1.0), graph.constant(86_400.0)
        columns = [graph.add("Sub", times.parts["month"], one)]
        if frequency.unit == "month":
            columns.append(graph.add("Div", graph.add("Sub", times.next_seconds, times.seconds), day))
            ends, begins = working_days(graph, times.next_seconds), working_days(graph, times.seconds)
            columns.append(graph.add("Sub", ends, begins))
        else:
            columns += [times.parts["day_of_week"], graph.add("Sub", times.parts["day"], one)]
            if frequency.unit == "second" and frequency.count < 86_400:
                columns.append(graph.add("Floor", graph.add("Mul", times.hours, graph.constant(60.0))))
        for column in columns:
            yield graph.add("Unsqueeze", column, graph.constant([2], np.int64))

    def _scale(self) -> str:
        graph, features = self.graph, self.features
        wide = spread_of(graph, self.window)
        season = min(features.seasons, default=1)
        if not features.differenced or features.needs <= season:
            return wide
        later, earlier = cut(graph, self.values, season, _END), cut(graph, self.values, 0, -season)
        changes = mean_of(graph, graph.add("Abs", graph.add("Sub", later, earlier)))
        enough = graph.add("Greater", changes, graph.add("Mul", wide, graph.constant(LEAST_CHANGE)))
        return graph.add("Where", enough, changes, wide)

    def _last(self, length: int) -> str:
        return self.histories.window(min(length, self.features.needs))

    def _relative(self, values: str) -> str:
        return self.graph.add("Div", self.graph.add("Sub", values, self.middle), self.scale)

    def _gathered(self, places: np.ndarray) -> str:
        return self.graph.add("Gather", self.values, self.graph.constant(places, np.int64), axis=1)

    def _of_series(self, values: str) -> str:
        """Return features that are the same for all steps."""
        return self._expanded(self.graph.add("Unsqueeze", values, self.graph.constant([1], np.int64)))

    def _expanded(self, values: str) -> str:
        return self.graph.add("Expand", values, self._shape)
