"""Finish what an earlier session left: missing verdicts, and failures that had ended the study."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..core.trial import State

if TYPE_CHECKING:
    from ..study.study import Study

log = logging.getLogger(__name__)


def recover(study: Study) -> None:
    """Bring a study into order before it goes on, after its executor has recovered the running trials.

    Args:
        study: Opened by this process, so that no other one works on it.
    """
    for trial in study.history.trials:
        if trial.state is State.COMPLETE and trial.verdict is None:
            study.engine.pass_verdict(trial.number)
    _retry_failures(study)


def _retry_failures(study: Study) -> None:
    """Give the trials another chance whose failures had ended the study: whoever goes on has mended the cause."""
    history = study.history
    if history.last_stop is None or not history.last_stop.failed:
        return
    worked = history.counts[State.COMPLETE] or history.counts[State.PRUNED]
    every = [trial.number for trial in history.trials if trial.state is State.FAILED]
    failed = list(history.failed_in_a_row) if worked else every
    if failed:
        log.warning("the %d trials whose failures had ended the study are tried once more", len(failed))
    for number in failed:
        study.engine.interrupt(number, "its failure had ended the study; tried once more")
