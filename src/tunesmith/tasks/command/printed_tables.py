"""Tables in a script's output: a header, with columns of numbers below it."""

from __future__ import annotations

import re

from ...core.metric_words import is_metric
from ...in_script.metric_names import WantedNames
from .printed_cells import cells_in, has_bars
from .printed_counters import is_counter
from .printed_names import is_printable
from .printed_numbers import number_at
from .printed_parts import may_name_parts, parts_in, row_of_parts

_FIRST_WORD = re.compile(r"\s*(?:#(?!#) ?)?([A-Za-z#]\w*)[\s,]")
_COMMENT = re.compile(r"\s*# ?(?=[A-Za-z])")
_MOST_COLUMNS = 50
_LONGEST_LINE = 2000


class Tables:
    """Finds the rows of tables, whose columns are apart by bars, commas, tabs or spaces.

    >>> tables = Tables(WantedNames())
    >>> [tables.row(line) for line in ("epoch  train_loss  valid_loss", "-----  ----------  ----------", "0  0.5  0.4")]
    [None, None, {'epoch': '0', 'train_loss': '0.5', 'valid_loss': '0.4'}]
    >>> tables.row("| val_loss | 0.31 |")
    {'val_loss': '0.31'}
    """

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        self._header: list[str] = []
        self._parts: list[str] = []

    @property
    def has_header(self) -> bool:
        """Whether rows may follow."""
        return bool(self._header or self._parts)

    def row(self, line: str) -> dict[str, str] | None:
        """Return the cells of a line by column, or None if it is no row. A line of a name and a number is one, too."""
        if len(line) > _LONGEST_LINE:
            return None
        barred = has_bars(line)
        if not barred and not self.has_header and not self._may_be_header(line):
            return None
        cells = self._cells(line)
        if not 2 <= len(cells) <= _MOST_COLUMNS:
            return None
        if parts := parts_in(cells):
            self._header, self._parts = [], parts
            return None
        if self._parts and (row := row_of_parts(cells, self._parts)) is not None:
            return row
        if self._is_header(cells, barred):
            self._header = cells
            return None
        if len(cells) == len(self._header) and _is_row(cells, self._header):
            return dict(zip(self._header, cells, strict=True))
        if barred and len(cells) == 2 and is_printable(cells[0]) and number_at(cells[1], 0) is not None:
            return {cells[0]: cells[1]}
        return None

    def _cells(self, line: str) -> list[str]:
        """Return the cells of a line. What counts rows may have a `#` before it, as a comment has: `#epoch loss`."""
        comment = _COMMENT.match(line)
        cells = cells_in(line[comment.end() :]) if comment is not None else []
        return cells if cells and is_counter(cells[0]) else cells_in(line)

    def _may_be_header(self, line: str) -> bool:
        """Tell cheaply whether a line without bars may be a header: with what counts its rows, or parts of the data."""
        if may_name_parts(line):
            return True
        match = _FIRST_WORD.match(line)
        return match is not None and is_counter(match[1])

    def _is_header(self, cells: list[str], barred: bool) -> bool:
        names = [cell for cell in cells if cell]
        return (
            len(names) > 1
            and len(set(names)) == len(names)
            and all(cell == "#" or is_printable(cell) for cell in names)
            and (barred or is_counter(cells[0]))
            and any(is_metric(name) or self._wanted.find(name) for name in names)
        )


def _is_row(cells: list[str], header: list[str]) -> bool:
    """Tell whether most cells are numbers, and those of a counter all of them."""
    numbers = [number_at(cell, 0) is not None or not cell for cell in cells]
    counts = [re.match(r"\d", cell) is not None for cell, name in zip(cells, header, strict=True) if is_counter(name)]
    return all(counts) and any(cells) and sum(numbers) * 2 >= len(cells)
