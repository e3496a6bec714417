"""An approval request on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from ..core.approval_request import ApprovalRequest
from ..core.trial import Value
from ..progress import panels
from ..progress.layout import NAME, SOFT, Flow, Title, line
from ..progress.terminal import shortened
from ..reports.approval_text import approve_command, default_outcome, time_left
from ..text.cleaning import clean
from ..text.wording import number
from ..text.wording import value as shown


def request_view(request: ApprovalRequest, metric: str, rows: int = 3) -> RenderableType:
    """Return a request: the size of the step, its changes, and the reason.

    Args:
        request: The approval request.
        metric: The metric that the step is expected to reach.
        rows: The maximum number of lines for the changes, and for the reason.
    """
    origin = "" if request.parent is None else f" from trial {request.parent}"
    expected = "" if request.expectation is None else f"  expects {clean(metric)} {number(request.expectation)}"
    head = line(
        (" ? ", NAME),
        (f"question {request.number}", "bold"),
        f"  {clean(request.step)} step{origin}",
        (expected, SOFT),
    )
    changes = [
        Text.assemble((panels.short_name(name, request.changes), SOFT), f" {_side(ends, 'from')} → {_side(ends, 'to')}")
        for name, ends in request.changes.items()
    ]
    return Group(head, Flow(changes, rows), Flow.words(request.advice, rows, SOFT))


def open_request(
    request: ApprovalRequest, now: float, metric: str, folder: Path | None, *, more: int = 0, typed: str | None = None
) -> RenderableType:
    """Return an open request below a heading, with the time left and how to answer.

    Args:
        request: The approval request.
        now: Seconds since 1970.
        metric: The metric that the step is expected to reach.
        folder: The study's folder, or None for a study in memory.
        more: How many further requests are open.
        typed: What has been typed as an answer, or None where the keyboard is not read.
    """
    aside = Text(f"{more} more", style=SOFT) if more else None
    left = f"{time_left(request, now)} left, then it is {default_outcome(request)}"
    parts = [Title("waits for approval", aside), request_view(request, metric)]
    if typed is not None:
        parts.append(line((" ▸ ", NAME), ("y or n, then Enter: ", "bold"), f"{typed}_  ", (left, SOFT)))
        return Group(*parts)
    parts.append(line((f"   {left}", SOFT)))
    if folder is not None:
        parts.append(line((" ▸ ", NAME), f"{approve_command(request, shortened(folder))}  (or --reject)"))
    return Group(*parts)


def _side(ends: Mapping[str, Value], key: str) -> str:
    return shown(ends[key]) if key in ends else "not active"
