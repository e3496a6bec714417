"""`tunesmith approve`: an answer to an approval request."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Group
from rich.text import Text

from ..approvals.approvals import read_requests
from ..approvals.pending_answers import remove_answer
from ..core.approval_request import ApprovalRequest
from ..errors import InputError
from ..progress.layout import indented
from ..progress.terminal import Printable
from ..reports.approval_text import answer_line
from ..service.facts import question_facts
from ..study.tuning import load
from .options import FOLDER, Output, speaking
from .request import request_view

_WAIT_SECONDS = 3.0
"""How long to wait for the process that runs the study; it looks for answers four times per second."""


@click.command()
@FOLDER
@click.argument("text", default="")
@click.option("--reject", is_flag=True, help="Reject the step.")
@click.option("--question", type=click.IntRange(min=1), help="The number of the question, if several are open.")
@speaking
def approve(output: Output, folder: Path, text: str, reject: bool, question: int | None) -> None:
    """Approve a step that waits in the study in FOLDER, or `--reject` it; TEXT is the reason.

    `tunesmith status FOLDER` shows the step.
    """
    with load(folder) as study:
        metric = study.objective.primary.name
        request = study.approve(question, text, reject=reject)
    if request.is_open:
        request = _wait_for_answer(folder, request, "reject" if reject else "approve")
    outcome = answer_line(request)
    if request.is_open:
        outcome = f"the answer is saved; the process that runs {folder} will read it"
    view = Group(request_view(request, metric, rows=99), indented(Text(outcome), "✓"))
    output.say(Printable(view), question_facts(request))


def _wait_for_answer(folder: Path, request: ApprovalRequest, answer: str) -> ApprovalRequest:
    """Return the request once the process that runs the study has read the answer, or still open if it does not.

    Raises:
        InputError: The request was answered otherwise, by another person or because the answer came too late.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        request = read_requests(folder)[request.number]
        if not request.is_open or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    if not request.is_open:
        remove_answer(folder, request)
        if (request.answer, request.answered_by) != (answer, "user"):
            raise InputError(f"only an open question can be answered, but {answer_line(request)}.")
    return request
