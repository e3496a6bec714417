"""Reports of a script that only prints: the objective's values on the way, each with its step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...core.reports import Report
from ...in_script.steps import Steps, Thinning
from .printed_counters import Counters

_MOST_VALUES = 50


class _Value(NamedTuple):
    metric: str
    metrics: dict[str, float]
    epoch: float | None
    step: float | None
    position: int | None


class PrintedReports:
    """Turns the lines of a script's output into reports.

    A progress bar shows a metric many times in an epoch; the last one counts, and is known once the next epoch begins.

    >>> reports = PrintedReports()
    >>> for epoch in (1, 2):
    ...     reports.add(Counters(epoch=epoch), {}, None)
    ...     reports.add(Counters(position=1, length=2), {"loss": 0.9}, "loss")
    ...     reports.add(Counters(position=2, length=2), {"loss": 0.5 / epoch}, "loss")
    >>> reports.new()
    [Report(step=1, metrics={'loss': 0.5}), Report(step=2, metrics={'loss': 0.25})]
    """

    def __init__(self) -> None:
        self._steps: dict[str, Steps] = {}
        self._thinnings: dict[str, Thinning] = {}
        self._latest: dict[str, float] = {}
        self._epoch: float | None = None
        self._step: float | None = None
        self._held: _Value | None = None
        self._new: list[Report] = []

    def add(
        self, counters: Counters, metrics: Mapping[str, float], metric: str | None, *, is_overwritten: bool = False
    ) -> None:
        """Add a line.

        Args:
            counters: The counters in it.
            metrics: The metrics in it.
            metric: The one that makes it a report; None if it is none.
            is_overwritten: Whether the next line is printed over it, as those of a progress bar are.
        """
        if counters.epoch is not None and counters.epoch != self._epoch:
            self._release()
            self._epoch = counters.epoch
        if counters.step is not None:
            self._step = counters.step
        if metric is None:
            return
        kept = dict(list(metrics.items())[:_MOST_VALUES]) | {metric: metrics[metric]}
        value = _Value(metric, kept, self._epoch, self._step, counters.position)
        is_within = counters.position is not None and counters.position < (counters.length or 0)
        if self._epoch is not None and counters.step is None and (is_overwritten or is_within):
            self._held = value
        else:
            self._held = None
            self._report(value)

    def new(self) -> list[Report]:
        """Return the reports since the last call."""
        reports, self._new = self._new, []
        return reports

    def end(self) -> None:
        """Report what waited for the next epoch: there is none."""
        self._release()

    def kind(self, metric: str) -> str | None:
        """Return what counted a metric's values, see `Steps.kind`; None if there was none."""
        return self._steps[metric].kind if metric in self._steps else None

    def _release(self) -> None:
        value, self._held = self._held, None
        if value is not None:
            self._report(value)

    def _report(self, value: _Value) -> None:
        metric = value.metric
        steps = self._steps.setdefault(metric, Steps())
        by_position = value.epoch is None and value.step is None and value.position is not None
        if by_position and self._latest.get(metric) == value.metrics[metric]:
            return  # A progress bar repeats it.
        self._latest[metric] = value.metrics[metric]
        step = steps.next(epoch=value.epoch, step=value.step, progress=value.position)
        if step is not None and self._thinnings.setdefault(metric, Thinning()).keeps():
            self._new.append(Report(step, value.metrics))
