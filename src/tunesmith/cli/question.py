"""A step that waits for a person's word, as lines on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.text import Text

from ..core.approval_request import Question
from ..core.trial import Value
from ..reports import asking
from ..text.cleaning import clean
from ..text.wording import number
from ..text.wording import value as shown
from . import panels
from .panels import NAME, SOFT
from .terminal import near


def question_lines(question: Question, width: int, *, rows: int = 3, metric: str = "") -> list[Text]:
    """Return what is asked: how large a step, what it changes, why.

    Args:
        question: The question.
        width: Of a line, in cells.
        rows: The most lines for what changes, and for the reason each.
        metric: The metric that the expectation is of.
    """
    origin = "" if question.parent is None else f" from trial {question.parent}"
    head = Text(" ? ", style=NAME).append(f"question {question.number}", style="bold")
    head.append(f"  {clean(question.step)} step{origin}")
    if question.expectation is not None:
        head.append(f"  expects {clean(metric)} {number(question.expectation)}", style=SOFT)
    pieces = [
        Text().append(panels.short_name(name, question.changes), style=SOFT).append(f" {_ends(ends)}")
        for name, ends in question.changes.items()
    ]
    why = textwrap.wrap(clean(question.advice), max(width - 3, 20))
    why = why if len(why) <= rows else [*why[: rows - 1], f"{why[rows - 1]} …"]
    lines = [head, *panels.flow(pieces, width, rows), *(Text(f"   {line}", style=SOFT) for line in why)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def waiting_lines(
    questions: Sequence[Question], width: int, now: float, *, folder: Path | None, metric: str, typed: str | None
) -> list[Text]:
    """Return the first open question with how to answer it, below a heading; nothing where none is open.

    Args:
        questions: Those that are open, in order.
        width: Of a line, in cells.
        now: Seconds since 1970.
        folder: The study's folder.
        metric: The metric that expectations are of.
        typed: What has been typed as an answer; None where nothing can be.
    """
    if not questions:
        return []
    first = questions[0]
    more = f"{len(questions) - 1} more {'waits' if len(questions) == 2 else 'wait'}" if len(questions) > 1 else ""
    aside = Text(more, style=SOFT) if more else None
    lines = [panels.title("waits for approval", width, aside), *question_lines(first, width, metric=metric)]
    left = f"{asking.left(first, now)} left, then it is {asking.then(first)}"
    command = "" if folder is None else asking.command(first, near(folder))
    if typed is not None:
        lines.append(Text(" ▸ ", style=NAME).append("y or n, then Enter: ", style="bold").append(f"{typed}_  "))
        lines[-1].append(left, style=SOFT)
    else:
        lines += [Text(f"   {left}", style=SOFT)]
        lines += [Text(" ▸ ", style=NAME).append(f"{command}  (or --reject)")] if command else []
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _ends(ends: Mapping[str, Value]) -> str:
    before, after = (shown(ends[key]) if key in ends else "not active" for key in ("from", "to"))
    return f"{before} → {after}"
