"""Events of a study: one frozen class for each kind, written to and read from plain records through this module only.

A record is a flat dictionary: `event` (the kind, the class's name in snake case), `time`, and the fields that differ
from their defaults. Unknown fields of a later version are ignored.
"""

from __future__ import annotations

import re
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from ..core.approval_request import Answer, ApprovalRequest, ApprovalRequests
from ..core.spending import Call
from ..core.trial import Failure, Proposal, State, Value, Verdict
from . import records
from .records import from_table, to_table

_CLASSES: dict[str, type[Event]] = {}
_LAST_TIME = 253402300799.0  # The end of the year 9999.


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a study.

    Args:
        time: Seconds since 1970, by the machine's clock, which may jump.
        elapsed: Seconds since the session was opened, by a clock that never jumps; None outside a session.
    """

    kind: ClassVar[str] = ""
    time: float = field(default_factory=lambda: clock.time())
    elapsed: float | None = None

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        _CLASSES[cls.kind] = cls


@dataclass(frozen=True, kw_only=True)
class StudyCreated(Event):
    """The study was created.

    Args:
        format: The version of the journal's format.
        version: The version of tunesmith.
        study: Its specification, as a plain table.
    """

    format: int
    version: str
    study: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SessionOpened(Event):
    """A process began to run the study.

    Args:
        pid: The process.
        host: Its machine.
        python: The version of Python.
        version: The version of tunesmith.
        study: The specification that holds for this session, as a plain table.
    """

    pid: int = 0
    host: str = ""
    python: str = ""
    version: str = ""
    study: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SessionClosed(Event):
    """The process stopped running the study."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TrialEvent(Event):
    """Something that happened to one trial."""

    trial: int


@dataclass(frozen=True, kw_only=True)
class TrialProposed(TrialEvent):
    """A trial was added to the queue."""

    proposal: Proposal
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class TrialStarted(TrialEvent):
    """An attempt at the trial began; the first is number 1."""

    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class TrialReported(TrialEvent):
    """The running trial reported metrics at a step; those that are not finite are NaN, and null in a record."""

    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class TrialFinished(TrialEvent):
    """The trial was settled: complete, pruned or failed."""

    state: State
    attempt: int = 1
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    seconds: float | None = None
    peak_memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrialInterrupted(TrialEvent):
    """The attempt ended through no fault of the trial, which waits again.

    Args:
        reason: Why, in words.
        lost: Whether its process vanished.
    """

    reason: str = ""
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class TrialJudged(TrialEvent):
    """A judge or the user judged the trial."""

    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class TrialTested(TrialEvent):
    """The trial was scored on the held-out test split, or failed there."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True)
class TrialNoted(TrialEvent):
    """A user wrote a note on the trial."""

    text: str


@dataclass(frozen=True, kw_only=True)
class ModelCalled(Event):
    """A language model was called, with or without an answer."""

    call: Call


@dataclass(frozen=True, kw_only=True)
class Decision(Event):
    """A decision about the study, with its reason in words.

    Args:
        reason: Why.
        by: The role or rule that decided.
    """

    reason: str
    by: str = "coordinator"


@dataclass(frozen=True, kw_only=True)
class StudyStopped(Decision):
    """The study ended; `failed` where nothing worked."""

    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class StopRefused(Decision):
    """A language model's decision to stop the study was refused."""


@dataclass(frozen=True, kw_only=True)
class SearchFocused(Decision):
    """A coordinator named the parameters that advice should change next, and those to leave alone."""

    prioritise: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AdviceRefused(Decision):
    """Advice was not followed.

    Args:
        step: The size of the advised step, as `"small"`.
        changes: The advised values by parameter.
        advice: The adviser's own reason.
    """

    step: str = ""
    changes: Mapping[str, Value] = field(default_factory=dict)
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelPaused(Decision):
    """Language models are not asked for a while, because none answered.

    Args:
        until: The number of trials at which they are asked again.
        failures: Consecutive failures so far.
    """

    until: float = 0
    failures: int = 0


@dataclass(frozen=True, kw_only=True)
class FilesShared(Decision):
    """Trials that ran at the same time wrote to the same files, outside their folders.

    Args:
        paths: Relative to the folder in which the trials run.
    """

    paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(Decision):
    """A person was asked to approve a step."""

    request: ApprovalRequest

    def apply_to(self, requests: ApprovalRequests) -> None:
        """Add the request."""
        requests.add(self.request)


@dataclass(frozen=True, kw_only=True)
class ApprovalAnswered(Decision):
    """A request for approval was closed.

    Args:
        number: The request.
        answer: `"approve"` or `"reject"`.
        text: The person's own words.
        trial: The trial that follows, or None.
        changes: The requested values by parameter.
    """

    number: int
    answer: Answer
    text: str = ""
    trial: int | None = None
    changes: Mapping[str, Value] = field(default_factory=dict)

    def apply_to(self, requests: ApprovalRequests) -> None:
        """Close the request with this answer."""
        requests.answer(self.number, self.answer, by=self.by, text=self.text, trial=self.trial)


def to_record(event: Event) -> dict[str, Any]:
    """Return an event as a flat record, without the fields that have their defaults.

    >>> to_record(TrialStarted(trial=3, attempt=2, time=1.5))
    {'time': 1.5, 'event': 'trial_started', 'trial': 3, 'attempt': 2}
    """
    return {"time": round(event.time, 6), "event": event.kind} | to_table(event, without="time")


def from_record(record: Mapping[str, Any]) -> Event:
    """Return the event in a record.

    Raises:
        ValueError: The record is not an event of this version; the message tells why.

    >>> from_record({"time": 1.5, "event": "trial_started", "trial": 3}).attempt
    1
    """
    kind = record.get("event") if isinstance(record, dict) else None
    if not isinstance(kind, str):
        raise ValueError("it has no kind of event.")
    if kind not in _CLASSES:
        raise ValueError(
            f"its event '{kind:.60}' is unknown: a later version of tunesmith wrote it. Upgrade tunesmith."
        )
    try:
        event: Event = from_table(_CLASSES[kind], record)
    except ValueError as error:
        raise ValueError(f"its {error}.") from None
    if not 0 <= event.time <= _LAST_TIME:
        raise ValueError(f"its 'time' must be seconds since 1970, got {event.time}.")
    if event.elapsed is not None and not 0 <= event.elapsed <= _LAST_TIME:
        raise ValueError(f"its 'elapsed' must be seconds, got {event.elapsed}.")
    return event


def to_line(event: Event) -> bytes:
    """Return the line of an event in a journal."""
    return records.to_line(to_record(event))


def from_line(line: bytes) -> Event:
    """Return the event in a line; see `from_record`."""
    return from_record(orjson.loads(line))
