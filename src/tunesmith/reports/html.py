"""The report: one self-contained HTML file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.trial import State
from ..history.history import History
from ..history.warnings import study_warnings
from ..proposers.base import Proposer
from ..text import wording
from ..text.cleaning import plain
from ..text.shell import command
from . import overview, plots
from .about import about
from .comparison import compare, gain_words, metric_rows, noise_words, parameter_rows
from .importance import importance
from .page import rendered, write_page
from .search import search_values

_STATES = (State.COMPLETE, State.PRUNED, State.FAILED, State.RUNNING, State.WAITING)


def write_report(
    history: History,
    target: Path,
    *,
    title: str,
    facts: Mapping[str, Any] | None = None,
    proposer: Proposer | None = None,
) -> Path:
    """Write the report of a study as one self-contained HTML file.

    The file is written beside its target and then moved, so it is never incomplete. The same history and facts give the
    same bytes.

    Args:
        history: The study's history.
        target: The file; an existing one is replaced.
        title: The heading of the page.
        facts: Facts that the history does not hold, shown under "About this study": `name`, `folder`, `command`,
            `seed`, `budget`, `version` and any other; `reproduce` is the command that runs the best trial again.
        proposer: The study's proposer, if known; for a portfolio the page shows the shares of its members.

    Returns:
        The absolute path of the file.

    Raises:
        OutputError: The file cannot be written.
    """
    return write_page(target, render(history, title=title, facts=facts, proposer=proposer))


def render(
    history: History, *, title: str, facts: Mapping[str, Any] | None = None, proposer: Proposer | None = None
) -> str:
    """Return the page as text; see `write_report`."""
    facts = dict(facts or {})
    drawn = plots.draw(history, importance(history), proposer)
    return rendered(
        "report.html.jinja",
        has_figures=any(plot.figure is not None for plot in drawn),
        webgl=any(plot.webgl and plot.figure is not None for plot in drawn),
        **search_values(history, proposer),
        **_first_screen(history, facts),
        **about(history, facts),
        title=plain(title),
        plots=drawn,
    )


def _first_screen(history: History, facts: Mapping[str, Any]) -> dict[str, Any]:
    comparison = compare(history)
    objective, trials = history.objective, comparison.trials
    own = bool(history.trials) and history.trials[0].proposal.proposer == "user"
    baseline = "your own (trial 0)" if own else "trial 0"
    seconds = [row.total_seconds for row in overview.resources(history) if row.total_seconds is not None]
    trial_seconds, wall = math.fsum(seconds), history.seconds_spent()
    best = trials[0]
    return {
        "warnings": [warning.text for warning in study_warnings(history)],
        "limits": [wording.limit(c.metric, c.low, c.high) for c in objective.constraints],
        "stopped": overview.stopped(history),
        "best": comparison.best,
        "baseline": baseline,
        "baseline_leads": comparison.baseline_leads,
        "gain": gain_words(history, comparison, baseline),
        "counts": [(state.value, history.counts[state]) for state in _STATES if history.counts[state]],
        "wall": wall,
        "trial_seconds": trial_seconds,
        "at_once": wording.number(trial_seconds / wall, 2) if wall > 0 and trial_seconds > 1.05 * wall else "",
        "parameter_rows": parameter_rows(history, *trials),
        "metric_rows": metric_rows(history, *trials),
        "test_rows": metric_rows(history, *trials, test=True),
        "noise": noise_words(history),
        "reproduce": _reproduce(facts, 0 if best is None else best.number),
        "parameters_json": json.dumps(
            {} if best is None else dict(best.parameters), indent=2, ensure_ascii=False, default=str
        ),
    }


def _reproduce(facts: Mapping[str, Any], best: int) -> str:
    if facts.get("reproduce"):
        return plain(str(facts["reproduce"]))
    lines = [str(facts["command"])] if facts.get("command") else []
    lines += [command("tunesmith", "show", facts["folder"], best)] if facts.get("folder") else []
    return plain("\n".join(lines))
