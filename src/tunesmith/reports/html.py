"""The page: one HTML file that holds all it needs."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import math
import os
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ..core.trial import State
from ..errors import InputError
from ..history.history import History
from ..proposers.base import Proposer
from ..text import wording
from ..text.cleaning import plain
from . import gains, overview
from .data import LogEntry, Measure, decision_log, proposer_table
from .fronts import front_rows
from .fronts import table as front_table
from .importance import importance
from .plots import Picture, pictures
from .shares import earnings
from .table import trial_table

MOST_TRIALS = 1000
MOST_LOG_ENTRIES = 500

_FACTS = {"version": "tunesmith", "tunesmith_version": "tunesmith", "seed": "Seed of the study"}


def write_report(
    history: History,
    target: Path,
    *,
    title: str,
    facts: Mapping[str, Any] | None = None,
    proposer: Proposer | None = None,
) -> Path:
    """Write the report of a study as one HTML file that needs nothing else.

    The file is complete or not there: it is written beside its place and then moved. The same history and facts
    give the same bytes.

    Args:
        history: All that is known.
        target: The file; an older one is replaced.
        title: The page's heading.
        facts: What the history does not hold, shown under "About": `name`, `folder`, `command`, `seed`, `budget`,
            `version`, and anything else; `reproduce` is how to run the best trial again.
        proposer: Who proposes, where that is known; the page tells why a portfolio shares out the trials as it does.

    Returns:
        The file's absolute path.

    Raises:
        InputError: The file cannot be written there.
    """
    target = Path(target).absolute()
    page = render(history, title=title, facts=facts, proposer=proposer)
    impute_pruned = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        # Text from logs may hold halves of characters, which cannot be written.
        impute_pruned.write_bytes(page.encode("utf-8", errors="replace"))
        impute_pruned.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):  # where nothing may be written, nothing may be removed
            impute_pruned.unlink()
        raise InputError(
            f"the report must go to a file in an existing folder that may be written, but {target} cannot be: "
            f"{error.strerror}. Choose another place."
        ) from error
    return target


def render(
    history: History, *, title: str, facts: Mapping[str, Any] | None = None, proposer: Proposer | None = None
) -> str:
    """Return the page as text; see `write_report`."""
    told = dict(facts or {})
    drawn = pictures(history, importance(history), proposer)
    some = any(picture.figure is not None for picture in drawn)
    scripts = [get_plotlyjs().replace("\r\n", "\n")] if some else []
    scripts.append(_asset("report.js"))
    return _environment().get_template("report.html.jinja").render(
        **_first_screen(history, told),
        **_log(history),
        title=plain(title),
        pictures=drawn,
        proposers=proposer_table(history),
        ledger=history.ledger,
        earned={row.proposer: row for row in earnings(history, proposer)},
        failures=overview.failures(history),
        resources=overview.resources(history),
        table=trial_table(history, most=MOST_TRIALS),
        linked={trial.number for trial in overview.listed(history, MOST_TRIALS)},
        facts=[(_FACTS.get(name, _heading(name)), _fact(fact)) for name, fact in _shown_facts(history, told)],
        version=dict(_shown_facts(history, told)).get("version", told.get("tunesmith_version", "")),
        events=f"{history.events_seen:,}",
        policy=_policy(scripts, drawn),
        drawn=some,
        css=Markup(_asset("report.css")),
        plotly=Markup(scripts[0]),
        script=Markup(scripts[-1]),
    )  # fmt: skip


def _first_screen(history: History, facts: Mapping[str, Any]) -> dict[str, Any]:
    found = overview.comparison(history)
    objective = history.objective
    own_is_theirs = found.own is not None and found.own.trial.proposal.proposer == "user"
    own_name = "your own (trial 0)" if own_is_theirs else "the first trial (0)"
    seconds = [row.total_seconds for row in overview.resources(history) if row.total_seconds is not None]
    busy, wall = math.fsum(seconds), history.seconds_spent()
    best = None if found.best is None else found.best.trial
    parameters = {} if best is None else dict(best.parameters)
    return {
        "measure": Measure.of(objective),
        "front": front_table(history, front_rows(history)),
        "objective": str(objective),
        "limits": [wording.limit(c.metric, c.low, c.high) for c in objective.constraints],
        "started": history.sessions[0].time if history.sessions else None,
        "sessions": len(history.sessions),
        "ended": f"Stopped: {reason}" if (reason := overview.stopped(history)) else "",
        "best": found.best,
        "best_name": "" if best is None else f"{'nearest' if objective.pareto else 'best'} (trial {best.number})",
        "own_name": own_name,
        "own_leads": found.own_leads,
        "gain": gains.gain(history, found, own_name),
        "violation": 0.0 if best is None else objective.violation(best.metrics),
        "total": f"{len(history.trials):,}",
        "total_number": len(history.trials),
        "counts": [(state.value, history.counts[state]) for state in _STATES if history.counts[state]],
        "wall": wall,
        "trial_seconds": busy,
        "at_once": wording.number(busy / wall, 2) if wall > 0 and busy > 1.05 * wall else "",
        "parameter_rows": overview.parameter_rows(history, found),
        "metric_rows": overview.metric_rows(history, found),
        "test_rows": overview.metric_rows(history, found, test=True),
        "noise": gains.noise(history),
        "reproduce": _reproduce(facts, best.number if best is not None else 0),
        "parameters_json": json.dumps(parameters, indent=2, ensure_ascii=False, default=str),
    }


_STATES = (State.COMPLETE, State.PRUNED, State.FAILED, State.RUNNING, State.WAITING)


def _reproduce(facts: Mapping[str, Any], best: int) -> str:
    if facts.get("reproduce"):
        return plain(str(facts["reproduce"]))
    lines = [str(facts["command"])] if facts.get("command") else []
    lines += [f"tunesmith show {shlex.quote(str(facts['folder']))} {best}"] if facts.get("folder") else []
    return plain("\n".join(lines))


def _shown_facts(history: History, facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the given facts, and those of the last session that were not given."""
    shown = {name: fact for name, fact in facts.items() if name != "reproduce" and fact not in (None, "", {})}
    session = history.sessions[-1].data if history.sessions else {}
    for name in ("version", "host", "versions", "budget", "search"):
        if session.get(name):
            shown.setdefault(name, session[name])
    return list(shown.items())


