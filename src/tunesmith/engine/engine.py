"""The steps of a study: propose, start, report, settle, judge. Each journals one or two events."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..core.budget import Budget
from ..core.metrics import usable_metrics
from ..core.schema import check_types
from ..core.trial import Failure, Measurement, Outcome, Proposal, State, Trial, Value, Verdict
from ..core.values import NotFinite, whole
from ..errors import InputError, SpaceExhausted, TrialPruned
from ..journal import events
from ..journal.events import Event
from ..judges.base import Judge
from ..plugins import name_of
from ..proposers.base import Proposer
from ..pruners.base import Pruner
from .configurations import baseline, is_new, untried
from .recorder import Recorder, exclusively


class Engine:
    """Takes the steps of a study; ask and tell or the graph decides their order. Threads and processes take turns.

    Args:
        recorder: Journals the events and applies them to the history.
        proposer: Proposes configurations.
        pruner: Stops poor trials early; None stops none.
        judge: Passes verdicts on complete trials.
        budget: Its limit on trials includes repeats.
        defaults: Returns the user's own values by parameter name, for trial 0.
        seed: The seed of all randomness.
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
        self._began: dict[int, float] = {}  # When trials that this process runs began, by a clock that never jumps.

    def baseline(self) -> Proposal:
        """Return the proposal of trial 0: the user's own configuration."""
        return baseline(self.history.space, self._defaults())

    @exclusively
    def propose(self, count: int) -> list[Trial]:
        """Add up to `count` new trials to the queue.

        Raises:
            SpaceExhausted: Every configuration of a finite space has been tried.
        """
        added = [] if self.history.trials else [self.enqueue(self.baseline())]
        for spare in (0, 8, 64):
            if len(added) == count:
                return added
            wanted = count - len(added) + spare
            for proposal in map(self._plain, self.proposer.propose(self.history, count=wanted, seed=self.seed)):
                if len(added) < count and is_new(self.history, proposal.parameters, proposal.inherits):
                    added.append(self.enqueue(proposal))
        while len(added) < count and (fallback := untried(self.history, self.seed)) is not None:
            added.append(self.enqueue(fallback))
        if not added:
            raise SpaceExhausted(f"all {len(self.history.trials)} configurations of the space have been tried.")
        return added

    @exclusively
    def enqueue(self, proposal: Proposal, *before: Event) -> Trial:
        """Add one trial to the queue.

        Args:
            proposal: The configuration, which need not be new.
            before: Events that caused the proposal, journaled in the same write so that a crash cannot separate them.
        """
        self.recorder.emit(*before, self._proposal_event(proposal))
        return self.history.trials[-1]

    @exclusively
    def start(self, number: int) -> Trial:
        """Start the next attempt of a waiting trial, and return it live."""
        attempt = self.trial(number).attempt + 1
        self.recorder.emit(events.TrialStarted(trial=number, attempt=attempt))
        self._began[number] = time.monotonic()
        return dataclasses.replace(self.history.trials[number], _reporter=partial(self._on_report, number))

    @exclusively
    def report(self, number: int, step: int, metrics: Mapping[str, float]) -> str | None:
        """Record a report of a trial that was asked for; as `record_report`.

        Raises:
            InputError: The trial is not running.
        """
        trial = self.trial(number)
        if trial.state is not State.RUNNING:
            raise InputError(f"only a running trial can report, but trial {number} is {trial.state}.")
        return self.record_report(number, step, metrics)

    @exclusively
    def start_next(self) -> Trial | None:
        """Start the waiting trial that comes first, and return it live; None if none waits."""
        waiting = self.history.waiting
        return self.start(waiting[0].number) if waiting else None

    @exclusively
    def record_report(
        self, number: int, step: int, metrics: Mapping[str, float], *, may_prune: bool = True
    ) -> str | None:
        """Journal a running trial's report, and ask the pruner.

        Returns:
            Why the trial was pruned, in words; None if it continues.
        """
        if self.trial(number).state is not State.RUNNING:
            return None
        # JSON has no infinity: store NaN now, so that a replay gives the same history.
        finite = {name: value if math.isfinite(value) else math.nan for name, value in metrics.items()}
        self.recorder.emit(events.TrialReported(trial=number, step=step, metrics=finite))
        trial = self.history.trials[number]
        reason = None if self.pruner is None or not may_prune else self.pruner.should_prune(self.history, trial)
        if reason is not None:
            verdict = Verdict(decision="reject", reason=reason, by=name_of(self.pruner))
            self.settle_pruned(number, verdict)
        return reason

    @exclusively
    def settle(self, number: int, outcome: Outcome) -> Trial:
        """Settle a running trial without a verdict; unusable metrics make it a failure."""
        metrics: Mapping[str, float] = {}
        artifacts: Mapping[str, str] = {}
        failure = None
        if isinstance(outcome, Measurement):
            try:
                metrics, artifacts = self.check(outcome.metrics), outcome.artifacts
            except InputError as error:
                systematic = not isinstance(error, NotFinite)
                failure = Failure(kind="metric", reason=error.message, systematic=systematic)
        else:
            failure = dataclasses.replace(outcome, seconds=None, peak_memory_bytes=None)
        event = events.TrialFinished(
            trial=number,
            attempt=self.history.trials[number].attempt,
            state=State.COMPLETE if failure is None else State.FAILED,
            metrics=metrics,
            artifacts=artifacts,
            failure=failure,
            seconds=outcome.seconds,
            peak_memory_bytes=outcome.peak_memory_bytes,
        )
        return self._finish(event)

    @exclusively
    def settle_pruned(self, number: int, verdict: Verdict | None = None) -> Trial:
        """Settle a running trial as pruned, with the metrics of its last report."""
        trial = self.history.trials[number]
        last = trial.reports[-1].metrics if trial.reports else {}
        metrics = {name: value for name, value in last.items() if math.isfinite(value)}
        began = self._began.get(number)
        seconds = None if began is None else time.monotonic() - began
        pruned = events.TrialFinished(
            trial=number, attempt=trial.attempt, state=State.PRUNED, metrics=metrics, seconds=seconds
        )
        return self._finish(pruned, verdict)

    def interrupt(self, number: int, reason: str, *, lost: bool = False) -> None:
        """Return a trial to the queue after an attempt that ended through no fault of the trial.

        Args:
            number: The trial.
            reason: Why, in words.
            lost: Whether its process vanished, which is counted.
        """
        self.recorder.emit(events.TrialInterrupted(trial=number, reason=reason, lost=lost))

    @exclusively
    def interrupt_running(self, reason: str) -> None:
        """Return all running trials to the queue."""
        for trial in self.history.running:
            self.interrupt(trial.number, reason)

    @exclusively
    def pass_verdict(self, number: int, *, may_repeat: bool = True) -> Verdict | None:
        """Judge a complete trial, and queue a repeat if the judge asks for one and the budget allows it.

        Args:
            number: The trial.
            may_repeat: Whether a repeat may be queued.

        Returns:
            The verdict; None if it was postponed or the trial is not complete.
        """
        trial = self.history.trials[number]
        if trial.state is not State.COMPLETE:
            return None
        verdict = self.judge.judge(self.history, trial)
        if verdict is None:
            return None
        emitted: list[Event] = [events.TrialJudged(trial=number, verdict=verdict)]
        if verdict.decision == "replicate" and may_repeat and self.has_room:
            emitted.append(self._proposal_event(self._repeat(trial, verdict)))
        self.recorder.emit(*emitted)
        return verdict

    def record_test(self, number: int, outcome: Outcome) -> None:
        """Journal a trial's outcome on the held-out test split."""
        event = events.TrialTested(trial=number, failure=None if isinstance(outcome, Measurement) else outcome)
        if isinstance(outcome, Measurement):
            try:
                event = events.TrialTested(trial=number, metrics=self.check(outcome.metrics))
            except InputError as error:
                event = events.TrialTested(trial=number, failure=Failure(kind="metric", reason=error.message))
        self.recorder.emit(event)

    def record_decision(self, decision: events.Decision) -> None:
        """Journal a decision about the study."""
        self.recorder.emit(decision)

    def sync(self) -> None:
        """Return once every journaled event would survive a power cut."""
        self.recorder.sync()

    def trial(self, number: int | Trial) -> Trial:
        """Return a trial by its number (or its earlier state), or raise `InputError` if the number is unknown."""
        index = whole(number.number if isinstance(number, Trial) else number, "the number of a trial")
        if not 0 <= index < len(self.history.trials):
            raise InputError(f"there is no trial {index}; the study has {len(self.history.trials)} trials.")
        return self.history.trials[index]

    def check(self, metrics: Mapping[str, Any]) -> dict[str, float]:
        """Return metrics as finite floats, the objective's among them, or raise `InputError`."""
        required = [metric.name for metric in self.history.objective.metrics]
        checked, faults = usable_metrics(metrics, required, "the result")
        if faults:
            raise InputError(faults[0])
        return checked

    @property
    def has_room(self) -> bool:
        """Whether the budget still allows another trial."""
        return self.budget.trials is None or len(self.history.trials) < self.budget.trials

    def _plain(self, proposal: Proposal) -> Proposal:
        """Return a proposal with plain values, as a proposer that computes with NumPy leaves others."""
        plain = dataclasses.replace(proposal, parameters=self.history.space.convert(proposal.parameters))
        check_types(plain)
        return plain

    def _repeat(self, trial: Trial, verdict: Verdict) -> Proposal:
        original = self.history.repeats(trial)[0].number
        return Proposal(
            parameters=trial.parameters,
            proposer=verdict.by,
            reason=f"repeats trial {original} with another seed: it was {verdict.reason}",
            parent=original,
            repeat_of=original,
            inherits=trial.proposal.inherits,
        )

    def _proposal_event(self, proposal: Proposal) -> events.TrialProposed:
        """Return the event of the next trial. All first runs share one seed, for a fair comparison."""
        origin = proposal.repeat_of
        runs = 0 if origin is None else len(self.history.repeats(self.history.trials[origin]))
        return events.TrialProposed(trial=len(self.history.trials), proposal=proposal, seed=self.seed + runs)

    def _on_report(self, number: int, step: int, metrics: Mapping[str, float]) -> None:
        if self.trial(number).state is State.PRUNED:
            raise TrialPruned("the trial has been pruned.")
        if reason := self.report(number, step, metrics):
            raise TrialPruned(reason)

    def _finish(self, event: events.TrialFinished, verdict: Verdict | None = None) -> Trial:
        verdicts = [] if verdict is None else [events.TrialJudged(trial=event.trial, verdict=verdict)]
        self.recorder.emit(event, *verdicts)
        self._began.pop(event.trial, None)
        return self.history.trials[event.trial]
