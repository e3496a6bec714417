"""A trial and its parts: plain, frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Literal

from ..errors import InputError
from ..text.cleaning import valid, visible
from ..text.html_table import html_table
from .metrics import report_values
from .reports import Reports
from .values import Value as Value
from .values import shown

CHECKPOINT_FOLDER = "checkpoint"
"""The folder for checkpoints within a trial's: they survive an interruption, and another trial may inherit them."""
ARTIFACTS_FOLDER = "artifacts"
"""The folder for artifacts within a trial's."""

FailureKind = Literal[
    "exit", "exception", "metric", "timeout", "memory", "lost", "preempted", "machine", "setup", "told"
]
Decision = Literal["accept", "reject", "replicate"]
Purpose = Literal["search", "refit", "test"]
Reporter = Callable[[int, Mapping[str, float]], None]
"""Called with a step and its metrics. Raises `TrialPruned` if the trial is to stop."""
OnReport = Callable[[int, int, int, Mapping[str, float]], None]
"""Called with a trial's number, its attempt, a step and its metrics.

An executor may call it from any thread. Only an executor that runs trials in `submit` sees it raise `TrialPruned`, and
lets that pass into the trial.
"""


class State(StrEnum):
    """The state of a trial."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Whether the state is final."""
        return self in (State.COMPLETE, State.PRUNED, State.FAILED)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A configuration to try next, and the reason for it.

    Args:
        parameters: The active parameters by name.
        proposer: Its origin: a plugin's name, `"user"` for trial 0, `"judge"` for a repeat.
        reason: In plain words.
        parent: The trial that it was derived from.
        expectation: The expected value of the first metric.
        repeat_of: The trial that it repeats with another seed.
        inherits: A settled trial whose checkpoint it starts from: that trial's `checkpoint` folder is copied into its
            own before it runs.
    """

    parameters: Mapping[str, Value]
    proposer: str = "user"
    reason: str = ""
    parent: int | None = None
    expectation: float | None = None
    repeat_of: int | None = None
    inherits: int | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The result of a trial.

    Args:
        metrics: Finite numbers by name.
        artifacts: Files that the trial left, by name: paths relative to the trial's folder, with `/` as separator.
        seconds: Wall-clock time of the trial.
        peak_memory_bytes: Peak resident memory, child processes included.

    Raises:
        InputError: An artifact's path is absolute or leaves the trial's folder.
    """

    metrics: Mapping[str, float]
    artifacts: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    peak_memory_bytes: int | None = None

    def __post_init__(self) -> None:
        for name, path in self.artifacts.items():
            check_relative(path, f"artifact '{name}'")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a trial has no measurement.

    Args:
        kind: `exit` (status other than 0), `exception`, `metric` (missing, or not a finite number), `timeout`,
            `memory`, `lost` (killed from outside, or its process vanished), `preempted` (its job's time was over; the
            trial waits and goes on from its checkpoint), `machine` (the disk is full, or no process
            can be started; the trial then waits instead of failing), `setup` (its folder or command could not be
            prepared) or `told` (reported by an outside program).
        reason: One or two sentences.
        log_tail: The last lines of the trial's log.
        seconds: Wall-clock time until the failure.
        peak_memory_bytes: Peak resident memory.
        systematic: Whether the cause is not the training but what surrounds it (the command line, a missing module, a
            metric that is never printed), so that other trials fail alike.
    """

    kind: FailureKind
    reason: str
    log_tail: str = ""
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    systematic: bool = False


Outcome = Measurement | Failure


class TrialFailed(Exception):
    """Raised when a trial ends without a measurement; only the study turns it into a failed trial.

    Args:
        failure: Why it failed; after `lost`, the trial may run again.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(visible(valid(failure.reason)))
        self.failure = failure


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A judge's decision on a finished trial.

    Args:
        decision: `accept` (the new best), `reject`, or `replicate` (repeat it with another seed).
        reason: In plain words.
        by: The judge's name, or `"user"`.
        binding: Whether it overrides the ranking: a rejected trial is never the best (over-fitting, a user's veto), an
            accepted one ranks first.
    """

    decision: Decision
    reason: str
    by: str = "rules"
    binding: bool = False

    def __post_init__(self) -> None:
        if self.decision not in ("accept", "reject", "replicate"):
            raise InputError(f"a verdict must be accept, reject or replicate, got {shown(self.decision)}.")


@dataclass(frozen=True, kw_only=True)
class TrialRequest:
    """Everything that an executor needs to run one trial, as plain data.

    Args:
        number: The trial.
        attempt: From 1; higher after an interruption or a lost process.
        parameters: The active parameters by name.
        seed: For the training's own randomness.
        folder: The trial's folder, absolute; it exists when the trial starts.
        inherits: The folder of the trial whose checkpoint it starts from, absolute, or None.
        purpose: `"search"`; `"refit"` to train the best configuration again on all data; `"test"` for the final run
            on the held-out test split.
        timeout_seconds: The limit of wall-clock time, or None.
        memory_bytes: The limit of resident memory, child processes included, or None.
        grace_seconds: How long its processes may take to end once they were asked to; set by the executor.
    """

    number: int
    attempt: int
    parameters: Mapping[str, Value]
    seed: int
    folder: Path
    inherits: Path | None = None
    purpose: Purpose = "search"
    timeout_seconds: float | None = None
    memory_bytes: int | None = None
    grace_seconds: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One configuration and its result.

    Inside a training function the trial is live: `report` sends intermediate metrics and raises `TrialPruned` if the
    trial is to stop, `checkpoint` is a folder that survives an interruption, and `artifact` names files to keep.

    Args:
        number: From 0; trial 0 is the user's own configuration.
        proposal: The configuration, and the reason for it.
        seed: For the training's own randomness.
        state: Its current state.
        attempt: The number of starts.
        times_lost: The number of times that its process vanished.
        folder: Its folder on disk, or None for a study in memory.
        metrics: Final numbers by name; those of the last report if it was pruned.
        artifacts: Files that it left, by name: paths relative to its folder.
        reports: Intermediate metrics in order.
        verdict: The judge's decision.
        failure: Why it failed.
        started: When the last attempt began, in seconds since 1970.
        ended: When it was settled, in seconds since 1970.
        seconds: Wall-clock time.
        peak_memory_bytes: Peak resident memory.
        test_metrics: Metrics on the held-out test split, if it was evaluated there.
        test_failure: Why the evaluation on the test split failed; empty otherwise.
        notes: Notes by users.
    """

    number: int
    proposal: Proposal
    seed: int = 0
    state: State = State.WAITING
    attempt: int = 0
    times_lost: int = 0
    folder: Path | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    reports: Reports = field(default_factory=Reports)
    verdict: Verdict | None = None
    failure: Failure | None = None
    started: float | None = None
    ended: float | None = None
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    test_failure: str = ""
    notes: tuple[str, ...] = ()
    _reporter: Reporter | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, object]:
        """Return what is sent to another process, which cannot report to the study."""
        return {**vars(self), "_reporter": None}

    def __repr__(self) -> str:
        result = dict(self.metrics) if self.failure is None else self.failure.reason
        return f"<Trial {self.number}: {self.state}, {result!r} with {dict(self.parameters)!r}>"

    def _repr_html_(self) -> str:
        """Return the trial as a table, which a notebook shows."""
        verdict = "" if self.verdict is None else f"{self.verdict.decision}: {self.verdict.reason}"
        rows: list[tuple[str, str | Mapping[str, Value]]] = [
            ("state", str(self.state) if self.failure is None else f"{self.state}: {self.failure.reason}"),
            ("metrics", self.metrics),
            ("on the test split", self.test_metrics or self.test_failure),
            ("parameters", self.parameters),
            ("why", self.proposal.reason),
            ("verdict", verdict),
            ("seconds", "" if self.seconds is None else f"{self.seconds:.3g}"),
            ("folder", "" if self.folder is None else str(self.folder)),
        ]
        return html_table(f"trial {self.number}", rows)

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The active parameters by name."""
        return self.proposal.parameters

    @property
    def checkpoint(self) -> Path:
        """A folder for checkpoints, created on first use.

        Empty on a fresh start; otherwise it holds the trial's own files, or a copy of those of the trial that it
        inherits from.
        """
        if self.folder is None:
            raise InputError("a study in memory has no checkpoints. Give it a folder.")
        path = self.folder / CHECKPOINT_FOLDER
        path.mkdir(parents=True, exist_ok=True)
        return path

    def artifact(self, name: str) -> Path:
        """Return the path of an artifact. A file written there is kept with the trial under this name.

        Args:
            name: As `"model.pkl"` or `"curves/loss.csv"`.

        Raises:
            InputError: The study is in memory, or the name is not a relative path.

        Examples:
            In a training function: `joblib.dump(model, trial.artifact("model.pkl"))`. Afterwards:
            `joblib.load(study.best.artifact("model.pkl"))`.
        """
        if self.folder is None:
            raise InputError("a study in memory has no artifacts. Give it a folder.")
        path = self.folder / ARTIFACTS_FOLDER / check_relative(name, "an artifact's name")
        if self._reporter is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def report(self, step: int, **metrics: float) -> None:
        """Report intermediate metrics to the study.

        Args:
            step: An epoch, iteration or other growing whole number; not negative.
            metrics: Numbers by name. A pruner needs the objective's metrics.

        Raises:
            TrialPruned: The pruner stops the trial. Do not catch it.
            InputError: The step is not a whole number, a metric is not a number, or the trial is not running.
        """
        if self._reporter is None:
            raise InputError("only a running trial can report, in the process that started it.")
        self._reporter(*report_values(step, metrics))


def check_relative(path: str, subject: str) -> str:
    """Return a relative path that stays within its folder, or raise `InputError`.

    Args:
        path: With `/` as separator.
        subject: The name of the path in the message.
    """
    parts = PurePosixPath(path) if isinstance(path, str) else None
    if not parts or not parts.parts or parts.is_absolute() or ".." in parts.parts or "\0" in path:
        raise InputError(f"{subject} must be a relative path without '..', got {shown(path)}.")
    return path
