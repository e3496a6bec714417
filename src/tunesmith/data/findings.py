"""What was noticed about a table: one statement each, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self, get_args

from ..core.values import Value, plain, shown
from ..errors import InputError
from ..text.cleaning import valid

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the mildest: `info` is handled or harmless, `warning` wants a look, `error` makes a fit meaningless."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was noticed about a table.

    Args:
        kind: What it is about, such as `near_constant`; the same for all findings of a kind.
        severity: How much it matters.
        columns: The columns that it is about; none if it is about the rows.
        text: What was noticed, in one or two sentences with figures.
        remedy: What to do, or what was done; empty if nothing needs to be done.
        values: The figures behind the text, by name.

    Raises:
        InputError: The severity is unknown, or a value is not plain data.

    >>> finding = Finding(kind="constant", severity="info", columns=("country",), text="Only one value: DE.")
    >>> Finding.from_table(finding.to_table()) == finding
    True
    """

    kind: str
    severity: Severity
    text: str
    columns: tuple[str, ...] = ()
    remedy: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise InputError(f"a severity must be one of {', '.join(SEVERITIES)}, got {shown(self.severity)}.")
        object.__setattr__(self, "columns", tuple(valid(str(name)) for name in self.columns))
        object.__setattr__(self, "text", valid(self.text))
        object.__setattr__(self, "remedy", valid(self.remedy))
        values = {name: plain(value, f"the value '{name}' of a finding") for name, value in self.values.items()}
        object.__setattr__(self, "values", values)

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the finding that `to_table` described."""
        return cls(**{**table, "columns": tuple(table["columns"])})


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the most severe first; those of one severity keep their order."""
    return tuple(sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)))
