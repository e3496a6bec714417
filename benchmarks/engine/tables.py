"""Markdown tables of the measurements, with the goals."""

from __future__ import annotations

from collections.abc import Sequence

from .measure import Row
from .topics import COLUMNS, Topic


def table(topic: Topic, rows: Sequence[Row]) -> str:
    """Return a topic as a Markdown section; a ratio above 1 means slower than the first tunesmith row."""
    base = next((row.figures.get(topic.columns[0]) for row in rows if row.entry.base), None)
    once = ". Measured once, because it takes long" if topic.repetitions == 1 and "seconds" not in topic.columns else ""
    heads = ["", *(COLUMNS[column] for column in topic.columns), "ratio"]
    lines = [f"### {topic.title}", "", f"Goal: {topic.goal}{once}.", ""]
    lines += [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)])]
    lines += [_line(_cells(topic, row, base)) for row in rows]
    return "\n".join(lines) + "\n"


def _cells(topic: Topic, row: Row, base: float | None) -> list[str]:
    label = row.entry.label
    if row.entry.trials is not None and row.entry.trials < topic.trials:
        label += f" ({row.entry.trials:,} trials)"
    if row.missing:
        return [f"{label}: not measured ({row.missing})", *[""] * (len(topic.columns) + 1)]
    figures = row.figures | ({"per_second": 1000 / row.figures["trial_ms"]} if "trial_ms" in row.figures else {})
    ratio = "" if not base else f"{figures[topic.columns[0]] / base:.2f}"
    return [label, *(_number(figures.get(column)) for column in topic.columns), ratio]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
