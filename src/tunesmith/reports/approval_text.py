"""A request for approval, and its answer, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..core.approval_request import ApprovalRequest
from ..core.trial import Value
from ..text import wording
from ..text.cleaning import short
from ..text.shell import command
from .explanation import listing, named, valued

ANSWERS = {"approve": "approved", "reject": "rejected"}
_BY = {"user": "the user", "time-out": "the time-out", "coordinator": "the end of the study"}


def _changes(request: ApprovalRequest) -> str:
    """Return the changes of a step, as `lr 0.001 → 0.01, layers 2 → 3`; of many parameters the first."""
    words = [f"{named(name)} {_side(ends, 'from')} → {_side(ends, 'to')}" for name, ends in request.changes.items()]
    return listing(words) or "nothing"


def _side(ends: Mapping[str, Value], key: str) -> str:
    return valued(ends[key]) if key in ends else "not active"


def request_line(request: ApprovalRequest) -> str:
    """Return a request on one line, without its deadline."""
    article = "an" if request.step[:1] in "aeiou" else "a"
    origin = "" if request.parent is None else f" from trial {request.parent}"
    reason = f" Reason: {short(request.advice, 500)}" if request.advice else ""
    step = short(request.step, 40)
    return f"question {request.number}: approve {article} {step} step{origin} ({_changes(request)})?{reason}"


def answer_line(request: ApprovalRequest) -> str:
    """Return the answer to a request on one line."""
    if request.is_open:
        return f"question {request.number} is open"
    by = _BY.get(request.answered_by, short(request.answered_by, 40))
    text = f": {short(request.text, 500)}" if request.text else ""
    trial = "" if request.trial is None else f" (trial {request.trial})"
    return f"question {request.number} was {ANSWERS[request.answer]} by {by}{trial}{text}"


def approve_command(request: ApprovalRequest, folder: Path | None) -> str:
    """Return the command that approves a request, or a line of Python for a study without a folder."""
    if folder is None:
        return f"study.approve({request.number})"
    return command("tunesmith", "approve", folder, "--question", request.number)


def default_outcome(request: ApprovalRequest) -> str:
    """Return the outcome after the deadline, as `rejected`."""
    return ANSWERS[request.default]


def time_left(request: ApprovalRequest, now: float) -> str:
    """Return the time until the deadline, in words; `now` in seconds since 1970."""
    return wording.duration(max(0, round(request.deadline - now)))
