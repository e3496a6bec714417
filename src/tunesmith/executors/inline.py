"""Trials in the study's own process, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from ..core.trial import Measurement, OnReport, TrialRequest
from ..execution.evaluation import recover_from_folder, run_trial, settle
from ..execution.leftovers import sweep
from ..tasks.base import Task
from .base import Capabilities


@dataclass
class _State:
    on_report: OnReport | None = None


@dataclass(frozen=True, kw_only=True)
class InlineExecutor:
    """Runs each trial at once in this process: fast and easy to debug, but not protected from what the trial does.

    Nothing can stop a trial from outside, and limits of time or memory are not enforced. Output goes to the log.

    >>> InlineExecutor().capabilities.in_process
    True
    """

    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(slots=1, in_process=True)

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Get ready; `on_report` is called from within `submit` and may raise `TrialPruned`."""
        self._state.on_report = on_report
        if folder is not None:
            sweep(folder)

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Run a trial to its end.

        Returns:
            A settled future; see `Executor.submit`.

        Raises:
            RuntimeError: The executor is not open.
            KeyboardInterrupt: Ctrl-C was pressed. The trial has no result.
        """
        if self._state.on_report is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        future: Future[Measurement] = Future()
        future.set_running_or_notify_cancel()
        report = partial(self._on_report, request.number, request.attempt)
        settle(future, run_trial(lambda: task, request, report))
        return future

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Settle an attempt from its folder; see `Executor.recover`."""
        return recover_from_folder(request, self._on_report)

    def stop(self, number: int) -> None:
        """Do nothing: `submit` returns only after the trial has ended."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def _on_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        assert self._state.on_report is not None
        self._state.on_report(number, attempt, step, metrics)
