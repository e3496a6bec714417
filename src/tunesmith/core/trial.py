"""A trial and what it is made of: plain, frozen data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError

Value = Any
"""What a parameter can be: a number, a string, a boolean, None, or a JSON list."""

CHECKPOINT_FOLDER = "checkpoint"
"""In a trial's folder: what a training keeps there outlives an interruption, and another trial may inherit it."""

FailureKind = Literal["exit", "exception", "metric", "timeout", "memory", "lost", "setup", "told"]
Decision = Literal["accept", "reject", "replicate"]
Reporter = Callable[[int, Mapping[str, float]], None]
"""Called with step and metrics; raises `TrialPruned` where the trial is to stop."""


class State(StrEnum):
    """Where a trial stands."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Whether the trial is over for good."""
        return self in (State.COMPLETE, State.PRUNED, State.FAILED)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What to try next, and why.

    Args:
        parameters: The active parameters by name.
        proposer: Who proposes it: a plugin's name, `"user"` for trial 0, `"judge"` for a repeat.
        reason: In plain words.
        parent: The trial that it was derived from.
        expectation: The value of the first metric that the proposer expects.
        repeat_of: The trial that it repeats with another seed.
        inherits: The settled trial whose checkpoint it starts from: before it runs, what that one's `checkpoint` folder
            holds is copied into its own. A training that is to go on from there finds the folder not empty.
    """

    parameters: Mapping[str, Value]
    proposer: str = "user"
    reason: str = ""
    parent: int | None = None
    expectation: float | None = None
    repeat_of: int | None = None
    inherits: int | None = None


@dataclass(frozen=True)
class Report:
    """What a running trial said at one step (an epoch, an iteration, a rung)."""

    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What a trial measured.

    Args:
        metrics: Finite numbers by name.
        seconds: Wall-clock time of the trial.
        peak_memory_bytes: The most resident memory seen, child processes included.
    """

    metrics: Mapping[str, float]
    seconds: float | None = None
    peak_memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a trial ended without a measurement.

    Args:
        kind: `exit` (status other than 0), `exception`, `metric` (none, or not a finite number), `timeout`,
            `memory`, `lost` (killed from outside, or its process vanished), `setup` (its folder or command
            could not be made ready) or `told` (by an outside program).
        reason: One or two sentences for people.
        log_tail: The last lines that the trial printed.
        seconds: Wall-clock time until then.
        peak_memory_bytes: The most resident memory seen.
    """

    kind: FailureKind
    reason: str
    log_tail: str = ""
    seconds: float | None = None
    peak_memory_bytes: int | None = None


Outcome = Measurement | Failure


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a judge made of a finished trial.

    Args:
        decision: `accept` (it takes the lead), `reject`, or `replicate` (repeat it with another seed).
        reason: In plain words.
        by: The judge's name, or `"user"`.
        binding: A binding rejection keeps the trial from ever being the best (over-fitting, a user's veto).
    """

    decision: Decision
    reason: str
    by: str = "rules"
    binding: bool = False

    def __post_init__(self) -> None:
        if self.decision not in ("accept", "reject", "replicate"):
            raise InputError(f"a verdict must be accept, reject or replicate, but {self.decision!r} was given.")


@dataclass(frozen=True, kw_only=True)
class TrialRequest:
    """All that an executor needs to run one trial: plain data that travels to any process.

    Args:
        number: The trial.
        attempt: 1 for the first try; more after an interruption or a lost process.
        parameters: The active parameters by name.
        seed: For the training's own randomness.
        folder: The trial's folder, absolute; it exists when the trial starts.
        inherits: The folder of the trial whose checkpoint it starts from, absolute, or None.
        purpose: `"search"`, or `"test"` for the one run on the held-out test part at the end.
        timeout_seconds: The most wall-clock time.
        memory_bytes: The most resident memory, child processes included.
    """

    number: int
    attempt: int
    parameters: Mapping[str, Value]
    seed: int
    folder: Path
    inherits: Path | None = None
    purpose: Literal["search", "test"] = "search"
    timeout_seconds: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One configuration and what became of it.

    Inside a training function the trial is live: `report` tells the study how it goes, and raises `TrialPruned`
    where the study says stop; `checkpoint` is a folder that survives an interruption.

    Args:
        number: From 0; trial 0 is the user's own configuration.
        proposal: What is tried, and why.
        seed: For the training's own randomness.
        state: Where it stands.
        attempt: How often it was started.
        times_lost: How often its process vanished.
        folder: Its folder on disk, or None for a study that is kept in memory.
        metrics: Final numbers by name; those of the last report where it was pruned.
        reports: What it said on the way, in order.
        verdict: What the judge made of it.
        failure: Why it failed.
        started: When the last attempt began, in seconds since 1970.
        ended: When it was settled, in seconds since 1970.
        seconds: Wall-clock time.
        peak_memory_bytes: The most resident memory.
        test_metrics: What the held-out test part gave, where it was opened for this trial.
        test_failure: Why the run on the held-out test part failed; empty where it did not.
        notes: What users wrote about it.
    """

    number: int
    proposal: Proposal
    seed: int = 0
    state: State = State.WAITING
    attempt: int = 0
    times_lost: int = 0
    folder: Path | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
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

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The active parameters by name."""
        return self.proposal.parameters

    @property
    def checkpoint(self) -> Path:
        """A folder for checkpoints, made on first use; empty where there is nothing to go on from.

        A trial that is started again finds what it left there; one that inherits from another, what that one left.
        """
        if self.folder is None:
            raise InputError("a study that is kept in memory has no checkpoints. Give it a folder.")
        path = self.folder / CHECKPOINT_FOLDER
        path.mkdir(parents=True, exist_ok=True)
        return path

    def report(self, step: int, **metrics: float) -> None:
        """Tell the study how the trial is doing.

        Args:
            step: Epoch, iteration or whatever grows; not negative.
            metrics: Numbers by name; the objective's metric among them if the pruner is to use it.

        Raises:
            TrialPruned: The trial is not worth finishing. Let it through.
            InputError: The step is no whole number, a metric is no number, or the trial is not running.
        """
        if self._reporter is None:
            raise InputError("only a running trial can report.")
        self._reporter(check_step(step), {name: check_number(name, value) for name, value in metrics.items()})


def check_step(step: object) -> int:
    """Return a step as a whole number that is not negative, or raise `InputError`."""
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise InputError(f"a step must be a whole number, but {step!r} was given.")
    number = int(step.__index__())
    if number < 0:
        raise InputError(f"a step must not be negative, but {number} was given.")
    return number


def check_number(name: str, value: object) -> float:
    """Return a metric as a float (it may be infinite or not a number), or raise `InputError`.

    Anything that converts without guessing passes: Python and NumPy numbers, one-element tensors. Text does not.
    """
    if isinstance(value, str | bytes) or value is None:
        raise InputError(f"metric '{name}' must be a number, but {value!r} was given.")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"metric '{name}' must be a number, but {value!r:.80} was given.") from None


def check_finite(name: str, value: object) -> float:
    """Return a metric as a finite float, or raise `InputError`."""
    number = check_number(name, value)
    if not math.isfinite(number):
        raise InputError(f"metric '{name}' must be a finite number, but it is {number}.")
    return number
