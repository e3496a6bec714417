"""Reports of a running trial: intermediate metrics by step."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload


@dataclass(frozen=True)
class Report:
    """Intermediate metrics of a running trial at one step (an epoch, an iteration, a rung)."""

    step: int
    metrics: Mapping[str, float]


class Reports(Sequence[Report]):
    """A trial's reports in order, immutable: the first ones of a `ReportLog`, which may grow meanwhile.

    >>> reports = ReportLog([Report(1, {"loss": 0.5}), Report(2, {"loss": 0.4, "accuracy": 0.8})]).reports
    >>> reports[-1].step, reports.curve("loss")
    (2, [(1, 0.5), (2, 0.4)])
    """

    __slots__ = ("_length", "_log")

    def __init__(self, log: ReportLog | None = None) -> None:
        self._log = ReportLog() if log is None else log
        self._length = len(self._log)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Report: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Report]: ...
    def __getitem__(self, index: int | slice) -> Report | Sequence[Report]:
        chosen = range(self._length)[index]
        return self._log[chosen] if isinstance(chosen, int) else tuple(map(self._log.__getitem__, chosen))

    def __iter__(self) -> Iterator[Report]:
        return map(self._log.__getitem__, range(self._length))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # As `Report`, whose metrics are a dictionary.

    def __repr__(self) -> str:
        return f"<{self._length} reports>"

    @property
    def steps(self) -> list[int]:
        """The step of each report."""
        return self._log.steps[: self._length]

    @property
    def names(self) -> list[str]:
        """The names of all metrics, in the order in which they were first reported."""
        return list(dict.fromkeys(name for names in dict.fromkeys(self._log.names[: self._length]) for name in names))

    def curve(self, name: str, most: int | None = None) -> list[tuple[int, float]]:
        """Return the steps and values of a metric, without the reports that lack it.

        Args:
            name: The metric.
            most: Read at most about this many reports, evenly spaced, the first and the last among them; None reads
                all.
        """
        log = self._log
        return [
            (log.steps[index], log.values[log.starts[index] + names.index(name)])
            for index in self._indices(most)
            if name in (names := log.names[index])
        ]

    def sample(self, most: int) -> list[Report]:
        """Return at most about this many reports, evenly spaced, the first and the last among them."""
        return [self._log[index] for index in self._indices(most)]

    def _indices(self, most: int | None) -> list[int]:
        stride = 1 if most is None else max(1, math.ceil(self._length / most))
        indices = list(range(0, self._length, stride))
        if indices and indices[-1] != self._length - 1:
            indices.append(self._length - 1)
        return indices


class ReportLog:
    """Collects a trial's reports, in columns: a report takes constant time and some 70 bytes.

    Args:
        reports: The first ones.

    Attributes:
        steps: The step of each report.
        names: The names of each report's metrics.
        starts: The index of each report's first value.
        values: The values of all metrics.
    """

    def __init__(self, reports: Iterable[Report] = ()) -> None:
        self.steps: list[int] = []
        self.names: list[tuple[str, ...]] = []
        self.starts = array("q")
        self.values = array("d")
        for report in reports:
            self.append(report)

    def append(self, report: Report) -> None:
        """Add a report."""
        names = tuple(report.metrics)
        if self.names and self.names[-1] == names:
            names = self.names[-1]  # Share one tuple instead of a million equal ones.
        self.starts.append(len(self.values))
        self.values.extend(report.metrics.values())
        self.names.append(names)
        self.steps.append(report.step)

    @property
    def reports(self) -> Reports:
        """All reports so far."""
        return Reports(self)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Report:
        names, start = self.names[index], self.starts[index]
        values = self.values[start : start + len(names)]
        # One object for NaN, as in `math.nan`: equal reports then compare equal.
        return Report(self.steps[index], {n: v if v == v else math.nan for n, v in zip(names, values, strict=True)})
