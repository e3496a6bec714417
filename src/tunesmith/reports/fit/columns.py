"""Pictures of what the model goes by: importance of the columns, and the prediction along each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...diagnosis.dependence import Dependence, Line
from ...diagnosis.importance import Importances
from ...text import wording
from .picture import Picture, band, figure, label

_MOST_COLUMNS = 20
_COLOURS = ("var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)")


def importance_picture(found: Importances, metric: str) -> Picture:
    """Return the importance of the columns as bars with standard errors."""
    shown = list(reversed(found.columns[:_MOST_COLUMNS]))
    rest = len(found.columns) - len(shown)
    drawn = figure(
        [
            {
                "type": "bar",
                "orientation": "h",
                "x": [one.loss for one in shown],
                "y": [label(one.column) for one in shown],
                "marker": {
                    "color": ["var(--series-1)" if _matters(one.loss, one.error) else "var(--faint)" for one in shown]
                },
                "error_x": {
                    "type": "data",
                    "array": [one.error or 0.0 for one in shown],
                    "color": "var(--text)",
                    "thickness": 1.2,
                    "width": 3,
                },
                "hovertemplate": "%{y}: %{x:.4g}<extra></extra>",
            }
        ],
        x=f"how much worse {label(metric)} gets",
        height=max(140, 70 + 24 * len(shown)),
        margin={"l": 8, "r": 14, "t": 8, "b": 44},
        yaxis={"showgrid": False, "tickfont": {"size": 13, "color": "var(--text)"}, "type": "category"},
        bargap=0.35,
    )
    heaviest = "its heaviest member" if found.members == 1 else f"its {found.members} heaviest members"
    members = "the whole model" if found.share > 0.999 else heaviest
    more = f" {rest} more {'is' if rest == 1 else 'are'} in the table." if rest else ""
    rows = [("column", f"{metric} lost", "standard error")]
    rows += [
        (one.column, wording.rounded(one.loss), "–" if one.error is None else wording.rounded(one.error, 2))
        for one in found.columns
    ]
    return Picture(
        heading="Which columns matter",
        figure=drawn,
        caption=f"Each column was shuffled {wording.count(found.repeats, 'time')} among {found.rows:,} rows that"
        f" {members} had not been trained on; the thin lines are standard errors. Grey: no effect that is clear of"
        f" chance. Columns that tell the same share their importance.{more}",
        description=f"The most important column is {found.columns[0].column}.",
        values=rows,
        plain=True,
    )


def _matters(loss: float, error: float | None) -> bool:
    return loss > 2 * (error or 0.0)


def dependence_pictures(found: Sequence[Dependence]) -> list[Picture]:
    """Return a small picture for each column, on a common scale where they predict the same."""
    ranges: dict[str, tuple[float, float]] = {}
    for one in found:
        values = [value for line in one.lines for part in _drawn(line, one) for value in part]
        low, high = ranges.get(one.target, (min(values), max(values)))
        ranges[one.target] = min(low, *values), max(high, *values)
    return [_dependence(one, ranges[one.target]) for one in found]


def _drawn(line: Line, one: Dependence) -> list[Sequence[float]]:
    return [line.mean, line.low, line.high] if len(one.lines) == 1 else [line.mean]


def _dependence(one: Dependence, limits: tuple[float, float]) -> Picture:
    margin = 0.06 * (limits[1] - limits[0]) or 0.5
    scale: dict[str, Any] = {"range": [limits[0] - margin, limits[1] + margin], "nticks": 6}
    if one.lines[0].output:
        scale["tickformat"] = ".0%"
    several = len(one.lines) > 1
    ends = [wording.rounded(value) for value in (min(one.lines[0].mean), max(one.lines[0].mean))]
    if one.kind == "category":
        drawn = figure(
            [_dots(one, line, colour) for line, colour in zip(one.lines, _COLOURS, strict=False)],
            height=max(150, 60 + 27 * len(one.grid)) + 24 * several,
            legend=several,
            margin={"l": 8, "r": 14, "t": 8, "b": 30},
            xaxis=scale,
            yaxis={
                # By position, because labels may be alike once they are shortened.
                "tickvals": list(range(len(one.grid))),
                "ticktext": [label(value, 18) for value in one.grid],
                "range": [len(one.grid) - 0.4, -0.6],
                "showgrid": False,
            },
        )
    else:
        traces = [] if several else band(one.grid, one.lines[0].low, one.lines[0].high)
        traces += [_line(one, line, colour) for line, colour in zip(one.lines, _COLOURS, strict=False)]
        drawn = figure(
            traces,
            height=230 + 24 * several,
            legend=several,
            margin={"l": 46, "r": 14, "t": 8, "b": 30},
            xaxis={"nticks": 6, "showgrid": False},
            yaxis=scale,
        )
    return Picture(
        heading=one.column,
        figure=drawn,
        description=f"The prediction along {one.column}, from {ends[0]} to {ends[1]} on average.",
        plain=True,
    )


def _line(one: Dependence, line: Line, colour: str) -> dict[str, Any]:
    value = "%{y:.1%}" if line.output else "%{y:.5g}"
    return {
        "type": "scatter",
        "x": list(one.grid),
        "y": list(line.mean),
        "name": label(line.output),
        "mode": "lines",
        "line": {"color": colour, "width": 2.5},
        "hovertemplate": f"%{{x}}: {value}<extra>{label(line.output)}</extra>",
    }


def _dots(one: Dependence, line: Line, colour: str) -> dict[str, Any]:
    value = "%{x:.1%}" if line.output else "%{x:.5g}"
    trace: dict[str, Any] = {
        "type": "scatter",
        "x": list(line.mean),
        "y": list(range(len(one.grid))),
        "name": label(line.output),
        "mode": "markers",
        "marker": {"size": 10, "color": colour},
        "customdata": [label(name) for name in one.grid],
        "hovertemplate": f"%{{customdata}}: {value}<extra>{label(line.output)}</extra>",
    }
    if len(one.lines) == 1:
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": [high - mean for high, mean in zip(line.high, line.mean, strict=True)],
            "arrayminus": [mean - low for low, mean in zip(line.low, line.mean, strict=True)],
            "color": "var(--band)",
            "thickness": 9,
            "width": 0,
        }
    return trace
