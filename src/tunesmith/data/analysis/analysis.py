"""The analysis of a table: findings, and the facts of each column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import orjson

from ..findings import Finding, by_severity
from .facts import ColumnFacts

ANALYSIS_FILE = "analysis.json"
"""Its name in the folder of a table."""


@dataclass(frozen=True, kw_only=True)
class SplitColumn:
    """A column by which the rows should be split into folds, rather than at random.

    Args:
        column: The column.
        reason: Why, with figures.
        worse: By which share a random split shows a too small error; 0 if that was not the reason.
        confident: Whether `fit` may do so unasked.
    """

    column: str
    reason: str
    worse: float
    confident: bool


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What was noticed about a table.

    Args:
        findings: The most severe first.
        columns: The facts of each column, in the order of the table, without the targets.
        rows: The number of rows with a target.
        rows_sampled: The number of rows that the facts come from.
        targets: What is to be predicted.
        group: The column whose values should not be shared by two folds.
        time: The column by which the last rows should be held out.
        keys: Columns that name the row, which models had better not see.
        seconds: How long it took.
    """

    findings: tuple[Finding, ...]
    columns: tuple[ColumnFacts, ...]
    rows: int
    rows_sampled: int
    targets: tuple[str, ...] = ()
    group: SplitColumn | None = None
    time: SplitColumn | None = None
    keys: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def sample(self) -> str:
        """A sentence that says which rows were looked at."""
        if self.rows_sampled == self.rows:
            return f"All {self.rows:,} rows were looked at."
        return f"{self.rows_sampled:,} of {self.rows:,} rows, drawn at random, were looked at."

    def of_kind(self, kind: str) -> tuple[Finding, ...]:
        """Return the findings of a kind."""
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def with_remedy(self, kinds: Collection[str], columns: Collection[str], remedy: str) -> Self:
        """Return the analysis with what was done about some findings.

        Args:
            kinds: The kinds of the findings.
            columns: One of these columns must be theirs.
            remedy: What was done.
        """
        findings = tuple(
            replace(finding, remedy=remedy) if finding.kind in kinds and {*finding.columns} & {*columns} else finding
            for finding in self.findings
        )
        return replace(self, findings=findings)

    def with_findings(self, others: Iterable[Finding]) -> Self:
        """Return the analysis with further findings; of two of a kind about the same columns, its own is kept."""
        own = {(finding.kind, finding.columns) for finding in self.findings}
        new = [finding for finding in others if (finding.kind, finding.columns) not in own]
        return replace(self, findings=by_severity((*self.findings, *new)))

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            **{name: getattr(self, name) for name in ("rows", "rows_sampled", "seconds")},
            "targets": list(self.targets),
            "keys": list(self.keys),
            "group": self.group and asdict(self.group),
            "time": self.time and asdict(self.time),
            "findings": [finding.to_table() for finding in self.findings],
            "columns": [facts.to_table() for facts in self.columns],
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the analysis that `to_table` described."""
        return cls(
            findings=tuple(map(Finding.from_table, table["findings"])),
            columns=tuple(map(ColumnFacts.from_table, table["columns"])),
            rows=table["rows"],
            rows_sampled=table["rows_sampled"],
            targets=tuple(table["targets"]),
            keys=tuple(table["keys"]),
            group=SplitColumn(**table["group"]) if table["group"] else None,
            time=SplitColumn(**table["time"]) if table["time"] else None,
            seconds=table["seconds"],
        )

    def save(self, folder: Path) -> None:
        """Write it into the folder of a table."""
        (folder / ANALYSIS_FILE).write_bytes(orjson.dumps(self.to_table(), option=orjson.OPT_INDENT_2))

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the analysis in the folder of a table, or None if there is none."""
        file = folder / ANALYSIS_FILE
        return cls.from_table(orjson.loads(file.read_bytes())) if file.exists() else None
