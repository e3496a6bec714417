"""An analysis in plain text: whole for a terminal, and cut to a size for a language model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...text.cleaning import clean, short
from ...text.wording import number, share

if TYPE_CHECKING:
    from .analysis import Analysis
    from .facts import ColumnFacts

DIGEST_CHARACTERS = 2_000
_FINDINGS_SHARE = 0.65  # Of the characters of a digest.
_LONGEST_FINDING = 260
_LONGEST_NAME = 40
_LONGEST_VALUE = 20
_MOST_CATEGORIES = 20
_HEADS = ("column", "kind", "missing", "distinct", "values")


def column_rows(columns: Iterable[ColumnFacts]) -> list[tuple[str, str, str, str, str]]:
    """Return the cells of a table of columns: name, kind, share missing, distinct values, and range or values."""
    return [
        (
            short(facts.name, _LONGEST_NAME),
            facts.kind,
            share(facts.missing) if facts.missing else "",
            f"{facts.distinct:,}",
            _values(facts),
        )
        for facts in columns
    ]


def as_text(analysis: Analysis) -> str:
    """Return an analysis as plain text: findings, then a table of the columns."""
    lines = [f"{analysis.rows:,} rows, {len(analysis.columns):,} columns. {analysis.sample}", ""]
    for finding in analysis.findings:
        lines.append(f"{finding.severity:<7}  {finding.kind}: {clean(finding.text)}")
        if finding.remedy:
            lines.append(f"{'':<9}{clean(finding.remedy)}")
    if not analysis.findings:
        lines.append("Nothing was found that needs attention.")
    return "\n".join([*lines, "", *_aligned([_HEADS, *column_rows(analysis.columns)])])


def digest(analysis: Analysis, most: int = DIGEST_CHARACTERS) -> str:
    """Return an analysis as text for a language model, cleaned, of at most `most` characters.

    The most severe findings come first; categories are named only where a column has few, texts and keys never.

    Args:
        analysis: The analysis.
        most: The greatest number of characters, at least 200.
    """
    split = analysis.group or analysis.time
    by = "at random" if split is None or not split.confident else f"by '{short(split.column, _LONGEST_NAME)}'"
    targets = ", ".join(f"'{short(name, _LONGEST_NAME)}'" for name in analysis.targets[:5]) or "none"
    head = f"rows {analysis.rows:,}; columns {len(analysis.columns):,}; target {targets}; split {by}"
    findings = [
        f"- {finding.severity} {finding.kind}: {short(f'{finding.text} {finding.remedy}', _LONGEST_FINDING)}"
        for finding in analysis.findings
    ]
    columns = [
        f"- {name}: {kind}, {f'missing {missing}, ' if missing else ''}{distinct} distinct{values and f', {values}'}"
        for name, kind, missing, distinct, values in column_rows(analysis.columns)
    ]
    first = _fitting(findings, int(_FINDINGS_SHARE * most), "findings")
    text = "\n".join([short(head, most // 2), "findings:", *(first or ["- none"]), "columns:"])
    return "\n".join([text, *_fitting(columns, most - len(text) - 1, "columns")])[:most]


def _fitting(lines: Sequence[str], most: int, what: str) -> list[str]:
    """Return the first lines that fit in `most` characters, and how many were left out."""
    kept: list[str] = []
    left = most - len(f"- {len(lines)} more {what}") - 1
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            return [*kept, f"- {len(lines) - len(kept):,} more {what}"]
        kept.append(line)
    return kept


def _values(facts: ColumnFacts) -> str:
    """Return the range of a column, or its most frequent values."""
    if isinstance(facts.least, str) and isinstance(facts.greatest, str):
        return f"{facts.least[:10]} to {facts.greatest[:10]}"
    if isinstance(facts.least, float) and isinstance(facts.greatest, float):
        return f"{number(facts.least, 4)} to {number(facts.greatest, 4)}, median {number(facts.median, 4)}"
    if facts.kind != "category" or facts.distinct > _MOST_CATEGORIES:
        return ""
    return ", ".join(f"'{short(value, _LONGEST_VALUE)}' {share(part)}" for value, part in facts.top)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
