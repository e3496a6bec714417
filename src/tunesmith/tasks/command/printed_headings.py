"""Headings in a script's output, as `===== CV =====` or `Validation:`, which tell what the lines below are about."""

from __future__ import annotations

import re

_HEADING = re.compile(
    r"\s*(?:[=#*~-]{2,}\s*(?P<ruled>[A-Za-z][\w ,.:()/-]{0,60}?)\s*[=#*~-]*|(?P<plain>[A-Za-z][\w ()/-]{0,60}):)\s*",
    re.ASCII,
)


def heading_in(line: str) -> str:
    """Return the words of a heading, or an empty text if a line is none.

    >>> heading_in("======== CV ========"), heading_in("On the validation rows:"), heading_in("------")
    ('CV', 'On the validation rows', '')
    """
    match = _HEADING.fullmatch(line)
    return "" if match is None else (match["ruled"] or match["plain"]).rstrip(" :")
