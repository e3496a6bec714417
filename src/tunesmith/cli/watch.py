"""The view of a study while the command line runs it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from rich.console import Console

from ..core.approval_request import ApprovalRequest
from ..executors.base import reason_to_wait
from ..progress.live import LiveView
from ..study.study import Study
from .keyboard import Keyboard
from .live import Frame
from .options import Output
from .plain import PlainView


@contextmanager
def watched(study: Study, output: Output, console: Console) -> Iterator[None]:
    """Show a study while it runs: live on a terminal, as plain lines elsewhere, and not at all where it is quiet.

    Args:
        study: The study.
        output: How the verb prints.
        console: Where to draw.
    """
    with _view(study, output, console) as view:
        if view is not None:
            study.recorder.observers.append(view.record)
        if isinstance(view, Frame) and study.gateway is not None:
            study.gateway.on_partial = view.show_answer
        yield


@contextmanager
def _view(study: Study, output: Output, console: Console) -> Iterator[Frame | PlainView | None]:
    is_quiet = output.json or output.quiet
    # The views show approval requests and warnings; without a view, the log does, even where it is quiet.
    for name in ("approvals.approvals", "runner.warnings"):
        logging.getLogger(f"tunesmith.{name}").setLevel(logging.WARNING if is_quiet else logging.ERROR)
    settings = (study.name, study.folder, study.budget, study.executor.capabilities.slots)
    if is_quiet:
        yield None
    elif not console.is_terminal:
        yield PlainView(*settings, console)
    else:
        frame = Frame(*settings)
        frame.waiting = partial(reason_to_wait, study.executor)
        with _keyboard(study) as keyboard, LiveView(frame, console):
            if keyboard is not None:
                frame.typed = lambda: keyboard.typed
            yield frame


def _keyboard(study: Study) -> Keyboard | nullcontext[None]:
    """Return a keyboard that answers approval requests, if there is a terminal."""

    def first_open() -> ApprovalRequest | None:
        return next(iter(study.history.approval_requests.open), None) if study.approvals.is_driven else None

    keyboard = Keyboard.of(first_open, lambda number, reject: study.approve(number, reject=reject))
    return keyboard or nullcontext()
