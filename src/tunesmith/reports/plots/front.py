"""The Pareto front in two metrics, and its growth."""

from __future__ import annotations

import plotly.graph_objects as go

from ...core.objective import Metric
from ...history.history import History
from ...text import wording
from ..data import Measure, evenly
from ..explanation import measured
from ..fronts import FrontRow, front_rows, growth, others
from .plot import Plot, escaped, new_figure
from .scale import Scale, scale_of

MOST_POINTS = 2000


def front_plot(history: History) -> Plot:
    """Return the complete trials over the first two metrics, with the front as a line."""
    key, heading = "front", "Pareto front"
    rows, rest = front_rows(history), others(history)
    if not rows and not rest:
        return Plot(key, heading, missing="no trial is complete yet")
    metrics = history.objective.metrics
    behind = evenly(rest, MOST_POINTS)
    scales = [scale_of([row.values[i] for row in [*rows, *behind]], metrics[i].sign) for i in (0, 1)]
    labels = [escaped(Measure.of_metric(metric).label) for metric in metrics]
    figure = new_figure(labels[0], labels[1], scales[1])
    figure.update_xaxes(**scales[0].axis)
    infeasible = [row for row in behind if history.violations[row.trial.number] > 0]
    dominated = [row for row in behind if not history.violations[row.trial.number] > 0]
    for group, name, colour, symbol in (
        (dominated, "dominated", "var(--faint)", "circle-open"),
        (infeasible, "violates a constraint", "var(--warn)", "square-open"),
    ):
        if group:
            figure.add_trace(_marks(group, name, metrics, scales, colour=colour, symbol=symbol))
    if rows:
        on_front = _marks(rows, "on the front", metrics, scales, colour="var(--accent)", symbol="circle")
        # In two of three metrics, a line along the front would turn back on itself.
        figure.add_trace(on_front.update(mode="lines+markers" if len(metrics) == 2 else "markers", line_shape="hv"))
    more = f" The axes are the first two of {len(metrics)} metrics; the table has all." if len(metrics) > 2 else ""
    best = "" if history.best is None else f" Trial {history.best.number} is nearest to the best of each."
    return Plot(
        key,
        heading,
        figure,
        caption=f"Each mark is a complete trial. No trial is better in every metric than one on the front.{more}",
        description=f"{wording.count(len(rows), 'trial')} on the front of {metrics[0].name} and {metrics[1].name}, and "
        f"{wording.count(len(rest), 'trial')} dominated or infeasible.{best}",
    )


def growth_plot(history: History) -> Plot:
    """Return the dominated share of the objective space by trial."""
    key, heading = "growth", "Growth of the front"
    grown = growth(history)
    if not grown:
        return Plot(key, heading, missing="no complete trial satisfies the constraints yet")
    last, share = grown[-1]
    figure = new_figure("trial", "share of the hypervolume (higher is better)", Scale(0.0, 1.0))
    figure.add_scatter(
        x=[*(number for number, _ in grown), len(history.trials) - 1],
        y=[*(share for _, share in grown), share],
        mode="lines",
        line={"shape": "hv", "color": "var(--accent)", "width": 2},
        hovertemplate="up to trial %{x}<br>%{y:.3g}<extra></extra>",
        showlegend=False,
    )
    return Plot(
        key,
        heading,
        figure,
        caption="The share of the objective space that the front dominates. The space is the box from the best value of"
        " each metric to a tenth of its range beyond the worst value on the front.",
        description=f"The dominated share rose to {wording.number(share, 3)} by trial {last}.",
    )


def _marks(
    rows: list[FrontRow], name: str, metrics: tuple[Metric, ...], scales: list[Scale], *, colour: str, symbol: str
) -> go.Scatter:
    names = [metric.name for metric in metrics]
    texts = [measured(zip(names, row.values, strict=True)) for row in rows]
    return go.Scatter(
        x=[scales[0].clipped(row.values[0]) for row in rows],
        y=[scales[1].clipped(row.values[1]) for row in rows],
        customdata=[[row.trial.number, escaped(text)] for row, text in zip(rows, texts, strict=True)],
        mode="markers",
        name=name,
        marker={"color": colour, "size": 8, "symbol": symbol, "opacity": 0.85},
        hovertemplate="trial %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        cliponaxis=False,
    )
