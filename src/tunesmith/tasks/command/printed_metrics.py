"""Metrics in a script's output: `val_mse=0.31`, `val_mse: 0.31` or `{"val_mse": 0.31}`, anywhere on a line."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping

from ...core.metrics import MAX_METRICS
from ...core.trial import Value
from .printed_blocks import Blocks
from .printed_numbers import is_numeric, number_at

_NAME = r"[A-Za-z_][\w./-]*"
_PAIR = re.compile(rf"""(?<![\w./-])(["']?)({_NAME})\1[ \t]*[=:](?!=)[ \t]*""", re.ASCII)
_COLOUR = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_LINE_END = re.compile(rb"[\r\n]")
_LONGEST_LINE_BYTES = 1 << 16
_LONGEST_QUOTE = 200


def is_printable(name: str) -> bool:
    """Tell whether a metric of this name can be read from output.

    >>> is_printable("val/acc-1"), is_printable("val loss"), is_printable("acc@1")
    (True, False, False)
    """
    return re.fullmatch(_NAME, name, re.ASCII) is not None


class PrintedMetrics:
    r"""Finds metrics in a stream of output; the last value of each name counts.

    Scripts print their settings, too, and these are no metrics. Three things are not read: the arguments of a call,
    such as `Namespace(mse=0.0)`; a dictionary that repeats a parameter of the trial, with its value; and a parameter
    that is repeated by itself. A name in `options` is ambiguous: where parameters are repeated, its first value is
    taken for the option's.

    Lines longer than 64 kB are skipped, so that memory stays bounded.

    Args:
        parameters: The trial's parameters.
        options: The metrics that share their name with an option of the script.

    >>> printed = PrintedMetrics({"lr": 0.001})
    >>> printed.feed(b"Namespace(lr=0.001, val_mse=9.0)\nepoch 1: val_mse=0.")
    >>> printed.feed(b"31 (lr: 1e-3)\n")
    >>> printed.values()
    {'val_mse': 0.31}
    """

    def __init__(self, parameters: Mapping[str, Value] | None = None, options: Collection[str] = ()) -> None:
        self._settings: dict[str, list[re.Pattern[str] | float]] = {}
        for name, value in (parameters or {}).items():
            self._settings.setdefault(_last_part(name), []).extend(_ways_to_write(value))
        self._options = frozenset(options)
        self._values: dict[str, float] = {}
        self._unread: dict[str, str] = {}
        self._times: Counter[str] = Counter()
        self._repeats_parameters = False
        self._blocks = Blocks()
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Scan the next piece of output, of any size."""
        lines = _LINE_END.split(data)
        lines[0] = self._rest + lines[0]
        if self._skipping and len(lines) > 1:
            lines[0], self._skipping = b"", False
        self._rest = lines.pop()
        for line in lines:
            self._scan(line)
        if self._skipping or len(self._rest) > _LONGEST_LINE_BYTES:
            self._rest, self._skipping = b"", True

    def values(self) -> dict[str, float]:
        """Return the metrics so far, including those of an incomplete last line."""
        self._end()
        return {name: value for name, value in self._values.items() if not self._is_of_an_option(name)}

    def unread(self) -> dict[str, str]:
        """Return where a name without a value was printed: the text that could not be read as a metric."""
        values = self.values()
        unread = {name: text for name, text in self._unread.items() if name not in values}
        return {name: re.sub(r"[ \t\n]+", " ", text).strip() for name, text in unread.items()}

    def _end(self) -> None:
        self._scan(self._rest)
        self._rest = b""
        for text in self._blocks.end():
            self._read_plain(text, text)

    def _scan(self, data: bytes) -> None:
        if len(data) > _LONGEST_LINE_BYTES:
            return
        line = _COLOUR.sub(b"", data).decode(errors="replace")
        for kind, text in self._blocks.split(line):
            if kind == "plain":
                self._read_plain(text, line)
            elif kind == "call" or any(self._is_repeated(name, text, start) for name, start in _pairs(text)):
                for name, _ in _pairs(text):
                    self._note(name, text)
            else:
                for name, start in _pairs(text):
                    self._read(name, text, start, text)

    def _read_plain(self, text: str, line: str) -> None:
        for name, start in _pairs(text):
            if self._is_repeated(name, text, start):
                self._repeats_parameters = True
                self._note(name, line)
            elif self._read(name, text, start, line) and name in self._options:
                self._times[name] += 1
                self._note(name, line)

    def _read(self, name: str, text: str, start: int, line: str) -> bool:
        """Read the number at a position, and return whether there is one."""
        number = number_at(text, start)
        if number is not None and (name in self._values or len(self._values) < MAX_METRICS):
            self._values[name] = number
        elif number is None and is_numeric(text, start):
            # An earlier value is not the last one.
            self._values.pop(name, None)
            self._note(name, line)
        return number is not None

    def _note(self, name: str, text: str) -> None:
        if name in self._unread or len(self._unread) < MAX_METRICS:
            self._unread[name] = text[:_LONGEST_QUOTE]

    def _is_repeated(self, name: str, text: str, start: int) -> bool:
        """Tell whether the value at a position is that of the parameter of the same name."""
        return any(
            way.match(text, start) is not None if isinstance(way, re.Pattern) else way == number_at(text, start)
            for way in self._settings.get(_last_part(name), ())
        )

    def _is_of_an_option(self, name: str) -> bool:
        return self._repeats_parameters and self._times[name] == 1


def _pairs(text: str) -> list[tuple[str, int]]:
    """Return each name before a `=` or `:` with the position after it."""
    return [(match[2], match.end()) for match in _PAIR.finditer(text)] if "=" in text or ":" in text else []


def _last_part(name: str) -> str:
    return name.rpartition(".")[2].replace("-", "_").lower()


def _ways_to_write(value: Value) -> list[re.Pattern[str] | float]:
    """Return the ways in which a script prints a parameter: as a number in any notation, and as text."""
    texts = {str(value), repr(value), json.dumps(value, default=str)} - {""}
    ways: list[re.Pattern[str] | float] = [re.compile(rf"{re.escape(text)}(?![\w.])") for text in texts]
    if isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            ways.append(float(value))
    return ways
