"""Parallel coordinates: the best trials as lines over the parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.parameters import Choice, Int, Parameter
from ...core.trial import State
from ...history.history import History
from ...text import wording
from ..data import Measure, parallel
from ..importance import Importance
from .plot import Plot, end_of, escaped, new_figure, selection
from .scale import Scale, scale_of, ticks

MOST_AXES = 14
MOST_LABELS = 15


def parallel_plot(history: History, importance: Importance) -> Plot:
    """Return the best complete trials as lines over the parameters, the most important first."""
    key, heading = "parallel", "Parallel coordinates"
    measure = Measure.of(history.objective)
    varying = [name for name, parameter in history.space.parameters.items() if parameter.size > 1]
    names = [name for name in importance.shares or varying if name in varying][:MOST_AXES]
    values = parallel(history, names)
    if not values.numbers or not names:
        return Plot(key, heading, missing="no trial is complete yet")
    scale = scale_of(values.values, measure.sign)
    # Colours follow ranks: by results, one outlier would leave a single colour for all others.
    goodness = [1 - rank / max(len(values.numbers) - 1, 1) for rank in range(len(values.numbers))]
    axes = zip(names, values.columns.values(), _labels(names), strict=True)
    dimensions = [_result_dimension(values.values, scale, measure)]
    dimensions += [_dimension(history.space.parameters[name], column, label) for name, column, label in axes]
    figure = new_figure("", "")
    # plotly draws the lines with the highest colour value on top.
    figure.add_parcoords(
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
    figure.update_layout(height=430, margin={"t": 70, "b": 30, "l": 60, "r": 70})
    complete = wording.count(len(values.numbers), "complete trial")
    return Plot(
        key,
        heading,
        figure,
        caption="Each line is a complete trial; the better its rank, the stronger its colour. Drag along an axis to "
        "keep only the lines that cross it there; click the axis to show all again."
        + selection(len(names), len(varying), "parameters")
        + selection(len(values.numbers), history.counts[State.COMPLETE], "complete trials"),
        description=f"{complete} as lines over {measure.name} and {', '.join(names)}.",
        webgl=True,
        width=100 * len(dimensions),
    )


def _result_dimension(values: Sequence[float], scale: Scale, measure: Measure) -> dict[str, Any]:
    low, high = scale.position(scale.low), scale.position(scale.high)
    marks = {scale.position(tick): wording.number(tick, 3) for tick in ticks(scale.low, scale.high, log=scale.log)}
    return _plotly_dimension(measure.name, [scale.position(value) for value in values], low, high, marks)


def _dimension(parameter: Parameter, column: Sequence[float | None], label: str) -> dict[str, Any]:
    log = not isinstance(parameter, Choice) and parameter.log
    if isinstance(parameter, Choice):
        low, high, step = 0.0, float(len(parameter.options) - 1), math.ceil(len(parameter.options) / MOST_LABELS)
        texts = [end_of(wording.value(option), 12) for option in parameter.options]
        marks = {float(index): texts[index] for index in range(0, len(texts), step)}
    else:
        low, high = (math.log10(end) if log else end for end in (parameter.low, parameter.high))
        round_numbers = ticks(parameter.low, parameter.high, log=log)
        if isinstance(parameter, Int):
            round_numbers = [tick for tick in round_numbers if tick.is_integer()]
        marks = {math.log10(tick) if log else tick: wording.number(tick, 4) for tick in round_numbers}
    inactive = low - 0.15 * (high - low)
    values = [inactive if value is None else math.log10(value) if log else value for value in column]
    if None in column:
        low, marks = inactive, {inactive: "not active", **marks}
    return _plotly_dimension(label, values, low, high, marks)


def _plotly_dimension(
    label: str, values: Sequence[float], low: float, high: float, marks: Mapping[float, str]
) -> dict[str, Any]:
    return {
        "label": escaped(end_of(label, 14)),
        "values": values,
        "range": [low, high],
        "tickvals": list(marks),
        "ticktext": list(marks.values()),  # Not escaped: plotly shows ticks literally, unlike labels.
    }


def _labels(names: Sequence[str]) -> list[str]:
    """Return the last part of each dotted name where it is unique, else the whole name."""
    last = [name.rpartition(".")[2] for name in names]
    return [part if last.count(part) == 1 else name for part, name in zip(last, names, strict=True)]
