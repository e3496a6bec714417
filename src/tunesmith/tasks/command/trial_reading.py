"""What a trial's script shows, as its study reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from ...core.trial import Reporter, Value
from .final_metrics import final_metrics
from .metrics_file import MetricsFile, is_text
from .metrics_table import SUFFIXES, MetricsTable
from .metrics_text import MetricsText
from .options import CommandOptions
from .printed_metrics import PrintedMetrics
from .printed_pattern import MetricPattern
from .trial_reports import TrialReports


class TrialReading:
    """Reads reports and metrics from a script's output, its files, and what it logs with a library.

    Args:
        options: The task's options.
        folder: The trial's folder.
        parameters: Its parameters.
        ambiguous: The metrics that share their name with an option of the script.
        words: The words of its command, which may name the method that it trains.
        report: Called with each report; may raise `TrialPruned`.
    """

    def __init__(
        self,
        options: CommandOptions,
        folder: Path,
        parameters: Mapping[str, Value],
        ambiguous: Collection[str],
        words: Sequence[str],
        report: Reporter,
    ) -> None:
        self._options = options
        self._folder = folder
        expression = options.metric_pattern
        pattern = None if expression is None else MetricPattern(expression, options.wanted)

        def begin() -> PrintedMetrics:
            return PrintedMetrics(parameters, ambiguous, wanted=options.wanted, pattern=pattern, chosen=words)

        self._printed = begin()
        self._file = _metrics_file(options, folder, begin)
        self._reports = TrialReports(folder, options.metric, printed=self._printed, file=self._file, report=report)

    def feed(self, output: bytes) -> None:
        """Read the next piece of output, of any size."""
        self._printed.feed(output)

    def poll(self) -> None:
        """Forward new reports.

        Raises:
            TrialPruned: `report` raised it.
        """
        self._reports.poll()

    def metrics(self) -> dict[str, float]:
        """Forward the last reports, and return the metrics of a command that has ended.

        Raises:
            TrialFailed: One is missing or no finite number.
        """
        self._reports.end()
        metrics = final_metrics(
            self._folder,
            self._options.metrics,
            self._options.wanted,
            printed=self._printed,
            file=self._file,
            logged=self._reports.logged,
        )
        for complaint in self._reports.complaints:
            print(f"[tunesmith: {complaint}]")
        return metrics


def _metrics_file(options: CommandOptions, folder: Path, begin: Callable[[], PrintedMetrics]) -> MetricsFile | None:
    """Return the file that metrics are read from while it grows, or None if there is none."""
    if options.metrics is None:
        return None
    if is_text(options.metrics):
        return MetricsText(folder / options.metrics, begin)
    is_table = Path(options.metrics).suffix.lower() in SUFFIXES
    return MetricsTable(folder / options.metrics, options.wanted) if is_table else None
