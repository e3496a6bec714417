"""The history of a study: its events, replayed into trials and arrays.

The history is derived from the journal alone. The cost of an event does not depend on the length of the history.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.approval_request import ApprovalRequests
from ..core.arrays import Flags, Floats, Indices
from ..core.objective import Objective
from ..core.reports import Report, ReportLog, Reports
from ..core.space import SearchSpace
from ..core.spending import Ledger
from ..core.trial import State, Trial, Verdict
from ..journal import events
from ..journal.events import Event, TrialEvent
from .curves import Curves
from .leaderboard import Leaderboard
from .outcomes import Outcomes
from .pareto_front import ParetoFront
from .rules import check_order


class History:
    """All trials of a study, and arrays derived from them.

    Args:
        space: The search space.
        objective: The objective.
        folder: The study's folder, or None.

    Attributes:
        created: The event that created the study, or None.
        trials: Every trial, by number.
        trials_folder: The folder of all trials; None for a study in memory that has not run.
        counts: The number of trials in each state.
        decisions: Decisions about the study, in order.
        last_stop: The last decision to stop; None once another trial has started.
        focus: The coordinator's last decision on which parameters to change.
        ledger: Calls of language models, and their cost.
        approval_requests: The requests for a person's approval.
        sessions: The processes that ran the study, in order.
        events_seen: The number of events applied.
        since_best: The number of trials settled since the last change of the best trial or front.
        repeats_proposed: The number of trials that repeat another with a different seed.
        full_length: The last step of the longest complete trial; None until a trial with reports completes.
        failed_in_a_row: The trials that have failed since the last success, in order, except those that met a limit of
            time or memory: their parameters may be the cause.

    >>> from tunesmith.core.space import Float
    >>> from tunesmith.core.trial import Proposal
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> history.apply(events.TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.5})))
    >>> history.apply(events.TrialStarted(trial=0))
    >>> history.apply(events.TrialFinished(trial=0, state=State.COMPLETE, metrics={"y": 2.0}))
    >>> history.best.number
    0
    """

    def __init__(self, space: SearchSpace, objective: Objective, folder: Path | None = None) -> None:
        self.space = space
        self.objective = objective
        self.folder = folder
        self.clear()

    def clear(self) -> None:
        """Drop every event."""
        space, objective, folder = self.space, self.objective, self.folder
        self.created: events.StudyCreated | None = None
        self.trials: list[Trial] = []
        self.counts: Counter[State] = Counter()
        self.decisions: list[events.Decision] = []
        self.last_stop: events.StudyStopped | None = None
        self.focus: events.SearchFocused | None = None
        self.ledger = Ledger()
        self.approval_requests = ApprovalRequests()
        self.sessions: list[events.SessionOpened] = []
        self.events_seen = 0
        self.since_best = 0
        self.repeats_proposed = 0
        self.full_length: int | None = None
        self.failed_in_a_row: list[int] = []
        self.trials_folder = None if folder is None else folder / "trials"
        self._points = np.full((64, len(space.names)), np.nan)
        self._encoded = np.zeros(64, dtype=bool)
        self._outcomes = Outcomes(objective)
        self._curves: Curves | None = None
        self._report_logs: dict[int, ReportLog] = {}  # Of running trials. Only this history may write to them.
        self._leaderboard = ParetoFront(len(objective.metrics)) if objective.pareto else Leaderboard()
        self._keys: list[str] = []
        self._first: dict[str, list[int]] = {}
        self._unsettled: dict[int, None] = {}
        self._best: Trial | None = None
        self._leader: str | None = None
        self._front: list[str] = []
        self._earlier_seconds = 0.0  # Of all sessions but the open one.
        self._elapsed: float | None = None  # Of the open session; None without one.
        self._is_resumed = False

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def points(self) -> Floats:
        """Every trial's parameters, shape `(trials, parameters)` in [0, 1], NaN where inactive."""
        return self.points_of(np.arange(len(self.trials)))

    def points_of(self, numbers: Indices) -> Floats:
        """Return the encoded parameters of some trials, shape `(numbers, parameters)`, as in `points`.

        Trials are encoded on first use: after a resume, a proposer that reads a thousand of ten thousand trials encodes
        only these.
        """
        for number in numbers[~self._encoded[numbers]].tolist():
            # The user's own configuration may lie outside the space, as may any that a damaged journal names.
            if self.space.contains(parameters := self.trials[number].parameters):
                self._points[number] = self.space.encode(parameters)
            self._encoded[number] = True
        return self._points[numbers]

    @property
    def losses(self) -> Floats:
        """Every trial's loss (smaller is better), shape `(trials,)`; NaN if unknown.

        The loss of a pruned trial is that of its last report, if that has the objective's metrics. With a Pareto
        objective, losses are relative to all trials with known metrics (`pareto.maximin`): below 0 exactly on their
        front, and changing with every trial that ends. Constraints do not affect the loss; see `violations`.
        """
        return self._outcomes.losses

    @property
    def values(self) -> Floats:
        """Every trial's metrics, shape `(trials, metrics)` in the objective's order; NaN if unknown.

        Metrics are signed so that smaller is better. Those of a pruned trial are from its last report, as in `losses`.
        """
        return self._outcomes.values

    @property
    def reach(self) -> Floats:
        """The extent of each trial, shape `(trials,)`: infinity if complete, the last step if pruned, else NaN."""
        return self._outcomes.reach

    @property
    def violations(self) -> Floats:
        """The violation of the constraints by each complete or pruned trial, shape `(trials,)`; else NaN."""
        return self._outcomes.violations

    @property
    def excesses(self) -> Floats:
        """The excess over each constraint's bound, shape `(trials, constraints)`; NaN if unknown.

        It is negative if the bound holds. Of two bounds, the one with the larger excess counts.
        """
        return self._outcomes.excesses

    @property
    def crashed(self) -> Flags:
        """Which trials failed in a way that their parameters may have caused, shape `(trials,)`.

        Failures of the set-up do not count, because they precede any use of the parameters. A lost process counts: it
        was retried, and most are killed because the machine is out of memory. Until a trial succeeds, none counts: a
        failure of every trial says nothing about parameters.
        """
        succeeded = self.counts[State.COMPLETE] + self.counts[State.PRUNED]
        return self._outcomes.crashed if succeeded else np.zeros(len(self.trials), dtype=bool)

    @property
    def running(self) -> list[Trial]:
        """The running trials."""
        return [self.trials[n] for n in self._unsettled if self.trials[n].state is State.RUNNING]

    @property
    def waiting(self) -> list[Trial]:
        """The trials that wait for a slot, proposed or interrupted, by number."""
        return [self.trials[n] for n in sorted(self._unsettled) if self.trials[n].state is State.WAITING]

    @property
    def settled(self) -> int:
        """The number of settled trials."""
        return len(self.trials) - len(self._unsettled)

    @property
    def best(self) -> Trial | None:
        """The leading trial, or None; the first run of its configuration.

        With a Pareto objective, the one on the front that is nearest to the ideal point, relative to the front's range.
        """
        return self._best

    @property
    def front(self) -> Sequence[Trial]:
        """The feasible trials that no other dominates, sorted by the first metric.

        Without a Pareto objective, the best trial only. A configuration with repeats counts with its mean and is
        represented by its first run; of equal configurations the first counts.
        """
        return tuple(self._first_run(key) for key in self._front)

    @property
    def noise(self) -> float | None:
        """The standard deviation of the loss between repeats, pooled over configurations; None if unknown.

        With a Pareto objective it is always None, as there is no single loss; see `metric_noise`.
        """
        return self._leaderboard.noise

    @property
    def metric_noise(self) -> Floats | None:
        """The noise of each metric of a Pareto objective, shape `(metrics,)`; None if unknown."""
        return self._leaderboard.metric_noise

    @property
    def curves(self) -> Curves:
        """The learning curves, as pruners compare them; built on first use, as most readers of a study need none."""
        if self._curves is None:
            self._curves = Curves(self.objective)
            for trial in self.trials:
                for report in trial.reports:
                    self._curves.add(trial.number, report)
                if trial.state is State.COMPLETE:
                    self._curves.complete(trial.number, trial.reports.steps)
        return self._curves

    def at_step(self, step: int) -> Mapping[int, float]:
        """Return the finite losses that trials reported at a step, by trial number.

        With a Pareto objective, losses are relative to the trials at that step, and not comparable with other steps.
        """
        return self.curves.at(step)

    def loss_of(self, trial: Trial, report: Report) -> float | None:
        """Return the loss of a trial's report, as in `at_step`.

        Returns:
            The loss; infinite if a metric is not finite, None if one is missing.
        """
        if any(metric.name not in report.metrics for metric in self.objective.metrics):
            return None
        if not self.objective.is_known(report.metrics):
            return math.inf
        if not self.objective.pareto:
            return self.objective.loss(report.metrics)
        return self.at_step(report.step)[trial.number]

    @property
    def steps(self) -> list[int]:
        """Every step with a report of any trial, sorted."""
        return self.curves.steps

    def repeats(self, trial: Trial) -> list[Trial]:
        """Return every trial with the same parameters and checkpoint as this one, itself included, by number."""
        return [self.trials[number] for number in self._first[self._keys[trial.number]]]

    def repeat_losses(self, trial: Trial) -> list[float]:
        """Return the losses of the complete runs of this trial's configuration."""
        runs = [run.number for run in self.repeats(trial) if run.state is State.COMPLETE]
        return [float(loss) for loss in self.losses[runs] if not math.isnan(loss)]

    def mean_values(self, trial: Trial) -> Floats:
        """Return the mean metrics of the complete runs of this trial's configuration, signed as in `values`."""
        runs = [run.number for run in self.repeats(trial) if run.state is State.COMPLETE]
        return np.asarray((self.values[runs] / len(runs)).sum(axis=0))

    def rival(self, trial: Trial) -> Trial | None:
        """Return the leading trial of all other configurations, or None."""
        key = self._leaderboard.rival(self._keys[trial.number])
        return None if key is None else self._first_run(key)

    def rivals(self, trial: Trial) -> list[Trial]:
        """Return the front of all other configurations, sorted by the first metric."""
        return [self._first_run(key) for key in self._leaderboard.front(without=self._keys[trial.number])]

    def has_tried(self, parameters: Mapping[str, Any], inherits: int | None = None) -> bool:
        """Tell whether these parameters were ever proposed, with the checkpoint of trial `inherits` if given."""
        return self._key(parameters, inherits) in self._leaderboard

    @property
    def stopped(self) -> events.StudyStopped | None:
        """The event that stopped the study; None if it is running, was interrupted, or was resumed since."""
        return None if self.running or self._is_resumed else self.last_stop

    @property
    def session_open(self) -> bool:
        """Whether the last session has no end in the journal: it is running, or its process was killed."""
        return self._elapsed is not None

    def seconds_spent(self, elapsed: float | None = None) -> float:
        """Return the wall-clock seconds of all sessions, each until its last event.

        The time between sessions does not count, nor what other processes journal after one was killed. The machine's
        clock has no influence.

        Args:
            elapsed: The seconds since the open session began, to include those since its last event.
        """
        return self._earlier_seconds + max(self._elapsed or 0.0, elapsed or 0.0)

    def snapshot(self) -> History:
        """Return a copy that another thread can read while this history changes.

        Immutable parts such as trials and events are shared. So is the ledger, which only grows.
        """
        shared = [*self.trials, *self.decisions, *self.sessions, self.created, self.space, self.objective, self.ledger]
        own: dict[int, Any] = {id(self._report_logs): {}, id(self._curves): None}
        return copy.deepcopy(self, {id(part): part for part in shared} | own)

    def keep_trials_in(self, folder: Path) -> None:
        """Give the trials of a study in memory a folder, so that they can run."""
        self.trials_folder = folder
        for trial in self.trials:
            self._change(trial, folder=self.folder_of(trial.number))

    def folder_of(self, number: int) -> Path | None:
        """Return the folder of a trial, which need not exist; None for a study in memory that has not run."""
        return None if self.trials_folder is None else self.trials_folder / f"{number:04d}"

    # -- applying events -------------------------------------------------------------------------------------------

    def apply(self, event: Event) -> None:
        """Apply the next event of the journal.

        Raises:
            TunesmithError: The event cannot follow the earlier ones, such as a second end of one trial; it is not
                applied.
        """
        self.check(event)
        self.add(event)

    def add(self, event: Event) -> None:
        """Apply an event that was checked."""
        self.events_seen += 1
        if self._elapsed is not None and not isinstance(event, events.SessionOpened):
            self._elapsed = max(self._elapsed, event.elapsed or 0.0)
        if not isinstance(event, TrialEvent):
            self._apply_to_study(event)
        elif isinstance(event, events.TrialProposed):
            self._propose(event)
        else:
            self._apply_to_trial(event, self.trials[event.trial])

    def check(self, *following: Event) -> None:
        """Raise `TunesmithError` unless events can follow, one after the other."""
        check_order(
            following,
            self.trials,
            self.objective,
            is_new=not self.events_seen,
            requests=len(self.approval_requests.all),
        )

    def _apply_to_study(self, event: Event) -> None:
        match event:
            case events.StudyCreated():
                self.created = event
            case events.SessionOpened():
                self._earlier_seconds += self._elapsed or 0.0  # The last session was killed.
                self._elapsed = 0.0
                self._is_resumed = True
                self.sessions.append(event)
            case events.SessionClosed():
                self._earlier_seconds += self._elapsed or 0.0
                self._elapsed = None
            case events.ModelCalled():
                self.ledger.add(event.call)
            case events.Decision():
                self._apply_decision(event)

    def _apply_decision(self, event: events.Decision) -> None:
        self.decisions.append(event)
        match event:
            case events.StudyStopped():
                self.last_stop = event
                self._is_resumed = False
            case events.SearchFocused():
                self.focus = event
            case events.ApprovalRequested() | events.ApprovalAnswered():
                event.apply_to(self.approval_requests)

    def _propose(self, event: events.TrialProposed) -> None:
        number = len(self.trials)
        trial = Trial(number=number, proposal=event.proposal, seed=event.seed, folder=self.folder_of(number))
        if number == len(self._points):
            self._points = np.concatenate([self._points, np.full_like(self._points, np.nan)])
            self._encoded = np.concatenate([self._encoded, np.zeros_like(self._encoded)])
        key = self._key(trial.parameters, trial.proposal.inherits)
        self.trials.append(trial)
        self._keys.append(key)
        self._outcomes.add_trial()
        self._leaderboard.enter(key)
        self._first.setdefault(key, []).append(number)
        self._unsettled[number] = None
        self.repeats_proposed += trial.proposal.repeat_of is not None
        self.counts[State.WAITING] += 1

    def _key(self, parameters: Mapping[str, Any], inherits: int | None) -> str:
        """Return the key of a configuration, which includes the checkpoint that it starts from."""
        key = self.space.key(parameters)
        return key if inherits is None else f"{key} from {inherits}"

    def _apply_to_trial(self, event: TrialEvent, trial: Trial) -> None:
        match event:
            case events.TrialReported():
                report = Report(event.step, event.metrics)
                if (log := self._report_logs.get(trial.number)) is None:
                    log = self._report_logs[trial.number] = ReportLog(trial.reports)
                log.append(report)
                self._change(trial, reports=log.reports)
                if self._curves is not None:
                    self._curves.add(trial.number, report)
            case events.TrialStarted():
                if self._curves is not None:
                    self._curves.forget(trial.number, trial.reports.steps)
                self._report_logs.pop(trial.number, None)
                self._change(trial, state=State.RUNNING, attempt=event.attempt, reports=Reports(), started=event.time)
                self.last_stop = None
            case events.TrialFinished():
                self._finish(event, trial)
            case events.TrialJudged():
                self._judge(trial, event.verdict)
            case events.TrialInterrupted():
                self._unsettled[trial.number] = None
                self.failed_in_a_row = [number for number in self.failed_in_a_row if number != trial.number]
                self._outcomes.mark_crashed(trial.number, False)
                self._change(trial, state=State.WAITING, failure=None, times_lost=trial.times_lost + event.lost)
            case events.TrialTested():
                failure = "" if event.failure is None else event.failure.reason
                self._change(trial, test_metrics=event.metrics, test_failure=failure)
            case events.TrialNoted():
                self._change(trial, notes=(*trial.notes, event.text))

    def _finish(self, event: events.TrialFinished, trial: Trial) -> None:
        del self._unsettled[trial.number]
        self._report_logs.pop(trial.number, None)
        trial = self._change(
            trial,
            state=event.state,
            metrics=event.metrics,
            artifacts=event.artifacts,
            failure=event.failure,
            ended=event.time,
            seconds=event.seconds,
            peak_memory_bytes=event.peak_memory_bytes,
        )
        if trial.failure is None:
            self.failed_in_a_row = []
            complete = trial.state is State.COMPLETE
            reach = math.inf if complete else trial.reports[-1].step if trial.reports else -1
            self._outcomes.record(trial.number, trial.metrics, reach)
            if complete and self._outcomes.is_measured(trial.number):
                self._rank(trial)
            if complete and self._curves is not None:
                self._curves.complete(trial.number, trial.reports.steps)
            if complete and trial.reports:
                self.full_length = max(self.full_length or 0, trial.reports[-1].step)
        else:
            self._outcomes.mark_crashed(trial.number, trial.failure.kind != "setup")
            if trial.failure.kind not in ("timeout", "memory"):
                self.failed_in_a_row.append(trial.number)
        self.since_best += 1
        self._refresh_best()

    def _rank(self, trial: Trial) -> None:
        key, violation = self._keys[trial.number], float(self.violations[trial.number])
        if isinstance(self._leaderboard, ParetoFront):
            self._leaderboard.measure(key, self.values[trial.number], violation)
        else:
            self._leaderboard.add(key, float(self.losses[trial.number]), violation)

    def _judge(self, trial: Trial, verdict: Verdict) -> None:
        self._change(trial, verdict=verdict)
        if verdict.binding or verdict.by == "user":
            priority = {"accept": 1, "reject": -1, "replicate": 0}[verdict.decision] if verdict.binding else 0
            self._leaderboard.set_priority(self._keys[trial.number], priority)
            self._refresh_best()

    def _refresh_best(self) -> None:
        previous = self._leader, self._front
        self._leader, self._front = self._leaderboard.leader, self._leaderboard.front()
        self._best = None if self._leader is None else self._first_run(self._leader)
        if self._best is not None and (self._leader, self._front) != previous:
            self.since_best = 0

    def _first_run(self, key: str) -> Trial:
        return next(t for n in self._first[key] if (t := self.trials[n]).state is State.COMPLETE)

    def _change(self, trial: Trial, **changes: Any) -> Trial:
        # Four times as fast as dataclasses.replace: replay mostly changes trials.
        changed = object.__new__(Trial)
        vars(changed).update(vars(trial) | changes)
        if changed.state is not trial.state:
            self.counts[trial.state] -= 1
            self.counts[changed.state] += 1
        self.trials[trial.number] = changed
        if self._best is not None and self._best.number == trial.number:
            self._best = changed
        return changed
