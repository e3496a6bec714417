"""Tables in a script's output: a header, with columns of numbers below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.metric_words import is_metric, is_residual
from ...in_script.metric_names import WantedNames
from .printed_cells import cells_in, column_name, has_bars
from .printed_counters import is_counter
from .printed_names import is_printable
from .printed_numbers import number_at
from .printed_parts import may_name_parts, parts_in, row_of_parts

_FIRST_WORDS = re.compile(r"\s*(?:#(?!#)[ \t]*)?([A-Za-z#]\w*)[\s,]+([A-Za-z#]\w*)?")
_COMMENT = re.compile(r"\s*#[ \t]*(?=[A-Za-z])")
_TITLE = re.compile(r"(?:#|[^\W\d])[^=:{}<>]{0,40}")
_HAS_NUMBER = re.compile(r"(?:^|\s)[-+.]?\d")
_MOST_COLUMNS = 50
_LONGEST_LINE = 2000


class Tables:
    """Finds the rows of tables, whose columns are apart by bars, commas, tabs or spaces.

    Where the first column counts the rows, as epochs do, others may have names that no metric has. The rows of a data
    frame may have an index in front. Some names of a header may be apart by single spaces.

    >>> tables = Tables(WantedNames())
    >>> [tables.row(line) for line in ("epoch  train_loss  valid_loss", "-----  ----------  ----------", "0  0.5  0.4")]
    [None, None, {'epoch': '0', 'train_loss': '0.5', 'valid_loss': '0.4'}]
    >>> tables.row("| val_loss | 0.31 |")
    {'val_loss': '0.31'}
    """

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        self._header: list[str] = []
        self._index = 0
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
        if (parts := parts_in(cells)) and not is_counter(cells[0]):
            self._header, self._parts = [], parts
            return None
        if self._parts and (row := row_of_parts(cells, self._parts)) is not None:
            return row
        if header := self._header_in(cells, line, barred=barred):
            self._header, self._index = header, 0
            return None
        if self._header and (found := self._row_in(cells, line, barred=barred)) is not None:
            return dict(zip(self._header, found, strict=True))
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
        match = _FIRST_WORDS.match(line)
        return match is not None and _counts(match.groups(default=""))

    def _header_in(self, cells: list[str], line: str, *, barred: bool) -> list[str]:
        """Return the columns that a line names, or nothing if it is no header."""
        if self._is_header(cells, barred=barred):
            return cells
        if _counts([column_name(cell) for cell in cells[:2]]) and all(not cell or _is_title(cell) for cell in cells):
            names = list(map(column_name, cells))
            names = [name if name == "#" or is_printable(name) else "" for name in names]
            if self._is_header(names, barred=barred):
                return names
        words = [] if barred else line.split()
        return (
            words if len(words) > len(cells) and is_counter(words[0]) and self._is_header(words, barred=False) else []
        )

    def _is_header(self, cells: list[str], *, barred: bool) -> bool:
        names = [cell for cell in cells if cell]
        return (
            len(names) > 1
            and len(set(names)) == len(names)
            and all(cell == "#" or is_printable(cell) for cell in names)
            and (barred or _counts(cells))
            and (any(map(self._is_known, names)) or (is_counter(cells[0]) and bool(parts_in(cells))))
        )

    def _is_known(self, name: str) -> bool:
        return is_metric(name) or is_residual(name) or self._wanted.find(name) is not None

    def _row_in(self, cells: list[str], line: str, *, barred: bool) -> list[str] | None:
        """Return the cells of a row below the header, without the index of a data frame, or None if it is no row."""
        if len(cells) == len(self._header):
            return cells if _is_row(cells, self._header) else None
        words = cells if barred else line.split()
        if len(words) == len(self._header) + 1 and words[0] == str(self._index):
            self._index += 1
            words = words[1:]
        is_whole = len(words) == len(self._header) and all(number_at(word, 0) is not None for word in words)
        return words if is_whole and _is_row(words, self._header) else None


def _counts(cells: Sequence[str]) -> bool:
    """Tell whether the first or second column counts the rows, as in spaCy's `E  #  LOSS`."""
    return any(map(is_counter, cells[:2]))


def _is_title(cell: str) -> bool:
    """Tell whether a cell can be the name of a column, if not one that a metric has."""
    return _TITLE.fullmatch(cell) is not None and _HAS_NUMBER.search(cell) is None


def _is_row(cells: list[str], header: list[str]) -> bool:
    """Tell whether most cells are numbers, and those of a counter all of them."""
    numbers = [number_at(cell, 0) is not None or not cell for cell in cells]
    counts = [re.match(r"\d", cell) is not None for cell, name in zip(cells, header, strict=True) if is_counter(name)]
    return all(counts) and any(cells) and sum(numbers) * 2 >= len(cells)
