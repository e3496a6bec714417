"""The protocol of an executor."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, runtime_checkable

from ..core.trial import Measurement, OnReport, TrialRequest
from ..tasks.base import Task

Reports = Literal["live", "at_end", "none"]
Limit = Literal["seconds", "memory"]
SHARE_OF_FOLLOWING = 0.1
"""The most of a core that following reports in folders may take: after a slow look the next one waits longer."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an executor can do. A study that needs more is refused before it starts.

    Args:
        slots: The number of trials that run at once.
        in_process: Whether `submit` runs the trial itself and returns once it has ended. Reports then arrive in the
            calling thread, and Ctrl-C interrupts the trial.
        can_stop: Whether `stop` ends any trial soon, whatever it does. Without it, a pruned trial occupies its slot
            until it ends, and the end of a study leaves running trials to the next session's `recover`.
        reports: When a trial's reports arrive: `live`, `at_end` (all together, just before its future settles), or
            `none`. A pruner needs `live`.
        enforces: The limits that it enforces: `seconds` (`seconds_per_trial`), `memory` (`memory_gb`).
        shared_folder: Whether a trial's process sees the study's folder. Without it, files travel with the trial.
        outlives_session: Whether a trial goes on if the study is interrupted or killed, and `recover` attaches to it.
            On exit such an executor leaves its trials alone; `stop` ends them one by one. It notes who has a trial with
            `trial_folder.handed.note_handed`, so that nobody thinks that it was lost.
        on_this_machine: Whether trials take cores and memory of the study's machine.
    """

    slots: int
    in_process: bool = False
    can_stop: bool = False
    reports: Reports = "live"
    enforces: frozenset[Limit] = frozenset()
    shared_folder: bool = True
    outlives_session: bool = False
    on_this_machine: bool = True


class Executor(Protocol):
    """Runs trials. A context manager, which may be entered again.

    On exit it stops all trials that it can stop, unless they outlive the session.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; known before it is opened."""
        ...

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Get ready to run trials.

        Args:
            on_report: Called for each report of a trial in order, and always before that trial's future settles.
            folder: The study's folder, owned by this process; what trials of earlier sessions left running here is
                ended, unless `recover` can attach to it. None if other processes may be running trials there.
        """
        ...

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Start a trial.

        Returns:
            A future of its measurement. It raises `TrialFailed` if the trial failed, of kind `lost` if its process
            vanished, and `TrialPruned` if it ended because `trial.report` or `stop` asked it to.
        """
        ...

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Take over an attempt that an earlier session started and whose end it has not recorded.

        Returns:
            A future as from `submit`, settled if the trial has ended in the meantime. Every report is repeated, from
            the first one; the study ignores those it knows. None if the attempt is lost, and the trial waits again.
        """
        ...

    def stop(self, number: int) -> None:
        """Ask a running trial to end, politely first and then by force; its future settles soon after.

        An executor that cannot stop trials does what it can: it withdraws a trial that has not started, or leaves
        a note for `trial.report`. A number that is not running is ignored.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class Queued(Protocol):
    """An executor that can tell which of its trials wait for their turn."""

    def waiting(self, number: int) -> str | None:
        """Return why a trial has not begun, empty while that is not known; None if it runs, or is none of its own."""
        ...


def reason_to_wait(executor: Executor, number: int) -> str | None:
    """Return why a trial that was submitted has not begun; None if it runs, or nobody knows; see `Queued`."""
    return executor.waiting(number) if isinstance(executor, Queued) else None
