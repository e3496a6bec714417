"""What each role is told: one Markdown file a role."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def prompt(role: str) -> str:
    """Return a role's instructions."""
    return (Path(__file__).parent / f"{role}.md").read_text(encoding="utf-8")
