"""Trials on this machine, each in a process tree of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import cloudpickle

from ...core.trial import Measurement, TrialRequest
from ...errors import InputError
from ...tasks.base import Task
from ..base import Capabilities, OnReport
from .environment import cores, find_gpus, variables_of
from .slot import Slot

_LEAST_LOG_BYTES = 10_000
_LEEWAY_SECONDS = 3.0


@dataclass
class _Crew:
    """What an executor has at work: its slots, and the task as it was last pickled."""

    slots: list[Slot] = field(default_factory=list)
    on_report: OnReport | None = None
    task: Task | None = None
    pickled: bytes = b""


@dataclass(frozen=True, kw_only=True)
class ProcessExecutor:
    """Runs several trials at once on this machine.

    Each trial is a process in a session of its own, watched over by a worker. Whatever a trial does (crash, hang, eat
    memory, leave processes behind), the study and the other trials go on; whatever happens to the study, no process
    of a trial is left.

    Args:
        slots: How many trials run at once.
        gpus: Which GPUs trials may use, by index or name. None or `"auto"` finds them (CUDA_VISIBLE_DEVICES, else
            nvidia-smi) and changes nothing where there are none; an empty list hides them.
        gpus_per_trial: How many each trial gets. Where there are too few, trials share them.
        threads_per_trial: Threads of numerical libraries for each trial; None shares the cores out evenly.
            OMP_NUM_THREADS and its kin stay where the user has set them.
        grace_seconds: How long a trial may take to end after being asked to, before it is killed.
        preload: Import the user's code once for each slot, and fork trials from there: they start in milliseconds.
            Turn it off for code that starts threads or processes, or touches a GPU, while it is imported.
            None means yes on Linux, no elsewhere.
        log_bytes: The largest `log.txt`; of more, the beginning and the end are kept.
        environment: Variables to set for every trial.

    >>> ProcessExecutor(slots=4).capabilities
    Capabilities(slots=4, stops=True)
    """

    slots: int = 1
    gpus: list[int | str] | str | None = None
    gpus_per_trial: int = 1
    threads_per_trial: int | None = None
    grace_seconds: float = 5.0
    preload: bool | None = None
    log_bytes: int = 8_000_000
    environment: Mapping[str, str] = field(default_factory=dict)
    _crew: _Crew = field(default_factory=_Crew, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        least = {"slots": 1, "gpus_per_trial": 1, "threads_per_trial": 1, "log_bytes": _LEAST_LOG_BYTES}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < bound):
                raise InputError(
                    f"{name} must be a whole number of at least {bound}, but {value!r} was given.", keys=(name,)
                )
        if not 0 <= self.grace_seconds < float("inf"):
            raise InputError(
                f"grace_seconds must be a number from 0, but {self.grace_seconds!r} was given.", keys=("grace_seconds",)
            )
        for name, text in self.environment.items():
            if not isinstance(text, str) or not name or "=" in name or "\0" in name + text:
                raise InputError(
                    f"a variable must have a name and a string for its value, but {name!r} = {text!r} was given.",
                    keys=("environment", str(name)),
                )
        if isinstance(self.gpus, list) and 0 < len(self.gpus) < self.gpus_per_trial:
            raise InputError(
                f"gpus_per_trial must not be more than there are, but it is {self.gpus_per_trial} and gpus is "
                f"{self.gpus}. Lower it, or name more GPUs.",
                keys=("gpus_per_trial",),
            )

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(slots=self.slots, stops=True)

    def open(self, on_report: OnReport) -> None:
        """Get ready to run trials; nothing is started before the first one is submitted.

        Args:
            on_report: Called from other threads, for one trial in the order of its reports, and always before
                that trial's future settles.
        """
        self._crew.on_report = on_report

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Start one trial.

        Args:
            task: What to run.
            request: The trial.

        Returns:
            A future of its measurement; see `Executor.submit`. A slot is free again before it settles.

        Raises:
            InputError: The task does not pickle.
            RuntimeError: It is not open, or every slot is busy.
        """
        crew = self._crew
        if crew.on_report is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        if not crew.slots:
            crew.slots.extend(self._make_slots())
        free = [slot for slot in crew.slots if slot.trial is None]
        if not free:
            raise RuntimeError(f"all {self.slots} slots are busy.")
        slot = next((slot for slot in free if slot.has_worker), free[0])
        return slot.run(self._pickled(task), request)

    def stop(self, number: int) -> None:
        """Ask a running trial to stop; nothing happens where it does not run.

        Its next `trial.report` raises `TrialPruned`, and a command gets SIGTERM. After the grace all its processes get
        SIGTERM, and after the grace once more SIGKILL.
        """
        for slot in self._crew.slots:
            slot.stop("kindly", number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        slots = list(self._crew.slots)
        self._crew.slots.clear()
        for slot in slots:
            slot.stop("now")
        _close_all(slots, self.grace_seconds + _LEEWAY_SECONDS)

    def _make_slots(self) -> list[Slot]:
        threads = self.threads_per_trial or max(1, cores() // self.slots)
        settings: dict[str, Any] = {
            "grace_seconds": self.grace_seconds,
            "log_bytes": self.log_bytes,
            "preload": sys.platform == "linux" if self.preload is None else self.preload,
        }
        gpus = self._gpus()
        return [
            Slot({**variables_of(place, gpus, self.gpus_per_trial, threads), **self.environment}, settings, self._hear)
            for place in range(self.slots)
        ]

    def _hear(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        if self._crew.on_report is not None:
            self._crew.on_report(number, attempt, step, metrics)

    def _gpus(self) -> list[str] | None:
        if isinstance(self.gpus, list):
            return [str(gpu) for gpu in self.gpus]
        if self.gpus is not None and self.gpus != "auto":
            return [name.strip() for name in self.gpus.split(",") if name.strip()]
        return find_gpus() or None

    def _pickled(self, task: Task) -> bytes:
        crew = self._crew
        if task is not crew.task:
            try:
                crew.pickled = cloudpickle.dumps(task)
            except Exception as error:
                raise InputError(
                    "a task must pickle, since its trials run in other processes, but this one does not: "
                    f"{error}. Make what it needs inside the function, or run with executor='inline'."
                ) from error
            crew.task = task
        return crew.pickled


def _close_all(slots: list[Slot], seconds: float) -> None:
    """Close every slot, the rest too where one is interrupted by a second Ctrl-C."""
    if not slots:
        return
    try:
        slots[0].close(seconds)
    except BaseException:
        seconds = 0.0
        raise
    finally:
        _close_all(slots[1:], seconds)
