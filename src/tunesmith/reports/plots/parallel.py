"""Parallel coordinates: the best trials as lines over the parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ...core.trial import State
from ...history.history import History
from ...text import wording
from ..data import Axis, Measure, parallel
from ..importance import Importance
from .picture import Picture, empty_figure, safe, short
from .scale import Scale, scale_of, ticks

MOST_AXES = 14
MOST_LABELS = 15


def parallel_picture(history: History, found: Importance) -> Picture:
    """Return the best complete trials as lines over the parameters, the most important first."""
    key, heading = "parallel", "Parallel coordinates"
    measure = Measure.of(history.objective)
    names = list(found.shares or history.space.names)
    names = [name for name in names if history.space.parameters[name].size > 1][:MOST_AXES]
    values = parallel(history, names)
    if not values.numbers or not names:
        return Picture(key, heading, missing="no trial is complete yet")
    scale = scale_of(values.values, measure.sign)
    # Ranks, not results: one result far from the others would leave a single colour for the rest.
    goodness = [1 - place / max(len(values.numbers) - 1, 1) for place in range(len(values.numbers))]
    dimensions = [_result_dimension(values.values, scale, measure), *map(_dimension, values.axes, _labels(names))]
    figure = empty_figure("", "", None)
    # A line on top of the others is the one with the higher colour value.
    figure.add_trace(
        go.Parcoords(
            dimensions=dimensions,
            line={
                "color": goodness,
                "cmin": 0,
                "cmax": 1,
                "colorscale": [[0, "var(--worst)"], [0.6, "var(--middling)"], [1, "var(--finest)"]],
            },
            labelfont={"color": "var(--text)", "size": 12},
            tickfont={"color": "var(--text)", "size": 11},
            rangefont={"color": "rgba(0,0,0,0)", "size": 1},
            unselected={"line": {"color": "var(--worst)", "opacity": 0.15}},
        )
    )
    figure.update_layout(height=430, margin={"t": 70, "b": 30, "l": 60, "r": 70})
    every = sum(parameter.size > 1 for parameter in history.space.parameters.values())
    left_out = f" The {len(names)} most important of {every} parameters are shown." if every > len(names) else ""
    some = history.counts[State.COMPLETE] - len(values.numbers)
    left_out += f" The best {len(values.numbers):,} complete trials are shown." if some > 0 else ""
    return Picture(
        key,
        heading,
        figure,
        caption="Each line is a complete trial, the stronger its colour the better its rank. Drag along an axis to "
        f"keep only the lines that pass there; click the axis to let go.{left_out}",
        description=f"{wording.count(len(values.numbers), 'complete trial')} as lines over {measure.name} and "
        f"{', '.join(names)}.",
        webgl=True,
        width=100 * len(dimensions),
    )


def _result_dimension(values: Sequence[float], scale: Scale, measure: Measure) -> dict[str, Any]:
    low, high = scale.place(scale.low), scale.place(scale.high)
    marks = {scale.place(tick): wording.number(tick, 3) for tick in ticks(scale.low, scale.high, log=scale.log)}
    return _drawn(measure.name, [scale.place(value) for value in values], low, high, marks)


def _dimension(axis: Axis, label: str) -> dict[str, Any]:
    low, high = (math.log10(axis.low), math.log10(axis.high)) if axis.log else (axis.low, axis.high)
    if axis.options is not None:
        step = math.ceil(len(axis.options) / MOST_LABELS)
        marks = {float(place): short(text, 12) for place, text in list(enumerate(axis.options))[::step]}
    else:
        places = ticks(axis.low, axis.high, log=axis.log)
        if all(value is None or float(value).is_integer() for value in axis.values):
            places = [tick for tick in places if tick.is_integer()]
        marks = {math.log10(tick) if axis.log else tick: wording.number(tick, 4) for tick in places}
    absent = low - 0.15 * (high - low)
    values = [absent if v is None else math.log10(v) if axis.log else v for v in axis.values]
    if None in axis.values:
        low, marks = absent, {absent: "not active", **marks}
    return _drawn(label, values, low, high, marks)


def _drawn(label: str, values: Sequence[float], low: float, high: float, marks: Mapping[float, str]) -> dict[str, Any]:
    """Return a dimension as plotly wants it."""
    return {
        "label": safe(short(label, 14)),
        "values": values,
        "range": [low, high],
        "tickvals": list(marks),
        "ticktext": list(marks.values()),  # plain text to plotly, unlike a label
    }


def _labels(names: Sequence[str]) -> list[str]:
    """Return the last part of each dotted name where it tells them apart, else the whole name."""
    last = [name.rpartition(".")[2] for name in names]
    return [part if last.count(part) == 1 else name for part, name in zip(last, names, strict=True)]
