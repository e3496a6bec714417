"""The page's part on the table: columns by kind, the target, and what the analyst noticed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.analysis import Analysis
from ...data.table import Table
from ...text import wording
from ...text.cleaning import short
from .picture import Picture, figure, label

_MOST_CLASSES = 20


@dataclass(frozen=True, kw_only=True)
class ColumnLine:
    """One column of the table, in words."""

    name: str
    kind: str
    missing: str
    distinct: str
    values: str


def column_lines(table: Table, analysis: Analysis | None) -> list[ColumnLine]:
    """Return what is known about each column; only its kind without an analysis."""
    if analysis is None:
        return [
            ColumnLine(name=column.name, kind=column.kind, missing="–", distinct="–", values="")
            for column in table.schema.columns
        ]
    lines = []
    for facts in analysis.columns:
        if facts.least is not None and facts.greatest is not None:
            ends = [_end(facts.least), _end(facts.greatest)]
            middle = "" if facts.median is None else f", median {wording.rounded(facts.median, 4)}"
            values = f"{ends[0]} to {ends[1]}{middle}"
        else:
            values = ", ".join(f"{short(value, 24)} {wording.share(share)}" for value, share in facts.top[:3])
        missing = wording.share(facts.missing) if facts.missing else "–"
        lines.append(
            ColumnLine(name=facts.name, kind=facts.kind, missing=missing, distinct=f"{facts.distinct:,}", values=values)
        )
    return lines


def _end(value: float | str) -> str:
    return value if isinstance(value, str) else wording.rounded(value, 4)


def kinds(table: Table) -> str:
    """Return how many columns of each kind there are, as `12 numbers, 7 categories`."""
    plural = {"number": "numbers", "category": "categories", "date": "dates", "text": "texts"}
    counts = Counter(column.kind for column in table.schema.columns)
    return ", ".join(
        f"{many:,} {kind if many == 1 else plural.get(kind, f'{kind}s')}" for kind, many in counts.most_common()
    )


def validation_words(table: Table) -> str:
    """Return how the rows were held out."""
    folds, repeats = int(table.folds.max()) + 1, len(table.folds)
    if folds == 1:
        return f"{wording.count(int(table.held_out.sum()), 'row')} held out"
    return f"{folds} folds" + (f", repeated {wording.count(repeats, 'time')}" if repeats > 1 else "")


def target_picture(table: Table, index: int) -> Picture:
    """Return the distribution of a target: rows of each class, or a histogram."""
    problem, values = table.problems[index], table.target[:, index]
    if problem.is_classification:
        counts = np.bincount(values.astype(np.intp), minlength=len(problem.classes))
        order = np.argsort(-counts, kind="stable")[:_MOST_CLASSES][::-1]
        names = [label(problem.classes[position]) for position in order]
        shares = counts[order] / counts.sum()
        trace: dict[str, Any] = {
            "type": "bar",
            "orientation": "h",
            "x": shares.tolist(),
            "y": list(range(len(names))),
            "customdata": names,
            "text": [f"{wording.share(float(s))} · {c:,}" for s, c in zip(shares, counts[order], strict=True)],
            "textposition": "auto",
            "marker": {"color": "var(--series-1)"},
            "hovertemplate": "%{customdata}: %{x:.1%}<extra></extra>",
        }
        drawn = figure(
            [trace],
            height=max(130, 60 + 30 * len(names)),
            margin={"l": 8, "r": 14, "t": 6, "b": 34},
            xaxis={"tickformat": ".0%"},
            yaxis={
                "tickvals": list(range(len(names))),
                "ticktext": names,
                "showgrid": False,
                "tickfont": {"size": 13, "color": "var(--text)"},
            },
            bargap=0.35,
        )
        more = len(problem.classes) - len(names)
        caption = f"Rows of each class{f'; {more} rare classes are not drawn' if more else ''}."
        return Picture(
            heading=problem.target, figure=drawn, caption=caption, description="Rows of each class.", plain=True
        )
    low, high = np.quantile(values, [0.002, 0.998])
    counts, edges = np.histogram(values, bins=40, range=(float(low), float(high) if high > low else float(low) + 1))
    trace = {
        "type": "bar",
        "x": ((edges[:-1] + edges[1:]) / 2).tolist(),
        "y": counts.tolist(),
        "width": float(edges[1] - edges[0]) * 0.92,
        "marker": {"color": "var(--series-1)"},
        "hovertemplate": "about %{x:.4g}: %{y:,} rows<extra></extra>",
    }
    caption = f"From {wording.rounded(float(values.min()), 4)} to {wording.rounded(float(values.max()), 4)}, median"
    caption += f" {wording.rounded(float(np.median(values)), 4)}."
    return Picture(
        heading=problem.target,
        figure=figure([trace], x=label(problem.target), y="rows", height=240),
        caption=caption,
        description="Histogram of the target.",
        plain=True,
    )
