"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
