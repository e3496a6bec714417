"""The optimisation history: every result by number, and the best so far."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import plotly.graph_objects as go

from ...core.trial import State
from ...history.history import History
from ...text import wording
from ..data import HistoryPoint, Measure, evenly, history_values
from .plot import Plot, escaped, new_figure, selection
from .scale import Scale, scale_of

MOST_POINTS = 2000
SERIES = tuple(f"var(--series-{index})" for index in range(2, 8))


def history_plot(history: History) -> Plot:
    """Return every result by number, the best so far as a line, and the failures on the edge."""
    key, heading = "history", "Optimisation history"
    measure = Measure.of(history.objective)
    points = history_values(history)
    valued = [point for point in points if point.value is not None]
    failed = [point.number for point in points if point.state is State.FAILED]
    if not valued and not failed:
        return Plot(key, heading, missing="no trial has finished yet")
    shown = _thinned(valued)
    complete = [point for point in shown if point.state is State.COMPLETE]
    scale = scale_of([point.value for point in shown if point.value is not None], measure.sign)
    figure = new_figure("trial", escaped(measure.label), scale)
    for index, name in enumerate(sorted({point.proposer for point in complete})):
        group = [point for point in complete if point.feasible and point.proposer == name]
        figure.add_trace(_dots(group, name, scale, measure, colour=SERIES[index % len(SERIES)], size=7))
    for name, group, colour, symbol in (
        ("violates a constraint", [p for p in complete if not p.feasible], "var(--warn)", "square-open"),
        ("pruned", [p for p in shown if p.state is State.PRUNED], "var(--faint)", "circle-open"),
    ):
        figure.add_trace(_dots(group, name, scale, measure, colour=colour, symbol=symbol))
    _add_best(figure, points, history, scale)
    _add_failures(figure, failed, measure)
    figure.data = tuple(trace for trace in figure.data if len(trace.x))
    last = next((point.best for point in reversed(points) if point.best is not None), None)
    best = "" if last is None else f"; the best single result is {wording.number(last)}"
    return Plot(
        key,
        heading,
        figure,
        caption=f"Each mark is a trial; the line is the best single result so far ({measure.better})."
        f"{_outliers(shown, scale)}{selection(len(shown), len(valued), 'results')}",
        description=f"{wording.count(len(valued), 'result')} of {measure.name} by trial number{best}. "
        f"{wording.count(len(failed), 'trial')} failed.",
    )


def _thinned(points: list[HistoryPoint]) -> list[HistoryPoint]:
    """Return at most `MOST_POINTS`: the new bests, and others at even distances."""
    if len(points) <= MOST_POINTS:
        return points
    bests = [now.number for before, now in itertools.pairwise(points) if now.best != before.best]
    kept = set(bests[-MOST_POINTS // 2 :])
    rest = [point.number for point in points if point.number not in kept]
    kept |= set(evenly(rest, MOST_POINTS - len(kept)))
    return [point for point in points if point.number in kept]


def _dots(
    points: Sequence[HistoryPoint], name: str, scale: Scale, measure: Measure, *, colour: str, size: int = 6,
    symbol: str = "circle",
) -> go.Scatter:  # fmt: skip
    values = [point.value for point in points if point.value is not None]
    edges = ["triangle-up" if value > scale.high else "triangle-down" for value in values]
    symbols = [symbol if scale.holds(value) else edge for value, edge in zip(values, edges, strict=True)]
    return go.Scatter(
        x=[point.number for point in points],
        y=[scale.clipped(value) for value in values],
        customdata=[[wording.number(p.value), escaped(p.proposer), p.state.value] for p in points],
        mode="markers",
        name=escaped(name),
        marker={"color": colour, "size": size, "symbol": symbols, "opacity": 0.85},
        hovertemplate=f"trial %{{x}}<br>{escaped(measure.name)} %{{customdata[0]}}<br>"
        "%{customdata[1]}, %{customdata[2]}<extra></extra>",
        cliponaxis=False,
    )


def _add_best(figure: go.Figure, points: list[HistoryPoint], history: History, scale: Scale) -> None:
    bests = [(point.number, point.best) for point in points if point.best is not None]
    steps = [bests[i] for i in range(len(bests)) if i in (0, len(bests) - 1) or bests[i][1] != bests[i - 1][1]]
    figure.add_scatter(
        x=[number for number, _ in steps],
        y=[scale.clipped(value) for _, value in steps],
        customdata=[wording.number(value) for _, value in steps],
        mode="lines",
        line={"shape": "hv", "color": "var(--accent)", "width": 2},
        name="best so far",
        hovertemplate="best up to trial %{x}<br>%{customdata}<extra></extra>",
    )
    if history.best is None or (value := points[history.best.number].value) is None:
        return
    number, outline = history.best.number, {"width": 1, "color": "var(--card)"}
    figure.add_scatter(
        x=[number],
        y=[scale.clipped(value)],
        mode="markers",
        marker={"symbol": "star", "size": 16, "color": "var(--accent)", "line": outline},
        name="best trial",
        hovertemplate=f"trial {number}, the best<br>{wording.number(value)}<extra></extra>",
        cliponaxis=False,
    )


def _add_failures(figure: go.Figure, failed: list[int], measure: Measure) -> None:
    """Draw failed trials, which have no value, on the edge of the bad results."""
    numbers = evenly(failed, MOST_POINTS)
    figure.add_scatter(
        x=numbers,
        y=[0.99 if measure.sign > 0 else 0.01] * len(numbers),
        yaxis="y2",
        mode="markers",
        marker={"symbol": "x", "size": 7, "color": "var(--bad)"},
        name="failed",
        hovertemplate="trial %{x} failed<extra></extra>",
    )
    figure.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})


def _outliers(points: Sequence[HistoryPoint], scale: Scale) -> str:
    outside = sum(point.value is not None and not scale.holds(point.value) for point in points)
    return f" Triangles on the edge mark {wording.count(outside, 'result')} outside the plot." if outside else ""