def _heading(name: str) -> str:
    return plain(str(name)).replace("_", " ").capitalize()


def _fact(fact: Any) -> str:
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {_fact(part)}" for name, part in fact.items())
    return plain(str(fact)) if isinstance(fact, str | Path) else wording.value(fact)


def _log(history: History) -> dict[str, Any]:
    entries = decision_log(history)
    kept = entries
    if len(entries) > MOST_LOG_ENTRIES:
        # The latest count most, and plain rejections least.
        rejected = [entry.kind == "verdict" and entry.decision == "reject" for entry in entries]
        order = sorted(range(len(entries)), key=lambda place: (rejected[place], -place))
        kept = [entries[place] for place in sorted(order[:MOST_LOG_ENTRIES])]
    left_out = "" if kept is entries else f"{len(kept):,} of {len(entries):,} entries: the latest, rejections last."
    lines = [{**vars(entry), "label": _label(entry)} for entry in kept]
    return {"log": lines, "log_left_out": left_out}


def _label(entry: LogEntry) -> str:
    words = {"accept": "accepted", "reject": "rejected", "replicate": "to be repeated", "stop": "stop"}
    words |= {"refuse": "refused", "ask_approval": "asked for approval", "approve": "approved"}
    if entry.kind == "failure":
        return f"failed: {entry.decision}"
    if entry.kind == "verdict":
        return words[entry.decision]
    return words.get(entry.decision, entry.decision) or entry.kind


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunesmith.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    for word in (wording.number, wording.share, wording.duration, wording.size, wording.moment, plain):
        environment.filters[word.__name__] = word
    environment.filters["figure"] = _figure_json
    return environment


def _figure_json(figure: go.Figure) -> Markup:
    """Return a figure as JSON that cannot end the script element it stands in."""
    text: str = figure.to_json()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _policy(scripts: Sequence[str], drawn: Sequence[Picture]) -> str:
    """Return a policy under which no script runs but the page's own, and nothing is loaded.

    plotly compiles its WebGL programs at run time, which counts as eval; only a page with such a picture allows it.
    """
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    sources = [f"'sha256-{digest}'" for digest in hashes]
    sources += ["'unsafe-eval'"] if any(picture.webgl and picture.figure for picture in drawn) else []
    return (
        f"default-src 'none'; script-src {' '.join(sources)}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
