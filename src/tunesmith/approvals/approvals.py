"""Steps that a person has to approve: put to them, held meanwhile, and tried or not by what they say."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from ..core.approval_request import APPROVE, REJECT, ApprovalRequest, ApprovalRequests
from ..core.trial import Proposal, Value
from ..engine.configurations import is_new
from ..engine.engine import Engine
from ..errors import ApprovalPending, InputError, StudyLocked
from ..journal.events import ApprovalAnswered, ApprovalRequested
from ..journal.file import JOURNAL_NAME, read_events
from ..llm.options import ModelOptions
from ..proposers.language_model import NAME as ADVISER
from ..reports.approval_text import answer_line, approve_command, default_outcome, request_line, time_left
from ..reports.explanation import sentence
from . import answers
from .answers import Given

log = logging.getLogger(__name__)

MOST_OPEN = 3
"""So many steps wait at once; where trials are short and nobody looks, a person would find hundreds."""


class Approvals:
    """Asks a person about steps, and takes in the answers.

    All of it is in the journal: a study that goes on knows what is open. Answers reach the process that runs the study
    through its folder, or, from another thread of it, directly.

    Args:
        engine: Tries what was approved.
        options: Which steps are asked about, and how long; None asks about none.

    Attributes:
        is_driven: Whether a loop looks for answers; then no other thread may take them in.
        pauses: Whether nothing else is proposed while a question is open, as one trial runs at a time.
    """

    def __init__(self, engine: Engine, options: ModelOptions | None) -> None:
        self.engine = engine
        self.options = options
        self.history = engine.history
        self.is_driven = self.pauses = False
        self._given: SimpleQueue[tuple[int, Given]] = SimpleQueue()

    @property
    def has_open(self) -> bool:
        """Whether a question is open."""
        return bool(self.history.approval_requests.open)

    def drive(self, *, pauses: bool) -> None:
        """Take note that a loop looks for answers from now on."""
        self.is_driven, self.pauses = True, pauses

    def release(self) -> None:
        """Take note that no loop does any more."""
        self.is_driven = self.pauses = False

    def needs(self, step: str) -> bool:
        """Tell whether a person has to approve such a step."""
        wanted = "none" if self.options is None else self.options.approve
        return wanted != "none" and wanted in ("all", step)

    def fault(self, parameters: Mapping[str, Value]) -> str:
        """Return why nobody is asked about a configuration; empty where somebody may be."""
        key = self.history.space.key
        for question in self.history.approval_requests.all:
            if key(question.parameters) == key(parameters) and (question.is_open or _is_final(question)):
                return f"{answer_line(question)}, and nobody is asked twice."
        if len(self.history.approval_requests.open) >= MOST_OPEN:
            return f"{MOST_OPEN} steps wait for approval already."
        return ""

    def ask(self, proposal: Proposal, step: str, *, by: str) -> None:
        """Put a step to a person.

        Args:
            proposal: What is to be tried.
            step: How large a step it is.
            by: Who thought of it.

        Raises:
            ApprovalPending: Nothing is to be proposed in its place meanwhile.
        """
        assert self.options is not None
        parent = {} if proposal.parent is None else self.history.trials[proposal.parent].parameters
        question = ApprovalRequest(
            number=len(self.history.approval_requests.all) + 1,
            step=step,
            parameters=dict(proposal.parameters),
            changes=_changes(parent, proposal.parameters),
            advice=proposal.reason,
            parent=proposal.parent,
            expectation=proposal.expectation,
            deadline=round(time.time() + self.options.approve_seconds, 3),
            default=APPROVE if self.options.approve_default == APPROVE else REJECT,
        )
        self.engine.record_decision(ApprovalRequested(reason=request_line(question), by=by, request=question))
        self._remind(question)
        if self.pauses:
            raise ApprovalPending(f"question {question.number} is open.")

    def remind(self) -> None:
        """Say what is still open, as where a study goes on."""
        for question in self.history.approval_requests.open:
            self._remind(question)

    def _remind(self, question: ApprovalRequest) -> None:
        log.warning(
            "%s It is %s in %s. Answer with: %s",
            sentence(request_line(question)),
            default_outcome(question),
            time_left(question, time.time()),
            approve_command(question, self.history.folder),
        )

    def answer(self, number: int | None, text: str = "", *, reject: bool = False) -> ApprovalRequest:
        """Answer an open question, from whatever thread or process.

        Args:
            number: The question; None for the only one that is open.
            text: Why, in words.
            reject: Keep the step from being tried.

        Returns:
            The question; still open where another thread or process is to take the answer in.

        Raises:
            InputError: There is no such open question, or it was answered already.
        """
        given = Given(REJECT if reject else APPROVE, text[: answers.MOST_TEXT])
        if not self.is_driven:
            with suppress(StudyLocked):  # Somebody else works on the folder; it is left there for them below.
                self.engine.recorder.open()
                self.settle(expire=False)  # An earlier answer may lie there.
                question = self._close(self._open(number), given)
                self.engine.sync()
                return question
        question = self._open(number)
        if self.is_driven:
            self._given.put((question.number, given))
        else:
            assert self.history.folder is not None
            answers.leave(self.history.folder, question, given)
        return question

    def settle(self, *, expire: bool = True) -> bool:
        """Take in the answers that were given, and close what nobody answered in time.

        What is approved becomes a trial at once, which waits for a slot. An answer that is there counts, however late.

        Args:
            expire: Whether to close what nobody answered in time.

        Returns:
            Whether a question was closed.
        """
        if not self.has_open:
            return False
        self.engine.recorder.open()
        direct = self._direct()
        closed = False
        for question in self.history.approval_requests.open:
            given = direct.get(question.number) or self._left(question)
            if given is None and expire and time.time() >= question.deadline:
                given = Given(question.default, by="time-out")
            if given is not None:
                self._close(question, given)
                closed = True
        return closed

    def close_all(self, reason: str) -> None:
        """Close whatever is open, as the study ends; nothing of it is tried."""
        for question in self.history.approval_requests.open:
            self._close(question, Given(REJECT, reason, by="coordinator"))

    def _open(self, number: int | None) -> ApprovalRequest:
        """Return an open question.

        Raises:
            InputError: There is none of that number; or none or several, where no number was given.
        """
        questions = self.history.approval_requests
        listed = [str(question.number) for question in questions.open]
        numbers = ", ".join(listed)
        if number is not None and number in questions:
            if questions[number].is_open:
                return questions[number]
            raise InputError(f"only an open question can be answered, but {answer_line(questions[number])}.")
        if number is not None:
            raise InputError(f"there is no question {number}; {f'open are {numbers}' if numbers else 'none is open'}.")
        if not numbers:
            last = f" The last, {answer_line(questions.all[-1])}." if questions.all else ""
            raise InputError(f"only an open question can be answered, but none is open.{last}")
        if len(listed) > 1:
            raise InputError(f"several questions are open: {numbers}. Say which one is meant, as question {listed[0]}.")
        return questions.open[0]

    def _direct(self) -> dict[int, Given]:
        found: dict[int, Given] = {}
        with suppress(Empty):
            while True:
                number, given = self._given.get_nowait()
                found.setdefault(number, given)  # Of several, the first counts.
        return found

    def _left(self, question: ApprovalRequest) -> Given | None:
        return None if self.history.folder is None else answers.left(self.history.folder, question)

    def _close(self, question: ApprovalRequest, given: Given) -> ApprovalRequest:
        """Journal an answer, and the trial that follows from it; where another thread was first, that one counts."""
        with self.engine.recorder.lock:
            if self.history.approval_requests[question.number].is_open:
                self._journal(question, given)
        if self.history.folder is not None:
            answers.remove(self.history.folder, question)
        return self.history.approval_requests[question.number]

    def _journal(self, question: ApprovalRequest, given: Given) -> None:
        fault = self._hindrance(question) if given.answer == APPROVE else ""
        trial = len(self.history.trials) if given.answer == APPROVE and not fault else None
        closed = replace(question, answer=given.answer, answered_by=given.by, text=given.text, trial=trial)
        reason = answer_line(closed)
        if fault:
            reason = f"{reason}; it is not tried, as {fault}"
        event = ApprovalAnswered(
            reason=reason,
            by=given.by,
            number=question.number,
            answer=given.answer,
            text=given.text,
            trial=trial,
            # The language model is shown what was rejected in this form.
            changes={name: ends["to"] for name, ends in question.changes.items() if "to" in ends},
        )
        if trial is None:
            self.engine.recorder.emit(event)
        else:
            self.engine.enqueue(_proposal(question, given), event)

    def _hindrance(self, question: ApprovalRequest) -> str:
        """Return why a step cannot be tried any more, whatever was answered; empty where it can."""
        if not is_new(self.history, question.parameters):
            return "its configuration was tried meanwhile"
        return "" if self.engine.has_room else "the budget has no trial left"


def read_requests(folder: Path) -> ApprovalRequests:
    """Return the requests in a study's folder, also while another process runs the study."""
    requests = ApprovalRequests()
    for event in read_events(folder / JOURNAL_NAME, kinds=[ApprovalRequested, ApprovalAnswered]):
        if isinstance(event, ApprovalRequested):
            requests.add(event.request)
        elif isinstance(event, ApprovalAnswered):
            requests.answer(event.number, event.answer, by=event.by, text=event.text, trial=event.trial)
    return requests


def _is_final(question: ApprovalRequest) -> bool:
    """Tell whether a question was answered for good, and not closed as the study had no trial left."""
    return question.answered_by != "coordinator" and (question.answer == REJECT or question.trial is not None)


def _proposal(question: ApprovalRequest, given: Given) -> Proposal:
    """Return what was approved; it counts as the adviser's, which thought of it."""
    return Proposal(
        parameters=question.parameters,
        proposer=ADVISER,
        reason=f"{sentence(question.advice)} It was approved by the {given.by}.",
        parent=question.parent,
        expectation=question.expectation,
    )


def _changes(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Return what differs, by parameter; an end is left out where the parameter is not active there."""
    found: dict[str, dict[str, Value]] = {}
    for name in [*after, *(name for name in before if name not in after)]:
        ends = {key: side[name] for key, side in (("from", before), ("to", after)) if name in side}
        if len(ends) < 2 or ends["from"] != ends["to"]:
            found[name] = ends
    return found
