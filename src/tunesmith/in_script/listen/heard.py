"""Writes logged metrics to a file, with their steps."""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import os
import threading
from typing import TYPE_CHECKING

from ..metric_names import WantedNames, metric_words
from ..steps import Steps, Thinning
from .ranks import is_first_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_COUNTERS = {("epoch",): "epoch", ("step",): "step", ("global", "step"): "step"}
_PREFIXES = ("train", "trainer")
"""Before a counter, in the names of Transformers and Lightning."""
_MOST_VALUES = 50
_LONGEST_NAME = 200


class Heard:
    """Appends what a script logs to a file.

    Where several libraries log the same metric, the first one counts, but a trainer before the trackers that it feeds.

    Args:
        path: The file.
        metrics: The metrics that the study needs; None for all.
        inherited: The variables of launchers in the trial's own environment.

    Attributes:
        trainer: A library whose trainer the script has made, which may log any metric yet; None if there is none.
    """

    def __init__(self, path: str, metrics: Sequence[str] | None, inherited: Mapping[str, str]) -> None:
        self.trainer: str | None = None
        self._path = path
        self._inherited = inherited
        self._wanted = None if metrics is None else WantedNames(tuple(metrics))
        self._lock = threading.RLock()
        self._steps: dict[str, Steps] = {}
        self._thinnings: dict[str, Thinning] = {}
        self._libraries: dict[tuple[str, ...], str] = {}
        self._unsure: dict[str, dict[str, float]] = {}
        self._unwritten: dict[str, str] = {}
        self._file: int | None = None
        self._process = 0
        atexit.register(self._end)

    def record(
        self, library: str, values: Mapping[Any, Any], *, epoch: float | None = None, step: float | None = None
    ) -> None:
        """Write down the values of one call, if one of them is needed.

        Args:
            library: The library that logs them.
            values: By name; tables of them may lie within.
            epoch: Their epoch, where it is known.
            step: The step that the call gives.
        """
        metrics: dict[str, float] = {}
        others: dict[str, float] = {}
        for name, value in _flat(values):
            counter = _counter(name)
            metric = name if self._wanted is None else self._wanted.find(name)
            if counter is None or (metric is not None and self._wanted is not None):
                number = _number(value, at_any_cost=metric is not None)
                if number is not None and len(name) <= _LONGEST_NAME:
                    (others if metric is None else metrics)[metric or name] = number
            elif counter == "epoch" and epoch is None:
                epoch = _number(value)
            elif counter == "step" and step is None:
                step = _number(value)
        if metrics and is_first_process(self._inherited):
            with self._lock:
                self._write_metrics(library, metrics, others, epoch, step)

    def _write_metrics(
        self,
        library: str,
        metrics: dict[str, float],
        others: dict[str, float],
        epoch: float | None,
        step: float | None,
    ) -> None:
        metrics = {name: value for name, value in metrics.items() if self._is_from(library, name, value)}
        if not metrics:
            return
        first = next(iter(metrics))
        steps = self._steps.setdefault(first, Steps())
        for name in metrics:
            earlier = self._unsure.pop(name, None)
            if earlier is not None and library != self.trainer:
                self._write(name, steps.next(), earlier)
        at = steps.next(epoch=epoch, step=step)
        whole = dict(list(others.items())[:_MOST_VALUES])
        whole.update(metrics)
        # A later value of the same step is no further report, but it is the last one.
        self._write(first, steps.step if at is None else at, whole)

    def _is_from(self, library: str, name: str, value: float) -> bool:
        """Tell whether a library is the one that a metric is heard from."""
        is_unsure = self.trainer not in (None, library) and metric_words(name) not in self._libraries
        if is_unsure and name not in self._unsure:
            self._unsure[name] = {name: value}  # The trainer may log it, too, a moment later.
            return False
        return self._libraries.setdefault(metric_words(name), library) == library

    def _write(self, metric: str, step: int | None, values: dict[str, float]) -> None:
        line = {"step": step}
        line.update(values)  # type: ignore[arg-type]
        text = json.dumps(line) + "\n"
        if self._thinnings.setdefault(metric, Thinning()).keeps():
            self._unwritten.pop(metric, None)
            self._append(text)
        else:
            self._unwritten[metric] = text

    def _append(self, text: str) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self._process = os.getpid()
        os.write(self._file, text.encode())  # A single write: lines of several processes do not mix.

    def _end(self) -> None:
        """Write the last values that were left out so far."""
        with contextlib.suppress(Exception), self._lock:
            if self._process not in (0, os.getpid()):
                return  # A fork of the process that has them.
            for name, values in self._unsure.items():
                self._write(name, self._steps.setdefault(name, Steps()).next(), values)
            for text in self._unwritten.values():
                self._append(text)


def _counter(name: str) -> str | None:
    """Return what a value counts, "epoch" or "step", or None if it is no counter."""
    parts = metric_words(name)
    return _COUNTERS.get(parts[1:] if parts and parts[0] in _PREFIXES else parts)


def _flat(values: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield values by name, those of tables within under both names."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < 2:
            yield from _flat(value, f"{name}/", depth + 1)
        else:
            yield name, value


def _number(value: Any, *, at_any_cost: bool = False) -> float | None:
    """Return a number as a float, or None if it is none.

    Args:
        value: A number, or an array or tensor of one element.
        at_any_cost: Whether to read a tensor, too, which may wait for a device.
    """
    if isinstance(value, (bool, str, bytes)):
        return None
    with contextlib.suppress(Exception):  # An array of several elements has no item.
        if hasattr(value, "item") and (at_any_cost or type(value).__module__ == "numpy"):
            value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
