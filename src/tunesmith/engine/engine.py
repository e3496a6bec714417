"""The steps that a study is made of: propose, start, report, settle, judge. Each is one event or two."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..core.budget import Budget
from ..core.trial import Failure, Measurement, Outcome, Proposal, State, Trial, Value, Verdict, check_finite
from ..errors import InputError, SpaceExhausted, TrialPruned, nearest
from ..journal.events import (
    Decision,
    Event,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialProposed,
    TrialReported,
    TrialStarted,
    TrialTested,
)
from ..judges.base import Judge
from ..plugins import name_of
from ..proposers.base import Proposer
from ..pruners.base import Pruner
from .configurations import baseline, is_new, untried
from .recorder import Recorder


class Engine:
    """Takes the steps of a study in whatever order its driver wants: ask and tell, or the graph.

    Args:
        recorder: Where events go, and the history that follows from them.
        proposer: Which trial next.
        pruner: When to stop a trial early; None never does.
        judge: What to make of a finished trial.
        budget: Its limit of trials holds for repeats, too.
        defaults: Gives the user's own values by parameter name, for trial 0.
        seed: For all randomness.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        proposer: Proposer,
        pruner: Pruner | None,
        judge: Judge,
        budget: Budget,
        defaults: Callable[[], Mapping[str, Value]],
        seed: int,
    ) -> None:
        self.recorder = recorder
        self.history = recorder.history
        self.proposer = proposer
        self.pruner = pruner
        self.judge = judge
        self.budget = budget
        self.seed = seed
        self._defaults = defaults

    def baseline(self) -> Proposal:
        """Return what trial 0 is: the user's own configuration."""
        return baseline(self.history.space, self._defaults())

    def propose(self, count: int) -> list[Trial]:
        """Add up to `count` new trials, which then wait for a slot.

        Raises:
            SpaceExhausted: Every configuration of a finite space has been tried.
        """
        self.recorder.open()
        added = [] if self.history.trials else [self.enqueue(self.baseline())]
        for spare in (0, 8, 64):
            if len(added) == count:
                return added
            wanted = count - len(added) + spare
            for proposal in self.proposer.propose(self.history, count=wanted, seed=self.seed):
                if len(added) < count and is_new(self.history, proposal.parameters, proposal.inherits):
                    added.append(self.enqueue(proposal))
        while len(added) < count and (fallback := untried(self.history, self.seed)) is not None:
            added.append(self.enqueue(fallback))
        if not added:
            raise SpaceExhausted(f"all {len(self.history.trials)} different configurations of the space were tried.")
        return added

    def enqueue(self, proposal: Proposal, *before: Event) -> Trial:
        """Add one trial, as it is given.

        Args:
            proposal: What to try.
            before: What led to it; journaled in the same write, so that none is ever there without the other.
        """
        with self.recorder.lock:
            self.recorder.emit(*before, self._proposed(proposal))
            return self.history.trials[-1]

    def start(self, number: int) -> Trial:
        """Begin the next attempt at a waiting trial, and return it live."""
        attempt = self.trial(number).attempt + 1
        self.recorder.emit(TrialStarted(trial=number, attempt=attempt))
        return dataclasses.replace(self.history.trials[number], _reporter=partial(self._hear, number))

    def record_report(
        self, number: int, step: int, metrics: Mapping[str, float], *, may_prune: bool = True
    ) -> str | None:
        """Note what a running trial reports, and ask the pruner.

        Returns:
            Why the trial is to stop, in words, or None. It is settled as pruned then.
        """
        if self.trial(number).state is not State.RUNNING:
            return None
        # JSON has no infinity: what is not finite is NaN from here on, as it will be after a replay.
        plain = {name: value if math.isfinite(value) else math.nan for name, value in metrics.items()}
        self.recorder.emit(TrialReported(trial=number, step=step, metrics=plain))
        trial = self.history.trials[number]
        reason = None if self.pruner is None or not may_prune else self.pruner.should_prune(self.history, trial)
        if reason is not None:
            verdict = Verdict(decision="reject", reason=reason, by=name_of(self.pruner))
            self.settle_pruned(number, verdict)
        return reason

    def settle(self, number: int, outcome: Outcome) -> Trial:
        """Settle a running trial without judging it; metrics that cannot be used make it a failure."""
        trial = self.history.trials[number]
        if isinstance(outcome, Measurement):
            try:
                metrics = self.check(outcome.metrics)
            except InputError as error:
                outcome = Failure(
                    kind="metric",
                    reason=error.message,
                    seconds=outcome.seconds,
                    peak_memory_bytes=outcome.peak_memory_bytes,
                )
            else:
                return self._finish(
                    TrialFinished(
                        trial=number,
                        attempt=trial.attempt,
                        state=State.COMPLETE,
                        metrics=metrics,
                        artifacts=outcome.artifacts,
                        **_cost(outcome),
                    )
                )
        cost = _cost(outcome)
        failure = dataclasses.replace(outcome, seconds=None, peak_memory_bytes=None)
        return self._finish(
            TrialFinished(trial=number, attempt=trial.attempt, state=State.FAILED, failure=failure, **cost)
        )

    def settle_pruned(self, number: int, verdict: Verdict | None = None) -> Trial:
        """Settle a running trial as pruned, with what it last reported."""
        trial = self.history.trials[number]
        last = trial.reports[-1].metrics if trial.reports else {}
        metrics = {name: value for name, value in last.items() if math.isfinite(value)}
        seconds = None if trial.started is None else max(0.0, time.time() - trial.started)
        pruned = TrialFinished(
            trial=number, attempt=trial.attempt, state=State.PRUNED, metrics=metrics, seconds=seconds
        )
        return self._finish(pruned, verdict)

    def interrupt(self, number: int, reason: str, *, lost: bool = False) -> None:
        """Put a trial back in the queue: its attempt ended through no fault of its own.

        Args:
            number: The trial.
            reason: Why, in words.
            lost: Whether its process vanished; a trial that vanishes too often has failed.
        """
        self.recorder.emit(TrialInterrupted(trial=number, reason=reason, lost=lost))

    def pass_verdict(self, number: int, *, may_repeat: bool = True) -> Verdict | None:
        """Let the judge speak on a complete trial, and queue the repeat where it wants one and the budget has room.

        Args:
            number: The trial.
            may_repeat: Whether a repeat may be queued at all.

        Returns:
            The verdict; None where there is none yet, or the trial is not complete.
        """
        trial = self.history.trials[number]
        if trial.state is not State.COMPLETE:
            return None
        verdict = self.judge.judge(self.history, trial)
        if verdict is None:
            return None
        with self.recorder.lock:
            events: list[Event] = [TrialJudged(trial=number, verdict=verdict)]
            if verdict.decision == "replicate" and may_repeat and self.has_room:
                events.append(self._proposed(self._repeat(trial, verdict)))
            self.recorder.emit(*events)
        return verdict

    def record_test(self, number: int, outcome: Outcome) -> None:
        """Note what the held-out test part gave for a trial."""
        if isinstance(outcome, Measurement):
            self.recorder.emit(TrialTested(trial=number, metrics=dict(outcome.metrics)))
        else:
            self.recorder.emit(TrialTested(trial=number, failure=outcome))

    def record_decision(self, decision: Decision) -> None:
        """Journal a decision about the study."""
        self.recorder.emit(decision)

    def sync(self) -> None:
        """Return once everything noted so far would survive a power cut."""
        self.recorder.sync()

    def trial(self, number: int) -> Trial:
        """Return a trial, or raise `InputError` where there is none of that number."""
        if not 0 <= number < len(self.history.trials):
            raise InputError(f"there is no trial {number}; the study has {len(self.history.trials)} trials.")
        return self.history.trials[number]

    def check(self, metrics: Mapping[str, Any]) -> dict[str, float]:
        """Return metrics as finite floats, the objective's among them, or raise `InputError`."""
        checked = {name: check_finite(name, value) for name, value in metrics.items()}
        for metric in self.history.objective.metrics:
            if metric.name not in checked:
                told = ", ".join(checked) or "nothing"
                raise InputError(
                    f"every trial must report '{metric.name}', but it reported {told}.{nearest(metric.name, checked)}"
                )
        return checked

    @property
    def has_room(self) -> bool:
        """Whether the budget still allows another trial."""
        return self.budget.trials is None or len(self.history.trials) < self.budget.trials

    def _repeat(self, trial: Trial, verdict: Verdict) -> Proposal:
        original = self.history.repeats(trial)[0].number
        return Proposal(
            parameters=trial.parameters,
            proposer=verdict.by,
            reason=f"trial {original} once more with another seed: it was {verdict.reason}",
            parent=original,
            repeat_of=original,
            inherits=trial.proposal.inherits,
        )

    def _proposed(self, proposal: Proposal) -> TrialProposed:
        """Return the event of the next trial. All first runs share one seed, so that luck is shared, too."""
        runs = 0
        if proposal.repeat_of is not None:
            runs = len(self.history.repeats(self.history.trials[proposal.repeat_of]))
        return TrialProposed(trial=len(self.history.trials), proposal=proposal, seed=self.seed + runs)

    def _hear(self, number: int, step: int, metrics: Mapping[str, float]) -> None:
        if reason := self.record_report(number, step, metrics):
            raise TrialPruned(reason)

    def _finish(self, event: TrialFinished, verdict: Verdict | None = None) -> Trial:
        judged = [] if verdict is None else [TrialJudged(trial=event.trial, verdict=verdict)]
        self.recorder.emit(event, *judged)
        return self.history.trials[event.trial]


def _cost(outcome: Outcome) -> dict[str, Any]:
    return {"seconds": outcome.seconds, "peak_memory_bytes": outcome.peak_memory_bytes}
