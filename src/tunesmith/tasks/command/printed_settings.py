"""Settings that a script prints: the parameters of its trial, which are no metrics."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping

from ...core.trial import Value
from ...in_script.metric_names import metric_words
from .printed_names import Named
from .printed_numbers import number_at

_MOST_NAMES = 4096


class PrintedSettings:
    """Tells whether a script prints a parameter of its trial with its value.

    Args:
        parameters: The trial's parameters.

    >>> PrintedSettings({"optim.lr": 0.001}).repeats(Named(("lr",), 3, has_sign=True), "lr=1e-3")
    True
    """

    def __init__(self, parameters: Mapping[str, Value]) -> None:
        self._ways: dict[tuple[str, ...], list[re.Pattern[str] | float]] = {}
        self._names: dict[tuple[str, ...], list[re.Pattern[str] | float]] = {}
        for name, value in parameters.items():
            self._ways.setdefault(metric_words(_last_part(name)), []).extend(_ways_to_write(value))

    def repeats(self, named: Named, text: str) -> bool:
        """Tell whether the value at a position is that of the parameter of the same name."""
        ways = self._names.get(named.words)
        if ways is None:
            ways = self._ways_of(named.words)
            if len(self._names) < _MOST_NAMES:
                self._names[named.words] = ways
        return any(
            way.match(text, named.start) is not None
            if isinstance(way, re.Pattern)
            else way == number_at(text, named.start)
            for way in ways
        )

    def _ways_of(self, printed: tuple[str, ...]) -> list[re.Pattern[str] | float]:
        """Return the ways to write each parameter that a name may stand for: `size`, and `batch size`."""
        names = {metric_words(_last_part(printed[-1]))}
        names.update(metric_words(" ".join(printed[first:])) for first in range(len(printed) - 1))
        return [way for name in names for way in self._ways.get(name, ())]


def _last_part(name: str) -> str:
    return name.rpartition(".")[2]


def _ways_to_write(value: Value) -> list[re.Pattern[str] | float]:
    """Return the ways in which a script prints a parameter: as a number in any notation, and as text."""
    texts = {str(value), repr(value), json.dumps(value, default=str)} - {""}
    ways: list[re.Pattern[str] | float] = [re.compile(rf"{re.escape(text)}(?![\w.])") for text in texts]
    if isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            ways.append(float(value))
    return ways
