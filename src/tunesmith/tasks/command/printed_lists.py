"""Metrics on two lines of a log, the names in one list and the values in another below it."""

from __future__ import annotations

import re

from ...core.metric_words import is_metric
from ...in_script.metric_names import WantedNames
from .printed_names import is_printable
from .printed_numbers import number_at

_LONGEST_LINE = 2000
_DIGIT = re.compile(r"\d")


class ListsInLog:
    """Finds a list of names behind a log's prefix, and that of their values behind the same prefix in the next line.

    The prefix, which ends with a colon, may tell the time: its digits may differ.

    >>> lists = ListsInLog(WantedNames())
    >>> [lists.row(line) for line in ("[10:30:59] copy: AP,AP50", "[10:31:00] copy: 40.5,60.25")]
    [None, {'AP': '40.5', 'AP50': '60.25'}]
    """

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        self._prefix = ""
        self._names: list[str] = []

    def row(self, line: str) -> dict[str, str] | None:
        """Return the values of a line by name, or None if it has none."""
        names, self._names = self._names, []
        if "," not in line or len(line) > _LONGEST_LINE:
            return None
        before, _, last = line.rstrip().rpartition(" ")
        if "," not in last or not before.endswith(":"):
            return None
        prefix, cells = _DIGIT.sub("0", before), last.split(",")
        if names and prefix == self._prefix and len(cells) == len(names):
            is_row = all(number_at(cell, 0) is not None for cell in cells)
            return dict(zip(names, cells, strict=True)) if is_row else None
        if len(set(cells)) == len(cells) and all(map(is_printable, cells)) and any(map(self._is_known, cells)):
            self._prefix, self._names = prefix, cells
        return None

    def _is_known(self, name: str) -> bool:
        return is_metric(name) or self._wanted.find(name) is not None
