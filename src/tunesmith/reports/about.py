"""The values of the page's last part: the study and the program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..history.history import History
from ..text import wording
from ..text.cleaning import plain

_FACTS = {"version": "tunesmith", "tunesmith_version": "tunesmith", "seed": "Seed of the study"}


def about(history: History, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of the page's last section, on the study and the program."""
    shown = _shown_facts(history, facts)
    return {
        "facts": [(_FACTS.get(name, _heading(name)), _fact(fact)) for name, fact in shown.items()],
        "version": shown.get("version", facts.get("tunesmith_version", "")),
    }


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
