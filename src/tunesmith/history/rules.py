"""The rules of the order of events: one that cannot follow the others is neither journaled nor replayed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core.objective import Objective
from ..core.trial import State, Trial
from ..errors import TunesmithError
from ..journal import events
from ..journal.events import Event, TrialEvent

_STATES: dict[type[Event], tuple[State, ...]] = {
    events.TrialStarted: (State.WAITING,),
    events.TrialReported: (State.RUNNING,),
    events.TrialFinished: (State.RUNNING,),
    events.TrialInterrupted: (State.RUNNING, State.FAILED),  # A failed trial is retried once its cause is mended.
}
"""The states of a trial in which these events may happen; the others may at any time."""


def check_order(
    following: Sequence[Event], trials: Sequence[Trial], objective: Objective, *, is_new: bool, requests: int
) -> None:
    """Raise `TunesmithError` unless events can follow a history, one after the other.

    Args:
        following: The events.
        trials: The trials of the history.
        objective: Its objective.
        is_new: Whether the history has no events yet.
        requests: The number of its requests for approval.
    """
    count = len(trials)
    states: dict[int, State] = {}  # As the events change them.
    for event in following:
        if isinstance(event, events.TrialProposed):
            _check_proposal(event, count)
            states[count] = State.WAITING
            count += 1
        elif isinstance(event, TrialEvent):
            if event.trial >= count:
                raise TunesmithError(f"trial {event.trial} must be proposed before '{event.kind}'.")
            if (allowed := _STATES.get(type(event))) is not None:
                state = states.get(event.trial) or trials[event.trial].state
                if state not in allowed:
                    raise TunesmithError(f"trial {event.trial} is {state}, so '{event.kind}' cannot follow.")
                states[event.trial] = _state_after(event, state, objective)
        elif isinstance(event, events.StudyCreated):
            if not is_new:
                raise TunesmithError("a study is created once.")
        elif isinstance(event, events.ApprovalRequested):
            requests += 1
            if event.request.number != requests:
                raise TunesmithError(f"question {requests} must be next, got question {event.request.number}.")
        elif isinstance(event, events.ApprovalAnswered) and not 1 <= event.number <= requests:
            raise TunesmithError(f"question {event.number} must be asked before it is answered.")
        is_new = False


def _check_proposal(event: events.TrialProposed, count: int) -> None:
    if event.trial != count:
        raise TunesmithError(f"trial {count} must be next, got trial {event.trial}.")
    proposal = event.proposal
    for role, origin in (
        ("parent", proposal.parent),
        ("repeat_of", proposal.repeat_of),
        ("inherits", proposal.inherits),
    ):
        if origin is not None and not 0 <= origin < count:
            raise TunesmithError(f"'{role}' of trial {count} must be an earlier trial, got {origin}.")


def _state_after(event: TrialEvent, state: State, objective: Objective) -> State:
    """Return the state of a trial after an event."""
    if isinstance(event, events.TrialFinished):
        _check_end(event, objective)
        return event.state
    if isinstance(event, events.TrialStarted):
        return State.RUNNING
    return State.WAITING if isinstance(event, events.TrialInterrupted) else state


def _check_end(event: events.TrialFinished, objective: Objective) -> None:
    if not event.state.settled:
        raise TunesmithError(f"trial {event.trial} must end as complete, pruned or failed, got {event.state}.")
    if (event.state is State.FAILED) != (event.failure is not None):
        raise TunesmithError(f"a failed trial, and no other, has a failure, but trial {event.trial} is {event.state}.")
    for name, value in event.metrics.items():
        if not math.isfinite(value):
            raise TunesmithError(f"metric '{name}' of trial {event.trial} must be a finite number, got {value}.")
    if event.state is State.COMPLETE:
        for metric in objective.metrics:
            if metric.name not in event.metrics:
                raise TunesmithError(f"trial {event.trial} is complete, but has no metric '{metric.name}'.")
