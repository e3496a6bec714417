"""Headings in a script's output, as `===== CV =====` or `Validation:`, which tell what the lines below are about."""

from __future__ import annotations

import re

_HEADING = re.compile(
    r"""\s*(?:[=\#*~-]{2,}\s*(?P<ruled>[A-Za-z][\w ,.:()/-]{0,60}?)\s*[=\#*~-]*|(?P<plain>[A-Za-z][\w ()/-]{0,60}):
    |(?P<data>(?:validation|val|dev|test)(?:[ ](?:set|data|results?|split|metrics?))?(?:[ ]\([\w ,.-]{1,40}\))?))\s*""",
    re.ASCII | re.VERBOSE | re.IGNORECASE,
)


def heading_in(line: str) -> str:
    """Return the words of a heading, or an empty text if a line is none.

    >>> heading_in("======== CV ========"), heading_in("On the validation rows:"), heading_in("------")
    ('CV', 'On the validation rows', '')
    >>> heading_in("validation (500 rows)"), heading_in("test set"), heading_in("test the model")
    ('validation (500 rows)', 'test set', '')
    """
    match = _HEADING.fullmatch(line)
    return "" if match is None else (match["ruled"] or match["plain"] or match["data"]).rstrip(" :")
