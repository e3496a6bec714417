"""What an earlier session left: orphans are ended, finished trials are found on disk, the others wait again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..core.trial import Failure, Measurement, State, Trial
from ..executors.process.leftovers import read_result, sweep
from ..trial_folder.reports import ReportsTail

if TYPE_CHECKING:
    from ..study.study import Study

log = logging.getLogger(__name__)


def recover(study: Study) -> None:
    """Bring a study into order before it goes on. Every trial is settled exactly once, however often this runs.

    Args:
        study: Opened by this process, so that no other one works on it.
    """
    if study.folder is not None and (ended := sweep(study.folder)):
        log.warning("%d processes that an earlier session had left behind were ended", ended)
    for trial in study.history.running:
        _recover_trial(study, trial)
    for trial in study.history.trials:
        if trial.state is State.COMPLETE and trial.verdict is None:
            study.engine.pass_verdict(trial.number)
    _retry_failures(study)


def _recover_trial(study: Study, trial: Trial) -> None:
    """Settle a trial whose end was not journaled from its result on disk, or put it back in the queue."""
    result = None if trial.folder is None else read_result(trial.folder, trial.attempt)
    if result is None or result["state"] == "lost" or trial.folder is None:
        study.engine.interrupt(trial.number, "tunesmith ended while it ran")
        return
    for report in list(ReportsTail(trial.folder).new())[len(trial.reports) :]:
        if study.engine.record_report(trial.number, report.step, report.metrics):
            return
    cost = {"seconds": result["seconds"], "peak_memory_bytes": result["peak_memory_bytes"]}
    if result["state"] == "complete":
        study.engine.settle(trial.number, Measurement(metrics=result["metrics"], **cost))
    elif result["state"] == "pruned":
        study.engine.settle_pruned(trial.number)
    else:
        study.engine.settle(trial.number, Failure(**result["failure"] | cost))


def _retry_failures(study: Study) -> None:
    """Give the trials another chance whose failures had ended the study: whoever goes on has mended the cause."""
    history = study.history
    if not history.decisions or not history.decisions[-1].data.get("failed"):
        return
    worked = history.counts[State.COMPLETE] or history.counts[State.PRUNED]
    every = [trial.number for trial in history.trials if trial.state is State.FAILED]
    failed = list(history.failed_in_a_row) if worked else every
    if failed:
        log.warning("the %d trials whose failures had ended the study are tried once more", len(failed))
    for number in failed:
        study.engine.interrupt(number, "its failure had ended the study; tried once more")
