"""A trial's reports, from wherever its script leaves them."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from ...core.reports import Report
from ...core.trial import Reporter
from ...errors import TrialPruned
from ...trial_folder.names import HEARD_FILE
from ...trial_folder.reports import ReportsTail, append_report
from .metrics_file import MetricsFile
from .printed_metrics import PrintedMetrics

_PRINTED, _LOGGED, _FILE, _OWN = range(4)
"""The sources of reports, the least certain first."""


class TrialReports:
    """Gathers the reports of a script, one source at a time, so that nothing is reported twice.

    The script's own lines in `reports.jsonl` come first, then the file that its metrics are read from, then
    what it logs with a library, then what it prints. All but the first are added to `reports.jsonl`.

    Args:
        folder: The trial's folder.
        metric: The objective's first metric: only a report with it decides the source.
        printed: The script's output.
        file: The table or text that its metrics are read from, if they are.
        report: Called with each report; may raise `TrialPruned`.

    Attributes:
        logged: The last values that the script logged with a library, or reported itself.
    """

    def __init__(
        self,
        folder: Path,
        metric: str,
        *,
        printed: PrintedMetrics,
        file: MetricsFile | None,
        report: Reporter,
    ) -> None:
        self.logged: dict[str, float] = {}
        self._folder = folder
        self._metric = metric
        self._printed = printed
        self._file = file
        self._report = report
        self._own = ReportsTail(folder)
        self._heard = ReportsTail(folder, HEARD_FILE)
        self._heard_steps: dict[str, int] = {}
        self._best = _PRINTED
        self._added: deque[str] = deque()
        self._waiting: list[Report] = []

    def poll(self) -> None:
        """Forward what is new.

        Raises:
            TrialPruned: `report` raised it.
        """
        self._forward_own()
        if self._file is not None:
            self._forward(_FILE, self._file.new())
        self._forward_heard()
        # A script often logs what it has just printed, and says more by it.
        ready, self._waiting = self._waiting, self._printed.reports()
        self._forward(_PRINTED, ready)

    def end(self) -> None:
        """Forward the rest. It is too late to be pruned: a measurement is worth more."""
        with contextlib.suppress(TrialPruned):
            self.poll()
            if self._file is not None:
                self._forward(_FILE, self._file.end())
            self._forward(_PRINTED, [*self._waiting, *self._printed.last_reports()])

    @property
    def complaints(self) -> list[str]:
        """What is wrong with the script's own reports."""
        complaints = []
        if self._own.garbage is not None:
            must = "a line of reports.jsonl must be a JSON object with a whole number as step"
            complaints.append(f"{must}, got {self._own.garbage!r}")
        if self._own.left_out:
            complaints.append(f"a value in reports.jsonl is left out: {self._own.left_out}")
        return complaints

    def _forward_own(self) -> None:
        for report in self._own.new():
            if self._added and self._added[0] == repr(report):
                self._added.popleft()
                continue
            self.logged |= report.metrics
            if self._metric in report.metrics:
                self._best = _OWN
            self._report(report.step, report.metrics)

    def _forward_heard(self) -> None:
        new = []
        for report in self._heard.new():
            self.logged |= report.metrics
            # Otherwise a later value of the same step, or another process of the same training.
            metrics = {name: v for name, v in report.metrics.items() if report.step > self._heard_steps.get(name, -1)}
            self._heard_steps |= dict.fromkeys(metrics, report.step)
            if metrics:
                new.append(Report(report.step, metrics))
        self._forward(_LOGGED, new)

    def _forward(self, source: int, reports: Sequence[Report]) -> None:
        for report in reports:
            if source < self._best:
                return
            if self._metric in report.metrics:
                self._best = source
            with contextlib.suppress(OSError):
                append_report(self._folder, report.step, report.metrics)
                self._added.append(repr(report))
            self._report(report.step, report.metrics)
