"""Tables with a label in front of each row, as those that compare a model with baselines."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...core.metric_words import is_beside_quality, is_maximized, is_metric
from ...in_script.metric_names import WantedNames, metric_words
from .baselines import names_baseline
from .printed_cells import are_apart, cells_in, column_name, has_bars
from .printed_counters import is_counter
from .printed_names import full_name, is_printable
from .printed_numbers import number_at
from .printed_parts import parts_in
from .row_labels import ChosenNames, is_no_model, names_part

_LONGEST_HEADER, _LONGEST_ROW = 500, 2000
_MOST_COLUMNS = 50
_MOST_WORDS = 3
_LONGEST_LABEL = 40
_COMMENT = re.compile(r"\s*#(?!#)\s*")
_NO_HEADER = re.compile(r"[=:{}<>]|(?:^|\s)[-+.]?\d")
_RULE = re.compile(r"[^\w]*", re.ASCII)
_UNIT = re.compile(r"%|[A-Za-z]{1,4}(?:/[A-Za-z]{1,4})?")
_CUTOFF = re.compile(r"@\d{1,4}", re.ASCII)
_EMPTY = {"", "-", "--", "—", "n/a", "NA", "None"}
_TOTALS = {"all", "total", "mean", "average", "avg", "overall"}
"""Labels of the row that stands for a table with a column for each method."""
_METHODS = {"model", "method", "algorithm", "algo", "estimator", "classifier", "regressor", "learner", "approach"}
_WORDS_OF_DATA = {"score", "return", "reward", "distance", "map", "error", "loss", "hits", "correlation"}
"""Words of metrics that are just as well columns of data."""
_OF_CLASSES = "support"
"""The last column of scikit-learn's classification report, whose rows are classes."""


class MethodCell(NamedTuple):
    """A number of a table that has ended.

    Args:
        name: The column, after the row's label if that names a part of the data.
        text: The number.
        line: The row.
        above: The line above the header.
        is_of_column: Whether the name does not tell what is measured: it is that of a method, or of a total.
        measures: What the rows of the table say that it measures, if they do.
    """

    name: str
    text: str
    line: str
    above: str
    is_of_column: bool
    measures: str = ""


