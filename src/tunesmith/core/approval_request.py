"""Requests for a person's approval of a step, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from .trial import Value

APPROVE: Final = "approve"
REJECT: Final = "reject"

Answer = Literal["approve", "reject"]


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest:
    """A step that is tried only after approval.

    Args:
        number: From 1.
        step: The size of the step, as `"radical"`.
        parameters: The configuration to try.
        changes: The difference from the parent, as `{"lr": {"from": 0.1, "to": 0.2}}`. An end is missing where the
            parameter is not active.
        advice: The adviser's reason.
        parent: The trial that the step starts from.
        expectation: The expected value of the first metric.
        deadline: When the default takes effect, in seconds since 1970.
        default: The answer after the deadline.
        answer: `"approve"` or `"reject"`; empty while the request is open.
        answered_by: `"user"`, `"time-out"`, or `"coordinator"` where the study ended first.
        text: The person's own words.
        trial: The trial that followed.
    """

    number: int
    step: str
    parameters: Mapping[str, Value]
    changes: Mapping[str, Mapping[str, Value]]
    advice: str = ""
    parent: int | None = None
    expectation: float | None = None
    deadline: float
    default: Answer
    answer: str = ""
    answered_by: str = ""
    text: str = ""
    trial: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the request has no answer yet."""
        return not self.answer

    def answered(self, answer: Answer, *, by: str, text: str = "", trial: int | None = None) -> ApprovalRequest:
        """Return the request with its answer."""
        return replace(self, answer=answer, answered_by=by, text=text, trial=trial)


@dataclass
class ApprovalRequests:
    """All requests of a study, by number from 1.

    >>> asked = {"step": "radical", "parameters": {"x": 1}, "changes": {}, "deadline": 9.0, "default": "reject"}
    >>> requests = ApprovalRequests()
    >>> requests.add(ApprovalRequest(number=1, **asked))
    >>> [request.number for request in requests.open]
    [1]
    >>> requests.answer(1, "reject", by="user", text="too large")
    >>> requests.open, requests[1].text
    ([], 'too large')
    """

    all: list[ApprovalRequest] = field(default_factory=list)

    def add(self, request: ApprovalRequest) -> None:
        """Add the next request; ignore one that is out of order."""
        if request.number == len(self.all) + 1:
            self.all.append(request)

    def answer(self, number: int, answer: Answer, **details: Any) -> None:
        """Record an answer; see `ApprovalRequest.answered`. Ignore one to an unknown request."""
        if number in self:
            self.all[number - 1] = self[number].answered(answer, **details)

    @property
    def open(self) -> list[ApprovalRequest]:
        """The requests without an answer."""
        return [request for request in self.all if request.is_open]

    def __contains__(self, number: int) -> bool:
        return 1 <= number <= len(self.all)

    def __getitem__(self, number: int) -> ApprovalRequest:
        return self.all[number - 1]
