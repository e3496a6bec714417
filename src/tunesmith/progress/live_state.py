"""The live state of a study: updated event by event, read as consistent snapshots."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..core.approval_request import ApprovalRequest
from ..core.objective import Objective
from ..core.pareto import hypervolume_share
from ..core.trial import State, Trial
from ..history.history import History
from ..history.warnings import StudyWarning, study_warnings
from ..journal.events import (
    AdviceRefused,
    ApprovalRequested,
    Decision,
    Event,
    FilesShared,
    SearchFocused,
    StopRefused,
    TrialEvent,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialProposed,
    TrialStarted,
)
from ..proposers.base import Proposer
from ..proposers.portfolio import PortfolioProposer
from ..reports.fronts import FrontRow, front_rows
from .families import FamilyRow, family_rows, is_fit

MAX_SETTLED = 60
"""How many of the last settled trials are kept: more than any terminal shows."""

_MINOR_DECISIONS = (AdviceRefused, ApprovalRequested, FilesShared, SearchFocused, StopRefused)


@dataclass(frozen=True)
class Running:
    """A running trial, its slot (from 1), and for how many seconds it has run, as far as this process knows."""

    trial: Trial
    slot: int
    seconds: float


@dataclass
class Share:
    """The results of one proposer. `reports.proposers` has more, but reads every trial.

    Args:
        proposer: Its name.
        proposals: The number of its trials.
        accepted: Those that the judge accepted as the new best.
        best: Its best value of the first metric among complete trials.
        upcoming: The share of the next trials that a portfolio gives it, or None outside a portfolio.
    """

    proposer: str
    proposals: int = 0
    accepted: set[int] = field(default_factory=set)
    best: float | None = None
    upcoming: float | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A study at one moment.

    Args:
        objective: The objective.
        counts: The number of trials in each state.
        first: Trial 0, the user's own configuration, or None before it is proposed.
        first_value: Its first metric, averaged over complete repeats.
        best: The best trial, or None.
        best_value: Its first metric, averaged over complete repeats.
        best_repeats: The number of complete repeats.
        front: The Pareto front by the first metric; empty for a single metric.
        dominated: The share of its box that the front dominates, in [0, 1] (`pareto.hypervolume_share`), or None.
        noise: Standard deviation of the loss between repeats, or None where unknown.
        since_best: Settled trials since the last new best.
        seconds: Wall-clock time of all sessions.
        running: The running trials by slot.
        settled: The last settled trials, the latest first.
        shares: The proposers, the one with the most trials first.
        decision: The coordinator's last decision, or None.
        approval_requests: The open requests.
        warnings: The warnings that apply.
        families: The families of a fit, the best first; empty for any other study.
    """

    objective: Objective
    counts: Mapping[State, int]
    first: Trial | None
    first_value: float | None
    best: Trial | None
    best_value: float | None
    best_repeats: int
    front: Sequence[FrontRow]
    dominated: float | None
    noise: float | None
    since_best: int
    seconds: float
    running: Sequence[Running]
    settled: Sequence[Trial]
    shares: Sequence[Share]
    decision: Decision | None
    approval_requests: Sequence[ApprovalRequest] = ()
    warnings: Sequence[StudyWarning] = ()
    families: Sequence[FamilyRow] = ()

    @property
    def leaders(self) -> Container[int]:
        """The numbers of the trials on the Pareto front, or of the best trial."""
        if self.objective.pareto:
            return {row.trial.number for row in self.front}
        return () if self.best is None else {self.best.number}

    @property
    def best_of_first(self) -> float | None:
        """The best value of the first metric, which a target is compared with."""
        return self.front[0].values[0] if self.front else self.best_value

    @property
    def trials(self) -> int:
        """The number of trials."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """The number of settled trials."""
        return sum(count for state, count in self.counts.items() if state.settled)


class LiveState:
    """Follows a study's events. `record` and `snapshot` may be called from different threads.

    Args:
        clock: Seconds by a clock that never jumps.

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float, SearchSpace
    >>> from tunesmith.core.trial import Proposal
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> clock = iter([100.0, 103.0])
    >>> state = LiveState(lambda: next(clock))
    >>> for event in (
    ...     TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.5})),
    ...     TrialStarted(trial=0),
    ... ):
    ...     history.apply(event)
    >>> state.record(event, history)
    >>> [(run.trial.number, run.slot, run.seconds) for run in state.snapshot().running]
    [(0, 1, 3.0)]
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._history: History | None = None
        self._slots: dict[int, tuple[int, float]] = {}
        self._settled: deque[int] = deque(maxlen=MAX_SETTLED)
        self._shares: dict[str, Share] = {}
        self._seconds = 0.0
        self._recorded: float | None = None  # When the last event of a session was.
        self._dominated: tuple[list[FrontRow], float | None] = ([], None)

    @classmethod
    def of(cls, history: History, proposer: Proposer | None = None) -> LiveState:
        """Return the state of a loaded study that does not change meanwhile."""
        state = cls()
        state._begin(history, state._clock())
        shares = proposer.shares(history) if isinstance(proposer, PortfolioProposer) else {}
        for name in shares.keys() & state._shares.keys():
            state._shares[name].upcoming = shares[name]
        state._seconds = history.seconds_spent()
        return state

    def record(self, event: Event, history: History) -> None:
        """Record an event that `history` already includes, in constant time."""
        now = self._clock()
        with self._lock:
            if self._history is not history:
                self._begin(history, now)
            elif isinstance(event, TrialEvent):
                self._follow(event, history.trials[event.trial])
            if isinstance(event, TrialStarted):
                self._slots[event.trial] = (self._free_slot(event.trial), now)
            self._seconds = history.seconds_spent()
            self._recorded = now if history.session_open else None

    def snapshot(self) -> Snapshot | None:
        """Return a snapshot, or None before the first event."""
        now = self._clock()
        with self._lock:
            history = self._history
            if history is None:
                return None
            slots = dict(self._slots)
            recent = list(self._settled)
            shares = [replace(share, accepted=set(share.accepted)) for share in self._shares.values()]
            seconds = self._seconds + (0.0 if self._recorded is None else now - self._recorded)
        # The study's thread may change the history meanwhile. Trials are frozen and lists only grow, so reading those
        # is safe; iterating over a dictionary of the history would not be.
        first = history.trials[0] if history.trials else None
        best = history.best
        values = _values(history, best)
        front = front_rows(history)
        runs = [Running(history.trials[n], slot, now - since) for n, (slot, since) in slots.items()]
        return Snapshot(
            objective=history.objective,
            counts={state: history.counts[state] for state in State},
            first=first,
            first_value=_mean(_values(history, first)),
            best=best,
            best_value=_mean(values),
            best_repeats=len(values),
            front=front,
            dominated=self._dominated_by(front),
            noise=history.noise,
            since_best=history.since_best,
            seconds=seconds,
            running=sorted(runs, key=lambda run: run.slot),
            settled=[history.trials[n] for n in reversed(recent)],
            shares=sorted(shares, key=lambda share: -share.proposals),
            decision=next((e for e in reversed(history.decisions) if not isinstance(e, _MINOR_DECISIONS)), None),
            approval_requests=history.approval_requests.open,
            warnings=study_warnings(history),
            families=family_rows(list(history.trials), history.objective) if is_fit(history) else (),
        )

    def _dominated_by(self, front: list[FrontRow]) -> float | None:
        """Return the share that the front dominates, computed only for a new front."""
        if front != self._dominated[0]:
            signs = [metric.sign for metric in self._history.objective.metrics] if self._history else []
            share = hypervolume_share(np.array([row.values for row in front]) * signs) if front else None
            self._dominated = front, share
        return self._dominated[1]

    def _begin(self, history: History, now: float) -> None:
        """Catch up with the trials before the first event."""
        self._history = history
        for trial in history.trials:
            self._share(trial).proposals += 1
            if trial.state.settled:
                self._settle(trial)
            if trial.verdict is not None and trial.verdict.decision == "accept":
                self._share(trial).accepted.add(trial.number)
            if trial.state is State.RUNNING:
                self._slots[trial.number] = (len(self._slots) + 1, now)

    def _follow(self, event: TrialEvent, trial: Trial) -> None:
        if isinstance(event, TrialProposed):
            self._share(trial).proposals += 1
        elif isinstance(event, TrialFinished):
            self._slots.pop(trial.number, None)
            self._settle(trial)
        elif isinstance(event, TrialInterrupted):
            self._slots.pop(trial.number, None)
            if trial.number in self._settled:
                self._settled.remove(trial.number)
        elif isinstance(event, TrialJudged):
            accepted = self._share(trial).accepted
            (accepted.add if event.verdict.decision == "accept" else accepted.discard)(trial.number)

    def _settle(self, trial: Trial) -> None:
        assert self._history is not None
        self._settled.append(trial.number)
        metric = self._history.objective.primary
        value = trial.metrics.get(metric.name)
        if trial.state is State.COMPLETE and value is not None:
            share = self._share(trial)
            if share.best is None or metric.sign * value < metric.sign * share.best:
                share.best = value

    def _share(self, trial: Trial) -> Share:
        name = trial.proposal.proposer
        return self._shares.setdefault(name, Share(name))

    def _free_slot(self, trial: int) -> int:
        """Return the first free slot; trials fill slots in the order in which they start."""
        taken = {slot for number, (slot, _) in self._slots.items() if number != trial}
        return next(slot for slot in range(1, len(taken) + 2) if slot not in taken)


def _values(history: History, trial: Trial | None) -> list[float]:
    if trial is None:
        return []
    name = history.objective.primary.name
    return [run.metrics[name] for run in history.repeats(trial) if run.state is State.COMPLETE and name in run.metrics]


def _mean(values: Sequence[float]) -> float | None:
    return sum(value / len(values) for value in values) if values else None
