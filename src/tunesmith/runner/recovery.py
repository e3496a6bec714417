"""Recovery after an earlier session: missing verdicts, and retries of the failures that ended the study."""

from __future__ import annotations

import logging

from ..core.trial import State
from ..engine.engine import Engine
from ..text import wording

log = logging.getLogger(__name__)


def recover(engine: Engine) -> None:
    """Prepare a study for another session, after its executor has recovered the running trials.

    Args:
        engine: Of a study that this process has opened.
    """
    for trial in engine.history.trials:
        if trial.state is State.COMPLETE and trial.verdict is None:
            engine.pass_verdict(trial.number)
    _retry_failures(engine)


def _retry_failures(engine: Engine) -> None:
    """Retry the trials whose failures ended the study: its resumption suggests that the cause is fixed."""
    history = engine.history
    if history.last_stop is None or not history.last_stop.failed:
        return
    any_succeeded = history.counts[State.COMPLETE] or history.counts[State.PRUNED]
    all_failed = [trial.number for trial in history.trials if trial.state is State.FAILED]
    numbers = list(history.failed_in_a_row) if any_succeeded else all_failed
    if numbers:
        log.warning("%s whose failure ended the study: retried now", wording.count(len(numbers), "trial"))
    for number in numbers:
        engine.interrupt(number, "its failure ended the study")
