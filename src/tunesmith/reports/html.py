"""The report: one self-contained HTML file."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ..core.machine_faults import writing
from ..core.trial import State
from ..history.history import History
from ..history.warnings import study_warnings
from ..proposers.base import Proposer
from ..text import wording
from ..text.cleaning import plain, visible
from ..text.shell import command
from . import overview, plots
from .comparison import compare, gain_words, metric_rows, noise_words, parameter_rows
from .data import LogEntry, Measure, decision_log
from .fronts import front_rows, front_table
from .importance import importance
from .proposers import CREDIT, proposer_rows
from .table import trial_table

MOST_TRIALS = 1000
MOST_LOG_ENTRIES = 500

_STATES = (State.COMPLETE, State.PRUNED, State.FAILED, State.RUNNING, State.WAITING)
_FACTS = {"version": "tunesmith", "tunesmith_version": "tunesmith", "seed": "Seed of the study"}
_DECISIONS = {
    "accept": "accepted",
    "reject": "rejected",
    "approve": "approved",
    "replicate": "to be repeated",
    "prune": "stopped early",
    "study_stopped": "study stopped",
    "stop_refused": "stop refused",
    "advice_refused": "advice refused",
    "search_focused": "search focused",
    "files_shared": "files shared",
    "approval_requested": "approval requested",
    "model_paused": "model paused",
}


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
    target = Path(target).absolute()
    page = render(history, title=title, facts=facts, proposer=proposer)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    content = page.encode("utf-8", errors="replace")  # Logs may contain lone surrogates, which UTF-8 cannot encode.
    with writing(target):
        if target.exists() and not target.is_file():  # A device, which must not be replaced; or a folder.
            target.write_bytes(content)
            return target
        try:
            draft.write_bytes(content)
            draft.replace(target)
        finally:
            with contextlib.suppress(OSError):  # A folder that refuses the file may also refuse its removal.
                draft.unlink()
    return target


def render(
    history: History, *, title: str, facts: Mapping[str, Any] | None = None, proposer: Proposer | None = None
) -> str:
    """Return the page as text; see `write_report`."""
    facts = dict(facts or {})
    drawn = plots.draw(history, importance(history), proposer)
    has_figures = any(plot.figure is not None for plot in drawn)
    scripts = [get_plotlyjs().replace("\r\n", "\n")] if has_figures else []
    scripts.append(_asset("report.js"))
    proposers = proposer_rows(history, proposer)
    shown = _shown_facts(history, facts)
    table = trial_table(history, most=MOST_TRIALS)
    return _environment().get_template("report.html.jinja").render(
        **_first_screen(history, facts),
        **_log(history),
        title=plain(title),
        plots=drawn,
        proposers=proposers,
        credit=CREDIT if any(row.share is not None for row in proposers) else "",
        failures=overview.failures(history),
        resources=overview.resources(history),
        table=table,
        linked={row.number for row in table.rows},
        facts=[(_FACTS.get(name, _heading(name)), _fact(fact)) for name, fact in shown.items()],
        version=shown.get("version", facts.get("tunesmith_version", "")),
        policy=_policy(scripts, drawn),
        css=Markup(_asset("report.css")),
        plotly=Markup(scripts[0]) if has_figures else "",
        script=Markup(scripts[-1]),
    )  # fmt: skip


def _first_screen(history: History, facts: Mapping[str, Any]) -> dict[str, Any]:
    comparison = compare(history)
    objective, trials = history.objective, comparison.trials
    own = bool(history.trials) and history.trials[0].proposal.proposer == "user"
    baseline = "your own (trial 0)" if own else "trial 0"
    seconds = [row.total_seconds for row in overview.resources(history) if row.total_seconds is not None]
    trial_seconds, wall = math.fsum(seconds), history.seconds_spent()
    best = trials[0]
    return {
        "history": history,
        "warnings": [warning.text for warning in study_warnings(history)],
        "measure": Measure.of(objective),
        "front": front_table(history, front_rows(history)),
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


def _shown_facts(history: History, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given facts, supplemented from the last session."""
    shown = {name: fact for name, fact in facts.items() if name != "reproduce" and fact not in (None, "", {})}
    if history.sessions:
        session = history.sessions[-1]
        facts_of_session = {"version": session.version, "host": session.host, "python": session.python}
        shown = {name: fact for name, fact in facts_of_session.items() if fact} | shown
    return shown


def _heading(name: str) -> str:
    return plain(str(name)).replace("_", " ").capitalize()


def _fact(fact: Any) -> str:
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {_fact(part)}" for name, part in fact.items())
    return plain(str(fact)) if isinstance(fact, str | Path) else wording.value(fact)


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
    return _decision(entry.decision) or entry.kind


def _decision(word: str) -> str:
    return _DECISIONS.get(word, word)


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunesmith.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        # No name or value may reorder the text of the page, or hide in it.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    for function in (wording.number, wording.share, wording.duration, wording.size, wording.moment, plain):
        environment.filters[function.__name__] = function
    environment.filters |= {"figure": _figure_json, "decision": _decision}
    return environment


def _figure_json(figure: go.Figure) -> Markup:
    """Return a figure as JSON that cannot end the script element around it."""
    text: str = figure.to_json()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _policy(scripts: Sequence[str], drawn: Sequence[plots.Plot]) -> str:
    """Return a content security policy that allows the page's own scripts only, and loads nothing.

    plotly compiles WebGL programs at run time, which counts as eval; only a page with such a plot allows it.
    """
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    sources = [f"'sha256-{digest}'" for digest in hashes]
    sources += ["'unsafe-eval'"] if any(plot.webgl and plot.figure for plot in drawn) else []
    return (
        f"default-src 'none'; script-src {' '.join(sources)}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
