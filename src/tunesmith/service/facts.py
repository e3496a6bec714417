"""Studies and trials as plain JSON values: what `--json` prints and what the MCP tools answer."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import orjson

from ..core.approval_request import ApprovalRequest
from ..core.trial import Trial
from ..history.warnings import study_warnings
from ..journal.records import storable
from ..reports.overview import stopped
from ..reports.proposers import proposer_rows
from ..study.study import Study
from ..text.shell import command
from ..trial_folder.handed import handed_to
from ..trial_folder.log import read_tail
from ..trial_folder.names import LOG_FILE
from .process import running_process

_MOST_REPORTS = 1000  # Of a trial, evenly spaced; the journal has them all.


def to_json(facts: Any) -> str:
    r"""Return facts as indented JSON in visible characters, others escaped; NaN and infinity become null.

    >>> to_json("right\u202eto left")
    '"right\\u202eto left"'
    """
    try:
        text = orjson.dumps(facts, option=orjson.OPT_INDENT_2, default=str).decode()
    except TypeError:  # As a folder whose name is not UTF-8.
        text = orjson.dumps(storable(facts), option=orjson.OPT_INDENT_2, default=str).decode()
    hidden = {character for character in text if not character.isprintable()} - {"\n"}
    return text.translate({ord(character): json.dumps(character)[1:-1] for character in hidden})


def trial_facts(trial: Trial) -> dict[str, Any]:
    """Return the facts of a trial."""
    facts = {
        "number": trial.number,
        "state": str(trial.state),
        "parameters": dict(trial.parameters),
        "metrics": dict(trial.metrics),
        "artifacts": dict(trial.artifacts),
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
        "reports": [{"step": report.step, **report.metrics} for report in trial.reports.sample(_MOST_REPORTS)],
        "notes": list(trial.notes),
    }
    if len(trial.reports) > _MOST_REPORTS:
        facts["reports_in_all"] = len(trial.reports)
    if trial.test_metrics:
        facts["test_metrics"] = dict(trial.test_metrics)
    if trial.test_failure:
        facts["test_failure"] = trial.test_failure
    return facts


def trial_details(study: Study, folder: Path, number: int) -> dict[str, Any]:
    """Return the facts of a trial with the end of its log and the command that reproduces it.

    Args:
        study: The study.
        folder: Its folder, as the caller names it.
        number: The trial.

    Raises:
        InputError: The trial does not exist.
    """
    trial = study.engine.trial(number)
    tail = "" if trial.folder is None else read_tail(trial.folder / LOG_FILE)
    reproduce = command("tunesmith", "reproduce", folder, number) if study.has_task else ""
    return trial_facts(trial) | {"log_tail": tail, "reproduce": reproduce}


def question_facts(question: ApprovalRequest) -> dict[str, Any]:
    """Return the facts of an approval request."""
    return dataclasses.asdict(question) | {"open": question.is_open}


def study_facts(study: Study) -> dict[str, Any]:
    """Return the facts of a study: best trial, counts, budget, proposers, costs, and whether it runs."""
    history = study.history
    front = {"front": [trial_facts(trial) for trial in study.front]} if study.objective.pareto else {}
    left = () if history.session_open else history.running
    handed = {trial.number: handed_to(trial.folder, trial.attempt) for trial in left}
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
        "questions": [question_facts(question) for question in history.approval_requests.open],
        "warnings": [dataclasses.asdict(warning) for warning in study_warnings(history)],
        "stopped": stopped(history) or None,
        "process": running_process(history),
        "asked": [{"number": trial.number, "since": trial.started} for trial in left if not handed[trial.number]],
        "left": [{"number": trial.number, "to": handed[trial.number]} for trial in left if handed[trial.number]],
    }


def _proposers(study: Study) -> dict[str, dict[str, float]]:
    rows = [row for row in proposer_rows(study.history, study.engine.proposer) if row.proposed]
    return {
        row.name: {"proposed": row.proposed, "accepted": row.accepted}
        | ({} if row.share is None else {"next": round(row.share, 4)})
        for row in rows
    }
