"""Approval of steps by a person: requests, answers, and the trials that follow."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from ..core.approval_request import APPROVE, REJECT, ApprovalRequest, ApprovalRequests
from ..core.trial import Proposal, Value
from ..engine.configurations import is_new
from ..engine.engine import Engine
from ..engine.recorder import exclusively
from ..errors import ApprovalPending, InputError, StudyLocked
from ..journal.events import ApprovalAnswered, ApprovalRequested
from ..journal.file import JOURNAL_NAME, read_events
from ..llm.options import ModelOptions
from ..proposers.language_model import NAME as ADVISER
from ..reports.approval_text import answer_line, approve_command, default_outcome, request_line, time_left
from ..reports.explanation import sentence
from .pending_answers import MAX_TEXT, PendingAnswer, read_answer, remove_answer, write_answer

log = logging.getLogger(__name__)

MAX_OPEN = 3
"""Open requests at once. Without a limit, short trials would leave hundreds for a person who is away."""


class Approvals:
    """Asks a person to approve steps, and applies the answers.

    Requests and answers are journaled, so a resumed study knows its open requests. Answers from other processes arrive
    through the study's folder, those from other threads through a queue.

    Args:
        engine: Adds the approved trials.
        options: The steps that need approval, and the time limit; None needs no approval.

    Attributes:
        is_driven: Whether a loop polls for answers; then no other thread may apply them.
        pauses: Whether an open request stops proposals, because only one trial runs at a time.
    """

    def __init__(self, engine: Engine, options: ModelOptions | None) -> None:
        self.engine = engine
        self.options = options
        self.recorder = engine.recorder
        self.history = engine.history
        self.is_driven = self.pauses = False
        self._deadlines: dict[int, float] = {}
        self._answers: SimpleQueue[tuple[int, PendingAnswer]] = SimpleQueue()

    @property
    def has_open(self) -> bool:
        """Whether a request is open."""
        return bool(self.history.approval_requests.open)

    def drive(self, *, pauses: bool) -> None:
        """Begin: a loop polls for answers from now on."""
        self.is_driven, self.pauses = True, pauses

    def release(self) -> None:
        """End: no loop polls for answers any more."""
        self.is_driven = self.pauses = False

    def needs(self, step: str) -> bool:
        """Tell whether a step of this size needs approval."""
        approve = "none" if self.options is None else self.options.approve
        return approve != "none" and approve in ("all", step)

    def fault(self, parameters: Mapping[str, Value]) -> str:
        """Return why a configuration may not be requested; empty if it may."""
        key = self.history.space.key
        for request in self.history.approval_requests.all:
            if key(request.parameters) == key(parameters) and (request.is_open or _is_final(request)):
                return f"{answer_line(request)}, and is not asked again."
        if len(self.history.approval_requests.open) >= MAX_OPEN:
            return f"{MAX_OPEN} steps already wait for approval."
        return ""

    def ask(self, proposal: Proposal, step: str, *, by: str) -> None:
        """Ask a person to approve a step.

        Args:
            proposal: The configuration to try.
            step: The size of the step.
            by: The role that advised it.

        Raises:
            ApprovalPending: Nothing may be proposed until the answer.
        """
        assert self.options is not None
        parent = {} if proposal.parent is None else self.history.trials[proposal.parent].parameters
        request = ApprovalRequest(
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
        self._deadlines[request.number] = time.monotonic() + self.options.approve_seconds
        self.engine.record_decision(ApprovalRequested(reason=request_line(request), by=by, request=request))
        self._remind(request)
        if self.pauses:
            raise ApprovalPending(f"question {request.number} is open.")

    def remind(self) -> None:
        """Log the open requests again, for a resumed study."""
        for request in self.history.approval_requests.open:
            self._remind(request)

    def _remind(self, request: ApprovalRequest) -> None:
        log.warning(
            "%s It is %s in %s. Answer with: %s",
            sentence(request_line(request)),
            default_outcome(request),
            time_left(request, time.time()),
            approve_command(request, self.history.folder),
        )

    def answer(self, number: int | None, text: str = "", *, reject: bool = False) -> ApprovalRequest:
        """Answer an open request, from any thread or process.

        Args:
            number: The request; None for the only open one.
            text: The reason, in words.
            reject: Reject the step instead of approving it.

        Returns:
            The request; still open if another thread or process has yet to apply the answer.

        Raises:
            InputError: There is no such open request, or it already has an answer.
        """
        pending = PendingAnswer(REJECT if reject else APPROVE, text[:MAX_TEXT])
        if not self.is_driven:
            # While another process runs the study, write a file for it below.
            with suppress(StudyLocked), self.recorder.exclusive():
                self.settle(expire=False)  # An earlier answer in the folder comes first.
                request = self._close(self._open(number), pending)
                self.engine.sync()
                return request
        request = self._open(number)
        if self.is_driven:
            self._answers.put((request.number, pending))
        else:
            assert self.history.folder is not None
            write_answer(self.history.folder, request, pending)
        return request

    def settle(self, *, expire: bool = True) -> bool:
        """Apply pending answers, and the default to requests past their deadline.

        An approved step becomes a waiting trial at once. A late answer counts if the default was not applied before.

        Args:
            expire: Whether to apply the defaults.

        Returns:
            Whether a request was closed.
        """
        if not self.has_open:
            return False
        queued = self._queued_answers()
        folder, closed = self.history.folder, False
        for request in self.history.approval_requests.open:
            pending = queued.get(request.number) or (None if folder is None else read_answer(folder, request))
            if pending is None and expire and self.seconds_left(request) <= 0:
                pending = PendingAnswer(request.default, by="time-out")
            if pending is not None:
                self._close(request, pending)
                closed = True
        return closed

    def seconds_left(self, request: ApprovalRequest) -> float:
        """Return the seconds until a request's deadline; 0 or less after it.

        They pass by a clock that never jumps. For a request of an earlier process the machine's clock says, once, how
        many are left: at most as many as the options give, because it may have been set back.
        """
        if request.number not in self._deadlines:
            left = request.deadline - time.time()
            if self.options is not None:
                left = min(left, self.options.approve_seconds)
            self._deadlines[request.number] = time.monotonic() + left
        return self._deadlines[request.number] - time.monotonic()

    def close_all(self, reason: str) -> None:
        """Reject all open requests, because the study ends."""
        for request in self.history.approval_requests.open:
            self._close(request, PendingAnswer(REJECT, reason, by="coordinator"))

    def _open(self, number: int | None) -> ApprovalRequest:
        """Return an open request by number, or the only open one."""
        requests = self.history.approval_requests
        numbers = ", ".join(str(request.number) for request in requests.open)
        if number is not None and number in requests:
            if requests[number].is_open:
                return requests[number]
            raise InputError(f"only an open question can be answered, but {answer_line(requests[number])}.")
        if number is not None:
            raise InputError(f"there is no question {number}; {f'open: {numbers}' if numbers else 'none is open'}.")
        if not numbers:
            last = f" The last one: {answer_line(requests.all[-1])}." if requests.all else ""
            raise InputError(f"only an open question can be answered, but none is open.{last}")
        if len(requests.open) > 1:
            first = requests.open[0].number
            raise InputError(f"several questions are open: {numbers}. Choose one, as question {first}.")
        return requests.open[0]

    def _queued_answers(self) -> dict[int, PendingAnswer]:
        queued: dict[int, PendingAnswer] = {}
        with suppress(Empty):
            while True:
                number, pending = self._answers.get_nowait()
                queued.setdefault(number, pending)  # The first answer counts.
        return queued

    @exclusively
    def _close(self, request: ApprovalRequest, pending: PendingAnswer) -> ApprovalRequest:
        """Journal an answer and its trial, unless another thread has closed the request."""
        if self.history.approval_requests[request.number].is_open:
            self._journal(request, pending)
        if self.history.folder is not None:
            remove_answer(self.history.folder, request)
        return self.history.approval_requests[request.number]

    def _journal(self, request: ApprovalRequest, pending: PendingAnswer) -> None:
        fault = self._obstacle(request) if pending.answer == APPROVE else ""
        trial = len(self.history.trials) if pending.answer == APPROVE and not fault else None
        reason = answer_line(request.answered(pending.answer, by=pending.by, text=pending.text, trial=trial))
        if fault:
            reason = f"{reason}; it is not tried, because {fault}"
        event = ApprovalAnswered(
            reason=reason,
            by=pending.by,
            number=request.number,
            answer=pending.answer,
            text=pending.text,
            trial=trial,
            # The language model sees rejected steps in this form.
            changes={name: ends["to"] for name, ends in request.changes.items() if "to" in ends},
        )
        if trial is None:
            self.recorder.emit(event)
        else:
            self.engine.enqueue(_proposal(request, pending), event)

    def _obstacle(self, request: ApprovalRequest) -> str:
        """Return why an approved step cannot be tried any more; empty if it can."""
        if not is_new(self.history, request.parameters):
            return "its configuration has been tried since"
        return "" if self.engine.has_room else "the budget allows no more trials"


def read_requests(folder: Path) -> ApprovalRequests:
    """Return the requests in a study's folder, even while another process runs the study."""
    requests = ApprovalRequests()
    for event in read_events(folder / JOURNAL_NAME, kinds=[ApprovalRequested, ApprovalAnswered]):
        if isinstance(event, ApprovalRequested | ApprovalAnswered):
            event.apply_to(requests)
    return requests


def _is_final(request: ApprovalRequest) -> bool:
    """Tell whether an answer is final: not given by the end of a study, and its step was tried if approved."""
    return request.answered_by != "coordinator" and (request.answer == REJECT or request.trial is not None)


def _proposal(request: ApprovalRequest, pending: PendingAnswer) -> Proposal:
    """Return the proposal of an approved step, in the name of the adviser."""
    return Proposal(
        parameters=request.parameters,
        proposer=ADVISER,
        reason=f"{sentence(request.advice)} It was approved by the {pending.by}.",
        parent=request.parent,
        expectation=request.expectation,
    )


def _changes(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Return the differences by parameter, as in `ApprovalRequest.changes`."""
    changes: dict[str, dict[str, Value]] = {}
    for name in [*after, *(name for name in before if name not in after)]:
        ends = {key: side[name] for key, side in (("from", before), ("to", after)) if name in side}
        if len(ends) < 2 or ends["from"] != ends["to"]:
            changes[name] = ends
    return changes
