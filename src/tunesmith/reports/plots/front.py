"""The Pareto front: what was reached in two metrics at once, and how the front grew."""

from __future__ import annotations

import plotly.graph_objects as go

from ...core.objective import Metric
from ...history.history import History
from ...text import wording
from ..fronts import FrontRow, front_rows, growth, named, others
from .picture import Picture, empty_figure, safe
from .scale import Scale, scale_of

MOST_POINTS = 2000


def front_picture(history: History) -> Picture:
    """Return the complete trials over the first two metrics, with those on the front as a line."""
    key, heading = "front", "Pareto front"
    rows, rest = front_rows(history), others(history)
    if not rows and not rest:
        return Picture(key, heading, missing="no trial is complete yet")
    metrics = history.objective.metrics
    shown = [*rows, *rest[:: max(1, -(-len(rest) // MOST_POINTS))]]
    across, up = (scale_of([row.values[place] for row in shown], metrics[place].sign) for place in (0, 1))
    figure = empty_figure(safe(named(metrics[0])), safe(named(metrics[1])), up)
    margin = 0.05 * (across.place(across.high) - across.place(across.low))
    span = [across.place(across.low) - margin, across.place(across.high) + margin]
    figure.update_xaxes(type="log" if across.log else "linear", range=span)
    broken = [row for row in shown[len(rows) :] if history.violations[row.trial.number] > 0]
    behind = [row for row in shown[len(rows) :] if not history.violations[row.trial.number] > 0]
    for group, name, color, symbol in (
        (behind, "behind the front", "var(--faint)", "circle-open"),
        (broken, "breaks a constraint", "var(--warn)", "square-open"),
    ):
        if group:
            figure.add_trace(_marks(group, name, metrics, (across, up), color=color, symbol=symbol))
    if rows:
        on_front = _marks(rows, "on the front", metrics, (across, up), color="var(--accent)", symbol="circle")
        # A line over two of three metrics would turn back on itself.
        figure.add_trace(on_front.update(mode="lines+markers" if len(metrics) == 2 else "markers", line_shape="hv"))
    more = f" The axes are the first two of {len(metrics)} metrics; the table has all." if len(metrics) > 2 else ""
    best = "" if history.best is None else f" Nearest to the best of each is trial {history.best.number}."
    return Picture(
        key,
        heading,
        figure,
        caption=f"Each mark is a complete trial; no other is better in everything than those on the front.{more}",
        description=f"{wording.count(len(rows), 'trial')} on the front of {metrics[0].name} and {metrics[1].name}, and "
        f"{wording.count(len(rest), 'trial')} behind it or infeasible.{best}",
    )


def growth_picture(history: History) -> Picture:
    """Return how much the front dominated, trial by trial."""
    key, heading = "growth", "How the front grew"
    grown = growth(history)
    if not grown.numbers:
        return Picture(key, heading, missing="no complete trial keeps the constraints yet")
    figure = empty_figure("trial", "share of the hypervolume (higher is better)", Scale(0.0, 1.0))
    figure.add_trace(
        go.Scatter(
            x=[*grown.numbers, len(history.trials) - 1],
            y=[*grown.shares, grown.shares[-1]],
            mode="lines",
            line={"shape": "hv", "color": "var(--accent)", "width": 2},
            hovertemplate="up to trial %{x}<br>%{y:.3g}<extra></extra>",
            showlegend=False,
        )
    )
    return Picture(
        key,
        heading,
        figure,
        caption="The share that is dominated of the box between the best of each metric and a tenth of the range beyond"
        " the front's worst. It rises with every trial that pushes the front.",
        description=f"The dominated share rose to {wording.number(grown.shares[-1], 3)} by trial {grown.numbers[-1]}.",
    )


def _marks(
    rows: list[FrontRow],
    name: str,
    metrics: tuple[Metric, ...],
    scales: tuple[Scale, Scale],
    *,
    color: str,
    symbol: str,
) -> go.Scatter:
    told = [
        ", ".join(f"{metric.name} {wording.number(value)}" for metric, value in zip(metrics, row.values, strict=True))
        for row in rows
    ]
    return go.Scatter(
        x=[scales[0].clipped(row.values[0]) for row in rows],
        y=[scales[1].clipped(row.values[1]) for row in rows],
        customdata=[[row.trial.number, safe(words)] for row, words in zip(rows, told, strict=True)],
        mode="markers",
        name=name,
        marker={"color": color, "size": 8, "symbol": symbol, "opacity": 0.85},
        hovertemplate="trial %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        cliponaxis=False,
    )
