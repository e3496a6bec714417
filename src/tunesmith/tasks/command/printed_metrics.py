"""Metrics in a script's output: `val_mse=0.31`, `Val Loss: 0.31`, `{"val_mse": 0.31}`, or a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ...core.metric_words import is_metric
from ...core.metrics import MAX_METRICS
from ...core.reports import Report
from ...core.trial import Value
from ...in_script.metric_names import WantedNames, metric_words
from .baselines import is_about_baseline
from .printed_blocks import Blocks
from .printed_comparison import Comparisons
from .printed_counters import Counters, counters_in, is_counter, is_epoch
from .printed_lists import ListsInLog
from .printed_methods import MethodCell, MethodTables
from .printed_names import Labels, Named, data_named_in, full_name, names_in, unsigned_names_in
from .printed_numbers import first_at, is_numeric, number_at, share_at
from .printed_pattern import MetricPattern
from .printed_reports import PrintedReports
from .printed_settings import PrintedSettings
from .printed_tables import Tables
from .row_labels import ChosenNames

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_LINE_END = re.compile(rb"(\r?\n|\r(?=.)|\x08+)", re.DOTALL)
_LONGEST_LINE_BYTES = 1 << 16
_LONGEST_QUOTE = 200
_MOST_NAMES = 4096
_WORD = re.compile(r"\w")
_LEADERS = re.compile(r"(?<=[\w%)\]])[ \t]?\.{3,}[ \t]*(?=[-+]?\.?\d)")
"""The dots of `ROC-AUC ....... 0.77`."""
_RIGHT_ONES = re.compile(r"^\s*(Epoch \d+) ?: (\d+ / \d+)$", re.ASCII)
"""How many of the test data were right, as the code of Nielsen's book prints it: `Epoch 24 : 761 / 800`."""
_NUMBER = re.compile(rb"\d|nan|inf", re.IGNORECASE)
_OF_LISTS = re.compile(r"(?:recall|precision|ndcg|hit|hr|mrr|map|hit_ratio)(?:@k)?\Z", re.IGNORECASE)
"""Metrics of ranked lists, which are printed for several lengths of a list together: `recall=[0.37, 0.52]`."""
_OF_BASELINE = 4
"""How much less the value of a baseline fits than any other of the same name."""
_COUNT = re.compile(
    r"\d[\d,_]*[ ]+(?:rows|samples|examples|instances|items|users|images|points|records|files|docs|documents|sentences|"
    r"tokens|words|sequences|series|windows|nodes|edges|graphs|queries|pairs|batches|features|columns|patients)\b",
    re.ASCII,
)
"""A number of things, as in `score 1080 rows`, whose verb is no metric."""
_COUNTS_RIGHT_ONES = re.compile(r"acc", re.IGNORECASE)
"""In the name of a metric whose value may be a count of a whole, as in `Accuracy: 9823 / 10000`."""
_MANY_LINES = 50_000

OnLine = Callable[[Counters, Mapping[str, float], bool], None]
"""Called with the counters and the metrics of a line, and whether the next line is printed over it."""


@dataclass
class Reading:
    """What was printed under one name.

    Args:
        value: The last value; None if that could not be read.
        rank: How well the name and its notation fit: only the best are read.
        line: The line of the last value.
        count: How many values there were.
        above: The line above that one, blank ones left out.
        first: The first value.
        is_of_column: Whether the name does not tell what is measured, as in `MethodCell`.
        measures: What is measured, as in `MethodCell`.
        data: The part of the data of the last value, as a label before it says.
    """

    value: float | None
    rank: int
    line: str
    count: int = 0
    above: str = ""
    first: float | None = None
    is_of_column: bool = False
    measures: str = ""
    data: str = ""


