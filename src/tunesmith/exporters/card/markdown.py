"""Markdown whose text comes from data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...text.cleaning import short

_ACTIVE = str.maketrans({character: f"\\{character}" for character in "\\`*[]<>#|~&"})


def inline(text: object, most: int = 300) -> str:
    r"""Return text that Markdown shows as it is: on one line, and without links and tags.

    >>> inline("<b>*total*</b>")
    '\\<b\\>\\*total\\*\\</b\\>'
    """
    return short(text, most).translate(_ACTIVE)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list; its items are Markdown."""
    return "\n".join(f"- {item}" for item in items)
