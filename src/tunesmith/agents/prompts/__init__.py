"""The roles' instructions, one Markdown file each."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def prompt(role: str) -> str:
    """Return a role's instructions."""
    return (Path(__file__).parent / f"{role}.md").read_text(encoding="utf-8")