class MethodTables:
    """Finds tables whose rows have labels, and tells one row of each: that of the model.

    The last row is the model's, unless one has a name that the trial chooses. Rows of baselines are left out. A row
    with the label `valid` or `spatial CV` is of that part of the data. The header may lack a name for the labels, and
    it may begin with `#`.

    A row of the total, as `ALL` or `mean`, stands for the table. Where the columns are methods, one of them a baseline,
    no other row is read. A total below a column that is no metric has a name of both, as `average value`.

    Args:
        wanted: The metrics that a study needs.
        chosen: The names that the trial chooses.

    >>> tables = MethodTables(WantedNames(), ChosenNames())
    >>> [tables.takes(line, "") for line in ("           MAE   MAPE", "naive     9.5   12 %", "catboost  4.5    6 %")]
    [False, True, True]
    >>> [(cell.name, cell.text) for cell in tables.end()]
    [('MAE', '4.5'), ('MAPE', '6 %')]
    """

    def __init__(self, wanted: WantedNames, chosen: ChosenNames) -> None:
        self._wanted = wanted
        self._chosen = chosen
        self._columns: list[str] = []
        self._is_lasting = False
        self._above = ""
        self._has_bars = False
        self._has_chosen = False
        self._has_total = False
        self._texts: set[str] = set()
        self._rows: dict[str, MethodCell] = {}
        self._ended: dict[str, MethodCell] = {}

    @property
    def has_header(self) -> bool:
        """Whether rows may follow."""
        return bool(self._columns)

    def takes(self, line: str, above: str) -> bool:
        """Read a line, and return whether it is a row.

        Args:
            line: The line.
            above: The line above it, blank ones left out.
        """
        if self._columns:
            if len(line) <= _LONGEST_ROW and (row := self._row(line)) is not None:
                self._keep(*row, line)
                return True
            if _RULE.fullmatch(line):
                return False
            self._close()
        self._begin(line, above)
        return False

    def ended(self) -> list[MethodCell]:
        """Return the numbers of the table that has ended since the last call."""
        cells, self._ended = list(self._ended.values()), {}
        return cells

    def end(self) -> list[MethodCell]:
        """Return the numbers so far at the end of the output."""
        self._finish()
        return self.ended()

    def _finish(self) -> None:
        measures = _measured_in(self._texts)
        for name, cell in self._rows.items() if measures else ():
            self._rows[name] = cell._replace(measures=measures)
        self._ended, self._rows = {**self._ended, **self._rows}, {}

    def _close(self) -> None:
        """End a table. After a header that begins with `#`, more rows may follow later."""
        self._finish()
        if not self._is_lasting:
            self._columns = []

    # -- the header ------------------------------------------------------------------------------------------------

    def _begin(self, line: str, above: str) -> None:
        if len(line) > _LONGEST_HEADER or _NO_HEADER.search(line):
            return
        barred = has_bars(line)
        if not barred and ("(" in line or ")" in line):
            return
        comment = _COMMENT.match(line)
        text = line[comment.end() :] if comment is not None else line
        is_apart = are_apart(text)
        cells = cells_in(text)
        if not is_apart and comment is None and not _are_methods(cells):
            return
        names = cells[1:] if cells[:1] in ([""], ["#"]) else cells
        names = list(map(column_name, names)) if barred else names
        if len(names) > 2 and is_metric(above.strip()) and all(map(_CUTOFF.fullmatch, names[1:])):
            names = [names[0], *(f"{above.strip()}{name}" for name in names[1:])]  # The title says what they measure.
        if self._is_header(names):
            self._columns, self._above, self._has_bars = names, above, barred
            self._has_chosen, self._has_total, self._texts = False, False, set()
            self._is_lasting = comment is not None and is_apart

    def _is_header(self, names: list[str]) -> bool:
        return (
            2 <= len(names) <= _MOST_COLUMNS
            and len(set(names)) == len(names)
            and all(is_printable(name) and len(name.split()) <= _MOST_WORDS for name in names)
            and not is_counter(names[0])
            and not parts_in(names)
            and _OF_CLASSES not in names
            and (any(map(self._is_metric, names)) or _are_methods(names))
        )

    def _is_metric(self, name: str) -> bool:
        """Tell whether a column is a metric; `the loss` is rather a part of a sentence."""
        is_whole = full_name(tuple(name.split()), self._wanted) == name
        return (is_metric(name) and is_whole) or self._wanted.find(name) is not None

    # -- rows ------------------------------------------------------------------------------------------------------

    def _row(self, line: str) -> tuple[str, dict[str, str]] | None:
        """Return the label of a row and its cells by column, or None if it is no row."""
        if "=" in line:
            return None
        for label, cells in self._readings(line):
            row = dict(zip(self._columns[len(self._columns) - len(cells) :], cells, strict=True))
            if self._is_label(label, row) and self._is_measured(row):
                return label.rstrip(" :"), row
        return None

    def _readings(self, line: str) -> list[tuple[str, list[str]]]:
        """Return the ways to tell the label from the cells."""
        count = len(self._columns)
        has_label_column = not self._is_metric(self._columns[0])
        cells = cells_in(line)
        ways = []
        if len(cells) == count + 1:
            ways.append((cells[0], cells[1:]))
            if has_label_column and cells[0].isdecimal() and not self._may_be_data():  # The index of a data frame.
                ways.append((cells[1], cells[2:]))
        if len(cells) == count and has_label_column:
            ways.append((cells[0], cells[1:]))
        if len(cells) == count and (self._is_lasting or self._is_measured_whole()):
            ways.append(("", cells))
        if not are_apart(line) or len(cells) < count + 1:
            ways += [_from_the_right(line, width) for width in ([count - 1] if has_label_column else []) + [count]]
        return ways

    def _is_measured_whole(self) -> bool:
        """Tell whether all columns are of a training, so that rows need no label."""
        first, *others = self._columns
        return self._is_metric(first) and all(
            self._is_metric(name) or is_counter(name) or is_beside_quality(name) for name in others
        )

    def _may_be_data(self) -> bool:
        """Tell whether rows with an index may be the data itself, as people with the score of each."""
        metrics = [name for name in self._columns if self._is_metric(name) and not self._wanted.find(name)]
        is_of_data = bool(metrics) and all(metric_words(name)[-1] in _WORDS_OF_DATA for name in metrics)
        return is_of_data and _METHODS.isdisjoint(metric_words(self._columns[0]))

    def _is_label(self, label: str, row: dict[str, str]) -> bool:
        """Tell whether a text can be a label: one with letters, or none in a row of numbers below a `#`."""
        if not label:
            return all(number_at(cell, 0) is not None for cell in row.values())
        return (
            len(label) <= _LONGEST_LABEL and number_at(label, 0) is None and re.search(r"[^\W\d_]", label) is not None
        )

    def _is_measured(self, row: dict[str, str]) -> bool:
        """Tell whether the cells of metrics are numbers, or empty, but not all of them.

        Between bars, some may be texts: the rows of a column `score` may say what each of them measures.
        """
        are_methods = _are_methods(self._columns)
        if self._has_bars:
            return any(number_at(cell, 0) is not None for cell in row.values())
        cells = [cell for name, cell in row.items() if (are_methods or self._is_metric(name)) and cell not in _EMPTY]
        return bool(cells) and all(number_at(cell, 0) is not None for cell in cells)

    def _keep(self, label: str, row: dict[str, str], line: str) -> None:
        before, are_methods = "", _are_methods(self._columns)
        is_total = label.lower() in _TOTALS
        if label.lower() == "count":  # What follows describes data: its mean, its quartiles.
            self._columns, self._rows = [], {}
            return
        if are_methods:
            if not is_total:
                return
        elif names_part(label):
            before = f"{label} "
        elif is_no_model(label):
            return
        elif self._chosen.has(label):
            self._has_chosen = True
        elif self._has_chosen or (self._has_total and not is_total):
            return
        elif is_total:
            self._has_total = True
            self._rows = {name: cell for name, cell in self._rows.items() if name not in self._columns}
        numbers = {name: cell for name, cell in row.items() if number_at(cell, 0) is not None}
        self._texts |= {cell for name, cell in row.items() if cell and name not in numbers and self._is_metric(name)}
        if is_total and not are_methods and not any(map(self._is_metric, numbers)):
            self._keep_total(label, numbers, line)
            return
        for name, cell in self._by_likelihood(numbers) if are_methods else numbers.items():
            self._rows[before + name] = MethodCell(before + name, cell, line, self._above, are_methods)

    def _keep_total(self, label: str, numbers: dict[str, str], line: str) -> None:
        """Keep the totals of columns that are no metrics."""
        for name, cell in numbers.items():
            if name and not is_beside_quality(name):
                self._rows[f"{label} {name}"] = MethodCell(f"{label} {name}", cell, line, self._above, True)

    def _by_likelihood(self, row: dict[str, str]) -> list[tuple[str, str]]:
        """Return the totals of methods, the likeliest model first: the chosen one, or the last; no differences."""
        totals = [
            (name, cell)
            for name, cell in reversed(row.items())
            if not cell.startswith(("+", "-")) or self._wanted.find(name)
        ]
        return sorted(totals, key=lambda total: not self._chosen.has(total[0]))


def _are_methods(columns: list[str]) -> bool:
    """Tell whether columns are methods: none has the name of a metric, and one that of a baseline."""
    return not any(map(is_metric, columns)) and any(map(names_baseline, columns))


def _measured_in(texts: set[str]) -> str:
    """Return what rows measure by their texts, if all of these are metrics with the same better direction."""
    are_metrics = bool(texts) and all(map(is_metric, texts))
    return min(texts) if are_metrics and len(set(map(is_maximized, texts))) == 1 else ""


def _from_the_right(line: str, count: int) -> tuple[str, list[str]]:
    """Return what stands before some numbers at the end of a line, and the numbers with their units.

    >>> _from_the_right("model 2 40.1 10.3 %", 2), _from_the_right("model 2", 2)
    (('model 2', ['40.1', '10.3 %']), ('', []))
    """
    words, cells = line.split(), list[str]()
    while words and len(cells) < count:
        unit = f" {words.pop()}" if len(words) > 1 and _UNIT.fullmatch(words[-1]) else ""
        if number_at(words[-1], 0) is None:
            return "", []
        cells.insert(0, words.pop() + unit)
    return (" ".join(words), cells) if words and len(cells) == count else ("", [])
