"""The metrics in a sample of a script's output, for who writes its study."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...core.trial import Value
from .printed_counters import Counters, is_counter
from .printed_headings import heading_in
from .printed_metrics import PrintedMetrics
from .printed_reports import PrintedReports

_MOST_COUNTED = 200


@dataclass(frozen=True, kw_only=True)
class FoundMetric:
    """A metric that a script prints.

    Args:
        name: Its name as printed, which an objective can use as it is.
        value: The last value.
        line: The line of the last value.
        count: How many values there were.
        counted_by: What counts them: `"epoch"`, `"step"`, `"progress"` for a position in a loop, or `"count"` for the
            values themselves.
        heading: The heading right above that line, which may tell the data.
        first: The first value.
        is_of_column: Whether the name does not tell what is measured, as in `MethodCell`.
        measures: What is measured, as in `MethodCell`.
    """

    name: str
    value: float
    line: str
    count: int
    counted_by: str
    heading: str = ""
    first: float | None = None
    is_of_column: bool = False
    measures: str = ""


def found_metrics(
    output: str | bytes, parameters: Mapping[str, Value] | None = None, chosen: Collection[str] = ()
) -> list[FoundMetric]:
    r"""Return the metrics in a script's output, in the order in which they came first.

    Any number with a name is one: see `core.metric_words` for those that look like metrics. Settings and what counts
    epochs or steps are left out.

    Args:
        output: What the script printed.
        parameters: The values of its options, which it may print, too.
        chosen: Names that its command chooses, as in `PrintedMetrics`.

    >>> for metric in found_metrics("Epoch 1: val_loss=0.5 acc 0.7\nEpoch 2: val_loss=0.4 acc 0.8\ndone in 3 s"):
    ...     print(metric.name, metric.value, metric.count, metric.counted_by, metric.line)
    val_loss 0.4 2 epoch Epoch 2: val_loss=0.4 acc 0.8
    acc 0.8 2 epoch Epoch 2: val_loss=0.4 acc 0.8
    """
    counts = _Counts()
    sample = PrintedMetrics(parameters, chosen=chosen, on_line=counts.add)
    sample.feed(output.encode(errors="replace") if isinstance(output, str) else output)
    return [
        FoundMetric(
            name=name,
            value=reading.value,
            line=reading.line.strip(),
            count=reading.count,
            counted_by=counts.counted_by(name),
            heading=heading_in(reading.above),
            first=reading.first,
            is_of_column=reading.is_of_column,
            measures=reading.measures,
        )
        for name, reading in sample.readings().items()
        if reading.value is not None and not is_counter(name)
    ]


class _Counts:
    """What counts the values of every metric, not only of those that a study needs."""

    def __init__(self) -> None:
        self._reports_of: dict[str, PrintedReports] = {}
        self._counters = Counters()

    def add(self, counters: Counters, line: Mapping[str, float], is_overwritten: bool) -> None:
        """Add a line of output."""
        for name in line:
            if name not in self._reports_of and len(self._reports_of) < _MOST_COUNTED:
                self._reports_of[name] = PrintedReports()
                self._reports_of[name].add(self._counters, {}, None)
        if counters.epoch is not None:
            self._counters = self._counters._replace(epoch=counters.epoch)
        if counters.step is not None:
            self._counters = self._counters._replace(step=counters.step)
        for name, reports in self._reports_of.items() if line or any(counters) else ():
            reports.add(counters, line, name if name in line else None, is_overwritten=is_overwritten)
            reports.new()

    def counted_by(self, name: str) -> str:
        """Return what counts a metric's values, as in `FoundMetric`."""
        reports = self._reports_of.get(name, PrintedReports())
        reports.end()
        return reports.kind(name) or "count"
