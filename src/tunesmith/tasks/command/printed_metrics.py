"""Metrics in a script's output: `val_mse=0.31` or `val_mse: 0.31`, anywhere on a line."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    rb"(?<![\w./-])([A-Za-z_][\w./-]*)[ \t]*[=:][ \t]*"
    rb"([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf(?:inity)?))(?![:\w]|\.\w)",
    re.IGNORECASE,
)
_COLOUR = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_LINE_END = re.compile(rb"[\r\n]")
_LONGEST_LINE_BYTES = 1 << 16
_MOST_NAMES = 1000


class PrintedMetrics:
    r"""Finds metrics in a stream of output; the last value of each name counts.

    Lines longer than 64 kB are skipped, so that memory stays bounded.

    >>> printed = PrintedMetrics()
    >>> printed.feed(b"epoch 1: val_mse=0.")
    >>> printed.feed(b"31 (lr: 1e-3)\n")
    >>> printed.values()
    {'val_mse': 0.31, 'lr': 0.001}
    """

    def __init__(self) -> None:
        self._values: dict[str, float] = {}
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
        self._scan(self._rest)
        return dict(self._values)

    def _scan(self, line: bytes) -> None:
        if len(line) > _LONGEST_LINE_BYTES or (b"=" not in line and b":" not in line):
            return
        for name, number in _TOKEN.findall(_COLOUR.sub(b"", line)):
            key = name.decode("ascii", errors="replace")
            if key in self._values or len(self._values) < _MOST_NAMES:
                self._values[key] = float(number)
