"""What the verbs print as JSON."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Any

from ..core.approval_request import Question
from ..core.trial import Trial
from ..engine.recorder import running_process
from ..reports.overview import stopped
from ..reports.shares import earnings
from ..study.study import Study
from ..trial_folder.log import read_tail


def trial_facts(trial: Trial) -> dict[str, Any]:
    """Return a trial as plain JSON values."""
    facts = {
        "number": trial.number,
        "state": str(trial.state),
        "parameters": dict(trial.parameters),
        "metrics": dict(trial.metrics),
        "seed": trial.seed,
        "folder": None if trial.folder is None else str(trial.folder),
        "proposer": trial.proposal.proposer,
        "reason": trial.proposal.reason,
        "parent": trial.proposal.parent,
        "inherits": trial.proposal.inherits,
        "verdict": None if trial.verdict is None else dataclasses.asdict(trial.verdict),
        "failure": None if trial.failure is None else dataclasses.asdict(trial.failure),
        "seconds": trial.seconds,
        "peak_memory_bytes": trial.peak_memory_bytes,
        "reports": [{"step": report.step, **report.metrics} for report in trial.reports],
        "notes": list(trial.notes),
    }
    if trial.test_metrics:
        facts["test_metrics"] = dict(trial.test_metrics)
    if trial.test_failure:
        facts["test_failure"] = trial.test_failure
    return facts


def shown_facts(study: Study, folder: Path, number: int) -> dict[str, Any]:
    """Return a trial as `trial_facts` does, with the end of its log, and how to run it again.

    Args:
        study: The study.
        folder: Its folder, as whoever asks names it.
        number: The trial.

    Raises:
        InputError: There is no such trial.
    """
    trial = study.engine.trial(number)
    tail = "" if trial.folder is None else read_tail(trial.folder / "log.txt")
    reproduce = f"tunesmith reproduce {shlex.quote(str(folder))} {number}" if study.has_task else ""
    return trial_facts(trial) | {"log_tail": tail, "reproduce": reproduce}


def question_facts(question: Question) -> dict[str, Any]:
    """Return a step that a person was asked to approve as plain JSON values."""
    return dataclasses.asdict(question) | {"open": question.is_open}


def study_facts(study: Study) -> dict[str, Any]:
    """Return how a study stands as plain JSON values."""
    history = study.history
    front = {"front": [trial_facts(trial) for trial in study.front]} if study.objective.pareto else {}
    return {
        "name": study.name,
        "folder": None if study.folder is None else str(study.folder),
        "objective": str(study.objective),
        "best": None if history.best is None else trial_facts(history.best),
        **front,
        "trials": len(history.trials),
        "counts": {str(state): count for state, count in sorted(history.counts.items()) if count},
        "noise": history.noise,
        "budget": study.budget.to_table(),
        "seconds": round(history.seconds_spent(), 3),
        "proposers": _proposers(study),
        "language_models": {role: dataclasses.asdict(spent) for role, spent in history.ledger.by_role.items()},
        "questions": [question_facts(question) for question in history.questions.open],
        "stopped": stopped(history),
        "process": running_process(history),
    }


def _proposers(study: Study) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for trial in study.history.trials:
        row = table.setdefault(trial.proposal.proposer, {"proposed": 0, "accepted": 0})
        row["proposed"] += 1
        row["accepted"] += trial.verdict is not None and trial.verdict.decision == "accept"
    for earned in earnings(study.history, study.engine.proposer):
        if earned.proposer in table:
            table[earned.proposer]["next"] = round(earned.share, 4)
    return table
