"""A user's own regular expression for metrics in a script's output: `metric_pattern`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...core.values import shown
from ...errors import InputError
from ...in_script.metric_names import WantedNames
from .printed_numbers import number_at

_STEP, _VALUE = "step", "value"


class MetricPattern:
    r"""Reads metrics from lines by a regular expression.

    A group with the name of a metric is that metric's value; the group `value`, or the first one without a name, is
    that of the objective's first metric. The group `step` counts.

    Args:
        pattern: The regular expression.
        metrics: The objective's metrics, the first one first, and further ones that every trial returns.

    Raises:
        InputError: It is no regular expression, or it has no group.

    >>> pattern = MetricPattern(r"MAE of fold (?P<step>\d+) is ([\d.]+)", ["mae"])
    >>> list(pattern.read("the MAE of fold 2 is 0.31 eV"))
    [('mae', 0.31, '0.31', 2.0)]
    """

    def __init__(self, pattern: str, metrics: Sequence[str]) -> None:
        try:
            self._expression = re.compile(pattern)
        except re.error as error:
            message = f"metric_pattern must be a regular expression, got {shown(pattern)}: {error}."
            raise InputError(message, keys=("metric_pattern",)) from None
        wanted = WantedNames(tuple(metrics))
        named = {index: name for name, index in self._expression.groupindex.items()}
        self._groups: dict[str, int] = {}
        for index in range(1, self._expression.groups + 1):
            name = named.get(index, _VALUE if _VALUE not in named.values() else "")
            metric = metrics[0] if name == _VALUE else wanted.find(name) or name
            if metric and name != _STEP:
                self._groups.setdefault(metric, index)
        if not self._groups:
            raise InputError(
                f"metric_pattern must have a group around the metric's value, got {shown(pattern)}. Write for example "
                r"'MAE is (\S+)'.",
                keys=("metric_pattern",),
            )
        self._has_step = _STEP in self._expression.groupindex

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that it reads."""
        return tuple(self._groups)

    def read(self, line: str) -> Iterator[tuple[str, float | None, str, float | None]]:
        """Yield each metric in a line with its value, its text, and the step; no value where the text is no number."""
        for match in self._expression.finditer(line):
            step = number_at(match[_STEP].strip(), 0) if self._has_step and match[_STEP] is not None else None
            for metric, index in self._groups.items():
                if match[index] is not None:
                    yield metric, number_at(match[index].strip(), 0), match[index], step
