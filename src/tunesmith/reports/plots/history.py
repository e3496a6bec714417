"""The optimisation history: every result by number, and the best so far."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import plotly.graph_objects as go

from ...core.trial import State
from ...history.history import History
from ...text import wording
from ..data import HistoryPoint, Measure, history_values
from .picture import Picture, empty_figure, safe
from .scale import Scale, scale_of

MOST_POINTS = 2000
SERIES = tuple(f"var(--series-{place})" for place in range(2, 8))


def history_picture(history: History) -> Picture:
    """Return every trial's result by number, with the best so far as a line and failures on the edge."""
    key, heading = "history", "Optimisation history"
    measure = Measure.of(history.objective)
    points = history_values(history)
    valued = [point for point in points if point.value is not None]
    failed = [point.number for point in points if point.state is State.FAILED]
    if not valued and not failed:
        return Picture(key, heading, missing="no trial has finished yet")
    shown = _thinned(valued)
    scale = scale_of([p.value for p in shown if p.value is not None], measure.sign)
    figure = empty_figure("trial", f"{safe(measure.name)} ({measure.better})", scale)
    names = sorted({p.proposer for p in shown if p.state is State.COMPLETE})
    for place, name in enumerate(names):
        group = [p for p in shown if p.state is State.COMPLETE and p.feasible and p.proposer == name]
        figure.add_trace(_dots(group, name, scale, measure, color=SERIES[place % len(SERIES)], size=7))
    broken = [p for p in shown if p.state is State.COMPLETE and not p.feasible]
    figure.add_trace(
        _dots(broken, "breaks a constraint", scale, measure, color="var(--warn)", open_symbol="square-open")
    )
    pruned = [p for p in shown if p.state is State.PRUNED]
    figure.add_trace(_dots(pruned, "pruned", scale, measure, color="var(--faint)", open_symbol="circle-open"))
    _add_best(figure, points, history, scale, measure)
    _add_failures(figure, failed, measure)
    figure.data = tuple(trace for trace in figure.data if len(trace.x))
    last = next((p.best for p in reversed(points) if p.best is not None), None)
    left_out = (
        "" if len(shown) == len(valued) else f" {len(shown):,} of {len(valued):,} results are shown, evenly chosen."
    )
    return Picture(
        key,
        heading,
        figure,
        caption=f"Each mark is a trial; the line is the best result so far ({measure.better})."
        f"{_edge_note(shown, scale)}{left_out}",
        description=f"{wording.count(len(valued), 'result')} of {measure.name} by trial number; the best single result "
        f"is {wording.number(last)}. {wording.count(len(failed), 'trial')} failed.",
    )


def _thinned(points: list[HistoryPoint]) -> list[HistoryPoint]:
    """Return at most `MOST_POINTS`: every new best, and the others at even distances."""
    if len(points) <= MOST_POINTS:
        return points
    kept = {now.number for before, now in itertools.pairwise(points) if now.best != before.best}
    kept = set(sorted(kept)[-MOST_POINTS // 2 :])
    rest = [point for point in points if point.number not in kept]
    room = MOST_POINTS - len(kept)
    kept |= {rest[place * len(rest) // room].number for place in range(room)}
    return [point for point in points if point.number in kept]


def _dots(
    points: Sequence[HistoryPoint], name: str, scale: Scale, measure: Measure, *, color: str, size: int = 6,
    open_symbol: str = "",
) -> go.Scatter:  # fmt: skip
    values = [point.value for point in points if point.value is not None]
    symbols = [
        ("triangle-up" if value > scale.high else "triangle-down")
        if not scale.holds(value)
        else open_symbol or "circle"
        for value in values
    ]
    return go.Scatter(
        x=[point.number for point in points],
        y=[scale.clipped(value) for value in values],
        customdata=[[wording.number(p.value), safe(p.proposer), p.state.value] for p in points],
        mode="markers",
        name=safe(name),
        marker={"color": color, "size": size, "symbol": symbols, "opacity": 0.85},
        hovertemplate="trial %{x}<br>" + safe(measure.name) + " %{customdata[0]}<br>%{customdata[1]}, "
        "%{customdata[2]}<extra></extra>",
        cliponaxis=False,
    )


def _add_best(figure: go.Figure, points: list[HistoryPoint], history: History, scale: Scale, measure: Measure) -> None:
    led = [p for p in points if p.best is not None]
    steps = [p for place, p in enumerate(led) if place in (0, len(led) - 1) or p.best != led[place - 1].best]
    figure.add_trace(
        go.Scatter(
            x=[p.number for p in steps],
            y=[scale.clipped(p.best) for p in steps if p.best is not None],
            customdata=[wording.number(p.best) for p in steps],
            mode="lines",
            line={"shape": "hv", "color": "var(--accent)", "width": 2},
            name="best so far",
            hovertemplate="best up to trial %{x}<br>%{customdata}<extra></extra>",
        )
    )
    best = history.best
    value = None if best is None else points[best.number].value
    if best is not None and value is not None:
        figure.add_trace(
            go.Scatter(
                x=[best.number],
                y=[scale.clipped(value)],
                mode="markers",
                marker={
                    "symbol": "star",
                    "size": 16,
                    "color": "var(--accent)",
                    "line": {"width": 1, "color": "var(--card)"},
                },
                name="leads now",
                hovertemplate=f"trial {best.number} leads<br>{wording.number(value)}<extra></extra>",
                cliponaxis=False,
            )
        )


def _add_failures(figure: go.Figure, failed: list[int], measure: Measure) -> None:
    """Put failed trials on the edge where the bad results are: they have no value of their own."""
    edge = 0.99 if measure.sign > 0 else 0.01
    thinned = failed[:: math.ceil(len(failed) / MOST_POINTS)] if failed else []
    figure.add_trace(
        go.Scatter(
            x=thinned,
            y=[edge] * len(thinned),
            yaxis="y2",
            mode="markers",
            marker={"symbol": "x", "size": 7, "color": "var(--bad)"},
            name="failed",
            hovertemplate="trial %{x} failed<extra></extra>",
        )
    )
    figure.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})


def _edge_note(points: Sequence[HistoryPoint], scale: Scale) -> str:
    outside = sum(point.value is not None and not scale.holds(point.value) for point in points)
    if not outside:
        return ""
    return f" Triangles on the edge stand for {wording.count(outside, 'result')} outside the picture."
