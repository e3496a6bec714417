"""What an executor must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ..core.trial import Measurement, TrialRequest
from ..tasks.base import Task

OnReport = Callable[[int, int, int, Mapping[str, float]], None]
"""Called with a trial's number, its attempt, a step and metrics, from any thread.

An executor that runs trials in the study's own process lets `TrialPruned` through from it.
"""


@dataclass(frozen=True)
class Capabilities:
    """What an executor can do; what it cannot is refused beforehand, never ignored.

    Args:
        slots: How many trials run at once.
        stops: Whether a running trial can be stopped from outside: limits of time and memory, Ctrl-C.
    """

    slots: int
    stops: bool


class Executor(Protocol):
    """Runs trials somewhere. A context manager: on leaving, no process of a trial is left."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def open(self, on_report: OnReport) -> None:
        """Get ready to run trials; `on_report` hears what they report."""
        ...

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Start one trial.

        Returns:
            A future of its measurement. It raises `TrialFailed` where the trial failed by itself or by a limit,
            `TrialLost` where its process vanished, `TrialPruned` where it ended by its own `trial.report`.
        """
        ...

    def stop(self, number: int) -> None:
        """Ask a running trial to stop: first kindly, then by force. Its future settles soon after."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
