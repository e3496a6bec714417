"""`tunesmith approve`: whether a step may be tried that a language model wants."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Group
from rich.text import Text

from ..approvals import answers
from ..approvals.approvals import read_requests
from ..core.approval_request import ApprovalRequest
from ..errors import InputError
from ..reports import asking
from ..service.facts import question_facts
from ..study.tuning import load
from . import panels
from .options import FOLDER, Output, speaking
from .request import request_view
from .terminal import Printable

_PATIENCE_SECONDS = 3.0
"""How long to wait until the process that runs the study has taken the answer in; it looks four times a second."""


@click.command()
@FOLDER
@click.argument("text", default="")
@click.option("--reject", is_flag=True, help="Keep the step from being tried.")
@click.option("--question", type=click.IntRange(min=1), help="Which one, where several are open.")
@speaking
def approve(output: Output, folder: Path, text: str, reject: bool, question: int | None) -> None:
    """Approve the step that the study in FOLDER asks about, or `--reject` it; TEXT says why.

    `tunesmith status FOLDER` shows what is asked.
    """
    with load(folder) as study:
        metric = study.objective.primary.name
        found = study.approve(question, text, reject=reject)
    if found.is_open:
        found = _taken_in(folder, found, "reject" if reject else "approve")
    outcome = asking.answered(found)
    if found.is_open:
        outcome = f"your answer is noted; whatever works on {folder} takes it in when it looks next"
    view = Group(request_view(found, metric, rows=99), panels.indented(Text(outcome), "✓"))
    output.say(Printable(view), question_facts(found))


def _taken_in(folder: Path, asked: ApprovalRequest, wanted: str) -> ApprovalRequest:
    """Return what became of a question, once the answer that was left for it has been taken in.

    Raises:
        InputError: It was closed otherwise, by another answer or as it was too late.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        found = read_requests(folder)[asked.number]
        if not found.is_open or time.monotonic() > until:
            break
        time.sleep(0.1)
    if not found.is_open:
        answers.remove(folder, found)
        if (found.answer, found.answered_by) != (wanted, "user"):
            raise InputError(f"only an open question can be answered, but {asking.answered(found)}.")
    return found
