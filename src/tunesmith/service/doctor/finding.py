"""What a check found."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["ok", "hint", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Args:
        check: What was checked, in a word or two.
        severity: `ok`; `hint` for what could be better; `warning` for what may spoil a study; `error` for what it
            cannot run with.
        message: What was found.
        remedy: What to do; empty for `ok`.
    """

    check: str
    severity: Severity
    message: str
    remedy: str = ""


def doctor_facts(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return findings as plain values, with the numbers of errors and of warnings."""
    counts = Counter(finding.severity for finding in findings)
    rows = [dataclasses.asdict(finding) for finding in findings]
    return {"errors": counts["error"], "warnings": counts["warning"], "findings": rows}
