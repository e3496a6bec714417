"""The values of the page's part on the search: who proposed what, decisions, failures, resources, every trial."""

from __future__ import annotations

from typing import Any

from ..history.history import History
from ..proposers.base import Proposer
from . import overview
from .data import LogEntry, Measure, decision_log
from .fronts import front_rows, front_table
from .page import decision_word
from .proposers import CREDIT, proposer_rows
from .table import trial_table

MOST_TRIALS = 1000
MOST_LOG_ENTRIES = 500


def search_values(history: History, proposer: Proposer | None) -> dict[str, Any]:
    """Return the variables of `search.html.jinja`.

    Args:
        history: The study's history.
        proposer: The study's proposer, if known; for a portfolio the page shows the shares of its members.
    """
    proposers = proposer_rows(history, proposer)
    table = trial_table(history, most=MOST_TRIALS)
    return {
        "history": history,
        "measure": Measure.of(history.objective),
        "front": front_table(history, front_rows(history)),
        "proposers": proposers,
        "credit": CREDIT if any(row.share is not None for row in proposers) else "",
        "failures": overview.failures(history),
        "resources": overview.resources(history),
        "table": table,
        "linked": {row.number for row in table.rows},
        **_log(history),
    }


def _log(history: History) -> dict[str, Any]:
    entries = kept = decision_log(history)
    if len(entries) > MOST_LOG_ENTRIES:
        # The latest entries matter most, and plain rejections least.
        rejected = [entry.kind == "verdict" and entry.decision in ("reject", "prune") for entry in entries]
        order = sorted(range(len(entries)), key=lambda index: (rejected[index], -index))
        kept = [entries[index] for index in sorted(order[:MOST_LOG_ENTRIES])]
    left_out = "" if kept is entries else f"The latest {len(kept):,} of {len(entries):,} entries, rejections last."
    return {"log": [{**vars(entry), "label": _label(entry)} for entry in kept], "log_left_out": left_out}


def _label(entry: LogEntry) -> str:
    if entry.kind == "failure":
        return f"failed: {entry.decision}"
    return decision_word(entry.decision) or entry.kind