class PrintedMetrics:
    r"""Finds metrics in a stream of output; the last value of each name counts.

    Scripts print their settings, too, and these are no metrics. Three things are not read: the arguments of a call,
    such as `Namespace(mse=0.0)`; a dictionary that repeats a parameter of the trial, with its value; and a parameter
    that is repeated by itself. A name in `options` is ambiguous: where parameters are repeated, its first value is
    taken for the option's.

    Names are compared by their words. A name that is spelled as the study does counts before others, and a value after
    a sign before one without. Lines longer than 64 kB are skipped, so that memory stays bounded. After very many lines,
    only those that concern a wanted metric are read.

    Args:
        parameters: The trial's parameters.
        options: The metrics that share their name with an option of the script.
        wanted: The objective's metrics and others that the trial must return, as the study spells them.
        pattern: The user's own expression for some of them, which are then read in no other way.
        chosen: Names that the trial chooses besides its parameters, as the words of its command: of a table of several
            methods, the row with such a name is read.
        on_line: Called after every line.

    >>> printed = PrintedMetrics({"lr": 0.001}, wanted=["vali_loss"])
    >>> printed.feed(b"Namespace(lr=0.001, vali_loss=9.0)\nEpoch 1 | Train Loss: 0.5 Vali Loss: 0.")
    >>> printed.feed(b"31 (lr: 1e-3)\n")
    >>> printed.values()
    {'Train Loss': 0.5, 'vali_loss': 0.31}
    >>> printed.reports()
    [Report(step=1, metrics={'Train Loss': 0.5, 'vali_loss': 0.31})]
    """

    def __init__(
        self,
        parameters: Mapping[str, Value] | None = None,
        options: Collection[str] = (),
        *,
        wanted: Sequence[str] = (),
        pattern: MetricPattern | None = None,
        chosen: Collection[str] = (),
        on_line: OnLine | None = None,
    ) -> None:
        self._settings = PrintedSettings(parameters or {})
        self._options = frozenset(options)
        self._wanted = WantedNames(tuple(wanted))
        self._pattern = pattern
        self._on_line = on_line
        self._readings: dict[str, Reading] = {}
        self._of_data: set[str] = set()
        self._unread: dict[str, str] = {}
        self._names: dict[tuple[str, ...], tuple[str, bool]] = {}
        self._option_values: Counter[str] = Counter()
        self._repeats_parameters = False
        self._blocks = Blocks()
        self._lists = ListsInLog(self._wanted)
        self._tables = Tables(self._wanted)
        names = [value for value in (parameters or {}).values() if isinstance(value, str)]
        self._methods = MethodTables(self._wanted, ChosenNames([*names, *chosen]))
        self._comparisons = Comparisons(self._wanted, ChosenNames([*names, *chosen]))
        self._reports = PrintedReports()
        self._line: dict[str, float] = {}
        self._above = ""
        self._lines = 0
        self._worth_reading = _mentions(self._wanted)
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Scan the next piece of output, of any size."""
        if self._rest.endswith(b"\r"):  # It ends a line, together with the next character.
            data, self._rest = self._rest + data, b""
        lines = _LINE_END.split(data)
        lines[0] = self._rest + lines[0]
        if self._skipping and len(lines) > 1:
            lines[0], self._skipping = b"", False
        self._rest = lines.pop()
        for line, end in zip(lines[::2], lines[1::2], strict=True):
            self._scan(line, is_overwritten=not end.endswith(b"\n"))
        if self._skipping or len(self._rest) > _LONGEST_LINE_BYTES:
            self._rest, self._skipping = self._rest[-1:] if self._rest.endswith(b"\r") else b"", True

    def values(self) -> dict[str, float]:
        """Return the metrics so far, including those of an incomplete last line."""
        self._end()
        values = {name: reading.value for name, reading in self._readings.items() if reading.value is not None}
        for name in self._wanted.names:
            rivals = self._rivals(name) if name not in self._readings else []
            if len(rivals) == 1 and rivals[0] in values:
                values[name] = values.pop(rivals[0])
        return {name: value for name, value in values.items() if not self._is_of_an_option(name)}

    def unread(self) -> dict[str, str]:
        """Return where a name without a value was printed: the text that could not be read as a metric."""
        values = self.values()
        unread = {name: text for name, text in self._unread.items() if name not in values}
        return {name: re.sub(r"[ \t\n]+", " ", text).strip() for name, text in unread.items()}

    def rivals(self, name: str) -> list[str]:
        """Return the names that may all stand for a wanted one, as `Vali Loss` and `Test Loss` for `loss`."""
        rivals = self._rivals(name) if name not in self._readings else []
        return rivals if len(rivals) > 1 else []

    def readings(self) -> dict[str, Reading]:
        """Return what was printed under each name that has a value."""
        values = self.values()
        return {name: reading for name, reading in self._readings.items() if name in values}

    def reports(self) -> list[Report]:
        """Return the reports since the last call."""
        return self._reports.new()

    def last_reports(self) -> list[Report]:
        """Return the reports since the last call at the end of the output."""
        self._end()
        self._reports.end()
        return self._reports.new()

    # -- lines -----------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        self._scan(self._rest.rstrip(b"\r"))
        self._rest = b""
        for text in self._blocks.end():
            self._read_plain(text, text)
        self._read_methods([*self._methods.end(), *self._comparisons.end()])

    def _scan(self, data: bytes, *, is_overwritten: bool = False) -> None:
        self._lines += 1
        if not data or len(data) > _LONGEST_LINE_BYTES or self._is_passed_over(data):
            return
        line = (_CONTROL.sub(b"", data) if b"\x1b" in data else data).decode(errors="replace")
        is_of_method = not self._blocks.is_open and self._methods.takes(line, self._above)
        self._read_methods([*self._methods.ended(), *self._comparisons.read(line)])
        self._line = {}
        step = self._read_pattern(line) if self._pattern is not None else None
        line = _LEADERS.sub(": ", line) if "..." in line else line
        line = _RIGHT_ONES.sub(r"\1: accuracy: \2", line) if " / " in line else line
        row = {} if is_of_method else None if self._blocks.is_open else self._lists.row(line) or self._tables.row(line)
        if row is not None:
            counters = self._read_row(row, line)
        else:
            counters = counters_in(line) if _NUMBER.search(data) else Counters()
            for kind, text in self._blocks.split(line):
                if kind == "plain":
                    self._read_plain(text, line)
                else:
                    self._read_block(text, is_call=kind == "call")
        if step is not None:
            counters = counters._replace(epoch=None, step=step)
        self._above = line[:_LONGEST_QUOTE] if _WORD.search(line) else self._above
        self._report(counters, is_overwritten=is_overwritten)

    def _report(self, counters: Counters, *, is_overwritten: bool) -> None:
        """Report what was read from a line."""
        reported = self._reported()
        metrics = {} if reported is None else {n: value for n, value in self._line.items() if not is_counter(n)}
        self._reports.add(counters, metrics, reported, is_overwritten=is_overwritten)
        if self._on_line is not None:
            self._on_line(counters, self._line, is_overwritten)

    def _is_passed_over(self, data: bytes) -> bool:
        has_many = self._lines > _MANY_LINES and bool(self._wanted.names)
        reads_all = self._pattern is not None or self._tables.has_header or self._methods.has_header
        reads_all = reads_all or self._comparisons.has_heading
        return has_many and not reads_all and self._worth_reading.search(data) is None

    def _reported(self) -> str | None:
        """Return the wanted metric in the line that makes it a report."""
        for name in self._wanted.names:
            if name in self._line and not (name in self._options and self._option_values[name] == 1):
                return name
            rivals = self._rivals(name) if name not in self._readings else []
            # Another may follow, such as `Test Loss` after `Vali Loss`, until a name comes again.
            if len(rivals) == 1 and rivals[0] in self._line and self._readings[rivals[0]].count > 1:
                self._line[name] = self._line.pop(rivals[0])
                return name
        return None

    def _read_pattern(self, line: str) -> float | None:
        assert self._pattern is not None
        at = None
        for metric, value, text, step in self._pattern.read(line):
            at = at if step is None else step
            self._keep(metric, value, line, rank=9)
            if value is None:
                self._note(metric, text)
        return at

    def _read_row(self, row: Mapping[str, str], line: str) -> Counters:
        counters = Counters()
        for name, cell in row.items():
            if is_counter(name):
                number = counters_in(f"step {cell}").step
                counters = counters._replace(epoch=number) if is_epoch(name) else counters._replace(step=number)
            if name and cell and number_at(cell, 0) is not None:
                self._read_plainly(Named((name,), 0, has_sign=True), cell, line)
        return counters

    def _read_methods(self, cells: Sequence[MethodCell]) -> None:
        """Read what a table of methods shows of the model, all of it together."""
        if not cells:
            return
        self._line, above = {}, self._above
        for cell in cells:
            self._above = cell.above
            self._read_plainly(Named((cell.name,), 0, has_sign=True), cell.text, cell.line)
            if cell.is_of_column and cell.name in self._readings:
                self._readings[cell.name].is_of_column = True
                self._readings[cell.name].measures = cell.measures
        self._above = above
        self._report(Counters(), is_overwritten=False)

    def _read_block(self, text: str, *, is_call: bool) -> None:
        """Read a dictionary.

        A call is settings, and so is a dictionary with a parameter of the trial, unless it counts epochs or steps: one
        of an epoch may tell the learning rate, too.
        """
        pairs = list(names_in(text))
        repeated = [self._settings.repeats(named, text) for named in pairs]
        counts = any(
            is_counter(named.last) and not is_repeated for named, is_repeated in zip(pairs, repeated, strict=True)
        )
        is_settings = is_call or (any(repeated) and not counts)
        data = "" if is_call else data_named_in(text)
        for named, is_repeated in zip(pairs, repeated, strict=True):
            if is_settings or is_repeated:
                self._note(self._name(named)[0], text)
            else:
                self._read(named.of_data(data, named.last), text, text)

    def _read_plain(self, text: str, line: str) -> None:
        labels = Labels(text)
        for named in [*names_in(text), *unsigned_names_in(text, self._wanted)]:
            data = labels.data_at(named.start)
            if data:
                self._read_of_data(data, named, text, line)
            else:
                self._read_plainly(named, text, line)

    def _read_of_data(self, data: str, named: Named, text: str, line: str) -> None:
        """Read a number behind a label such as `Validation:`.

        If other numbers of the same name are of other data, each has one more reading, with its data in the name.
        """
        name, _ = self._name(named)
        with_data, _ = self._name(named.of_data(data, name))
        before = self._readings.get(name)
        if before is not None and before.data != data and name != with_data:
            self._of_data.add(name)
            if before.data:
                self._readings.setdefault(self._name(named.of_data(before.data, name))[0], replace(before))
        self._read_plainly(named, text, line)
        if name in self._readings:
            self._readings[name].data = data
        if name != with_data and (name in self._of_data or with_data in self._wanted.names):
            self._read_plainly(named.of_data(data, name), text, line)

    def _read_plainly(self, named: Named, text: str, line: str) -> None:
        name, _ = self._name(named)
        if self._settings.repeats(named, text):
            self._repeats_parameters = True
            self._note(name, line)
        elif self._read(named, text, line) and name in self._options:
            self._option_values[name] += 1
            self._note(name, line)

    def _read(self, named: Named, text: str, line: str) -> bool:
        """Read the number at a position, and return whether there is one."""
        name, is_exact = self._name(named)
        if self._pattern is not None and name in self._pattern.metrics:
            return False
        if not named.has_sign and _COUNT.match(text, named.start) is not None:
            return False
        number = number_at(text, named.start)
        if number is None and is_metric(name):
            number = share_at(text, named.start, is_sure=_COUNTS_RIGHT_ONES.search(name) is not None)
        if number is None and _OF_LISTS.search(name) is not None:
            number = first_at(text, named.start)
        if number is not None or (named.has_sign and is_numeric(text, named.start)):
            rank = 2 * is_exact + named.has_sign - _OF_BASELINE * is_about_baseline(text[: named.start])
            kept = self._keep(name, number, line, rank=rank)
            if number is None and kept:
                self._note(name, line)
        return number is not None

    # -- names -----------------------------------------------------------------------------------------------------

    def _name(self, named: Named) -> tuple[str, bool]:
        """Return a metric's name, as the study spells it, and whether it was printed so."""
        known = self._names.get(named.words)
        if known is None:
            printed = full_name(named.words, self._wanted)
            name = self._wanted.find(printed) or printed
            known = name, name == printed
            if len(self._names) < _MOST_NAMES:
                self._names[named.words] = known
        return known

    def _keep(self, name: str, number: float | None, line: str, *, rank: int) -> bool:
        """Keep a value unless a better one of the same name came before; return whether it is kept."""
        reading = self._readings.get(name)
        if reading is None:
            if number is None and name not in self._wanted.names:
                return True
            if len(self._readings) >= MAX_METRICS and name not in self._wanted.names:
                return False
            reading = self._readings[name] = Reading(None, rank, "")
        if rank < reading.rank:
            return False
        if rank > reading.rank:
            reading.rank, reading.count, reading.first = rank, 0, None
        # An earlier value is not the last one, even if that cannot be read.
        reading.value = number
        if number is not None:
            reading.line, reading.count = line[:_LONGEST_QUOTE], reading.count + 1
            reading.above = self._above
            reading.first = number if reading.first is None else reading.first
            self._line[name] = number
        return True

    def _note(self, name: str, text: str) -> None:
        if name in self._unread or len(self._unread) < MAX_METRICS:
            self._unread[name] = text[:_LONGEST_QUOTE]

    def _rivals(self, wanted: str) -> list[str]:
        """Return the names of several words that end with a wanted one."""
        last = metric_words(wanted)
        return [name for name in self._readings if " " in name and metric_words(name.rpartition(" ")[2]) == last]

    def _is_of_an_option(self, name: str) -> bool:
        return self._repeats_parameters and self._option_values[name] == 1


def _mentions(wanted: WantedNames) -> re.Pattern[bytes]:
    """Return an expression for the lines that have a wanted metric or a counter."""
    last_words = {(metric_words(name) or (name,))[-1] for name in wanted.names}
    parts = [re.escape(word.encode(errors="replace")) for word in (*last_words, "epoch", "step", "iter")]
    return re.compile(b"|".join(parts), re.IGNORECASE)
