"""A request for approval, and its answer, in words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ..core.approval_request import ApprovalRequest
from ..core.trial import Value
from ..text import wording
from ..text.cleaning import short
from .explanation import listing, named, valued

ANSWERS = {"approve": "approved", "reject": "rejected"}
_BY = {"user": "the user", "time-out": "the time-out", "coordinator": "the end of the study"}


def changed(question: ApprovalRequest, most: int = 12) -> str:
    """Return the changes of a step, as `lr 0.001 → 0.01, layers 2 → 3`; of many parameters the first."""
    words = [f"{named(name)} {_side(ends, 'from')} → {_side(ends, 'to')}" for name, ends in question.changes.items()]
    return listing(words, most) or "nothing"


def _side(ends: Mapping[str, Value], key: str) -> str:
    return valued(ends[key]) if key in ends else "not active"


def asked(question: ApprovalRequest) -> str:
    """Return a request on one line, without its deadline."""
    article = "an" if question.step[:1] in "aeiou" else "a"
    origin = "" if question.parent is None else f" from trial {question.parent}"
    reason = f" Reason: {short(question.advice, 500)}" if question.advice else ""
    step = short(question.step, 40)
    return f"question {question.number}: approve {article} {step} step{origin} ({changed(question)})?{reason}"


def answered(question: ApprovalRequest) -> str:
    """Return the answer to a request on one line."""
    if question.is_open:
        return f"question {question.number} is open"
    by = _BY.get(question.answered_by, short(question.answered_by, 40))
    text = f": {short(question.text, 500)}" if question.text else ""
    trial = "" if question.trial is None else f" (trial {question.trial})"
    return f"question {question.number} was {ANSWERS[question.answer]} by {by}{trial}{text}"


def command(question: ApprovalRequest, folder: object) -> str:
    """Return the command that approves a request, or a line of Python for a study without a folder."""
    if folder is None:
        return f"study.approve({question.number})"
    return f"tunesmith approve {shlex.quote(str(folder))} --question {question.number}"


def then(question: ApprovalRequest) -> str:
    """Return the outcome after the deadline, as `rejected`."""
    return ANSWERS[question.default]


def left(question: ApprovalRequest, now: float) -> str:
    """Return the time until the deadline, in words; `now` in seconds since 1970."""
    return wording.duration(max(0, round(question.deadline - now)))
