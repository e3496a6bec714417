"""Trials on this machine, each in a process tree of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from ...core.schema import LONGEST_SECONDS, check_types, expect_environment, expect_range
from ...core.trial import Measurement, OnReport, TrialRequest
from ...core.values import shown
from ...errors import InputError
from ...execution.evaluation import recover_from_folder
from ...execution.leftovers import sweep
from ...execution.portable import PortableTask
from ...tasks.base import Task
from ..base import Capabilities
from .environment import find_gpus, gpu_variables, thread_variables
from .slot import Slot

_LEAST_LOG_BYTES = 10_000
_MOST_SLOTS = 10_000
_LEEWAY_SECONDS = 3.0


@dataclass
class _State:
    slots: list[Slot] = field(default_factory=list)
    on_report: OnReport | None = None
    task: PortableTask | None = None


@dataclass(frozen=True, kw_only=True)
class ProcessExecutor:
    """Runs several trials at once on this machine.

    Each trial is a process in a session of its own, supervised by a worker. If a trial crashes, hangs, uses too much
    memory or leaves processes behind, the study and the other trials continue. However the study ends, no process of a
    trial is left.

    Args:
        slots: The number of trials that run at once.
        gpus: GPUs that trials may use, by index or name. None or `"auto"` finds them (CUDA_VISIBLE_DEVICES, else
            nvidia-smi) and changes nothing if there are none; an empty list hides them.
        gpus_per_trial: The number of GPUs for each trial. If there are too few, trials share them.
        threads_per_trial: Threads of numerical libraries for each trial. None divides the cores evenly, unless the
            environment has OMP_NUM_THREADS and similar variables, which are then kept.
        grace_seconds: How long a trial may take to end after it was asked to, before it is killed.
        preload: Import the user's code once for each slot, and fork trials from there: they start in milliseconds.
            Turn it off for code that starts threads or processes, or uses a GPU, when it is imported.
            None means yes on Linux, no elsewhere. `"first"` means yes, before the first trial: for code that is known
            to import without harm. Otherwise the first trial of each slot imports it for itself.
        log_bytes: The largest `log.txt`; beyond that, the beginning and the end are kept.
        environment: Variables to set for every trial.

    >>> ProcessExecutor(slots=4).capabilities.slots
    4
    """

    slots: int = 1
    gpus: list[int | str] | str | None = None
    gpus_per_trial: int = 1
    threads_per_trial: int | None = None
    grace_seconds: float = 5.0
    preload: bool | Literal["first"] | None = None
    log_bytes: int = 8_000_000
    environment: Mapping[str, str] = field(default_factory=dict)
    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_types(self)
        expect_range(self, "slots", 1, _MOST_SLOTS)
        expect_range(self, "gpus_per_trial", 1)
        expect_range(self, "threads_per_trial", 1)
        expect_range(self, "log_bytes", _LEAST_LOG_BYTES)
        gpus = self.gpus if isinstance(self.gpus, list | tuple) else [self.gpus or "auto"]
        if not all(type(gpu) is str or (type(gpu) is int and gpu >= 0) for gpu in gpus):
            raise InputError(
                f"gpus must be a list of indices and names, or 'auto', got {shown(self.gpus)}.", keys=("gpus",)
            )
        expect_range(self, "grace_seconds", 0, LONGEST_SECONDS)
        expect_environment(self.environment, "environment")
        if isinstance(self.gpus, list | tuple) and 0 < len(self.gpus) < self.gpus_per_trial:
            raise InputError(
                f"gpus_per_trial must be at most the number of GPUs, but it is {self.gpus_per_trial} and gpus is "
                f"{self.gpus}. Lower it, or add GPUs.",
                keys=("gpus_per_trial",),
            )

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(slots=self.slots, can_stop=True, enforces=frozenset({"seconds", "memory"}))

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Get ready to run trials; no process is started before the first trial.

        Args:
            on_report: Called from other threads; see `Executor.open`.
            folder: The study's folder; processes that trials of an earlier session left are killed.
        """
        self._state.on_report = on_report
        if folder is not None:
            sweep(folder)

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Start a trial.

        Args:
            task: The task.
            request: The trial.

        Returns:
            A future of its measurement; see `Executor.submit`. The slot is free before the future settles.

        Raises:
            InputError: The task cannot be pickled.
            RuntimeError: The executor is not open, or every slot is busy.
        """
        state = self._state
        if state.on_report is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        if not state.slots:
            state.slots.extend(self._make_slots())
        free = [slot for slot in state.slots if slot.trial is None]
        if not free:
            raise RuntimeError(f"all {self.slots} slots are busy.")
        slot = next((slot for slot in free if slot.has_worker), free[0])
        state.task = PortableTask.of(task, state.task)
        return slot.run(state.task.pickled, replace(request, grace_seconds=self.grace_seconds))

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Settle an attempt from its folder; see `Executor.recover`. Its processes ended with the session."""
        return recover_from_folder(request, self._on_report)

    def stop(self, number: int) -> None:
        """Ask a running trial to stop; a number that is not running is ignored.

        Its next `trial.report` raises `TrialPruned`, and a command gets SIGTERM. After the grace all its processes get
        SIGTERM, and after the grace once more SIGKILL.
        """
        for slot in self._state.slots:
            slot.stop("pruned", number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        slots = list(self._state.slots)
        self._state.slots.clear()
        for slot in slots:
            slot.stop("study ended")
        _close_all(slots, self.grace_seconds + _LEEWAY_SECONDS)

    def _make_slots(self) -> list[Slot]:
        options: dict[str, Any] = {
            "grace_seconds": self.grace_seconds,
            "log_bytes": self.log_bytes,
            "preload": sys.platform == "linux" if self.preload is None else self.preload,
        }
        gpus = self._find_gpus()
        threads = thread_variables(self.threads_per_trial, self.slots)
        variables = [threads | gpu_variables(index, gpus, self.gpus_per_trial) for index in range(self.slots)]
        return [Slot({**of_slot, **self.environment}, options, self._on_report) for of_slot in variables]

    def _on_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        if self._state.on_report is not None:
            self._state.on_report(number, attempt, step, metrics)

    def _find_gpus(self) -> list[str] | None:
        if isinstance(self.gpus, list | tuple):
            return [str(gpu) for gpu in self.gpus]
        if self.gpus is not None and self.gpus != "auto":
            return [name.strip() for name in self.gpus.split(",") if name.strip()]
        return find_gpus() or None


def _close_all(slots: list[Slot], seconds: float) -> None:
    """Close every slot, even if a second Ctrl-C interrupts the wait for one of them."""
    if not slots:
        return
    try:
        slots[0].close(seconds)
    except BaseException:
        seconds = 0.0
        raise
    finally:
        _close_all(slots[1:], seconds)
