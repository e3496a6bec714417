"""The drafter: reads the parts of a request that rules do not understand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from ...core.space import SearchSpace
from ...init import Draft
from ...init.apply_intents import apply_intents, refused
from ...init.intents import Improve, Intent, SelectParameters, SetLimit, SetOptions, SetRange
from ...init.request import is_quoted, plain
from ...text.cleaning import short, without_secrets
from ..prompts import prompt
from .model import Model

_MAX_SCRIPT = 6000  # Characters.
_MAX_PARAMETERS = 60
_MAX_ENTRIES = 20


class Changes(BaseModel):
    """The drafter's answer."""

    objective: list[Improve] = Field(default_factory=list, max_length=_MAX_ENTRIES)
    selections: list[SelectParameters] = Field(default_factory=list, max_length=_MAX_ENTRIES)
    ranges: list[SetRange] = Field(default_factory=list, max_length=_MAX_PARAMETERS)
    options: list[SetOptions] = Field(default_factory=list, max_length=_MAX_PARAMETERS)
    limits: list[SetLimit] = Field(default_factory=list, max_length=_MAX_ENTRIES)
    not_understood: list[str] = Field(
        default_factory=list, max_length=_MAX_ENTRIES, description="what no change can give"
    )

    @property
    def intents(self) -> tuple[Intent, ...]:
        """All changes."""
        return (*self.objective, *self.selections, *self.ranges, *self.options, *self.limits)


class Drafter:
    """Changes a draft as a request asks, where rules did not understand it.

    Args:
        model: The language model.
    """

    role = "drafter"

    def __init__(self, model: Model) -> None:
        self.model = model

    def amend(self, draft: Draft, request: str) -> Draft:
        """Return the draft with the model's changes, checked as those of the rules are.

        Args:
            draft: The draft after the rules.
            request: The user's words.

        Raises:
            ModelUnavailable: No model answered.
            InputError: The request is empty, or very long.
        """
        text = plain(request)
        question = json.dumps(_question(draft, text), ensure_ascii=False, default=str)
        changes = self.model.ask(self.role, instructions=prompt(self.role), question=question, answer=Changes)
        intents = []
        for intent in changes.intents:
            if is_quoted(intent.words, text):
                intents.append(intent)
            else:
                draft = refused(draft, intent.words, "the language model proposed it, but your request does not.")
        by_rules = len(draft.understood)
        draft = apply_intents(draft, intents, careful=True)
        by_model = (f"{line} (as the language model reads it)" for line in draft.understood[by_rules:])
        draft = replace(draft, understood=(*draft.understood[:by_rules], *by_model))
        for phrase in changes.not_understood:
            draft = refused(draft, phrase, "the language model knows no setting for it.")
        return draft


def _question(draft: Draft, request: str) -> dict[str, Any]:
    tables = SearchSpace(draft.space).to_tables()[0] if draft.space else {}
    names = list(draft.space)[:_MAX_PARAMETERS]
    return {
        "request": request,
        "understood": draft.understood,
        "not_understood": draft.not_understood,
        "parameters": {short(name, 120): {**tables[name], "now": _value(draft.values.get(name))} for name in names},
        "left_alone": {short(name, 120): short(why) for name, why in list(draft.skipped.items())[:_MAX_PARAMETERS]},
        "metrics": [short(name, 120) for name in draft.metric_names[:_MAX_ENTRIES]],
        "objective": draft.objective,
        "budget": draft.budget,
        "search": draft.search,
        "script": _script(draft),
    }


def _value(value: Any) -> Any:
    return short(value, 80) if isinstance(value, str) else value


def _script(draft: Draft) -> str:
    """Return the beginning of the script, without lines that may hold a secret."""
    if draft.script is None:
        return ""
    text = draft.script.read_text(encoding="utf-8", errors="replace")[: 2 * _MAX_SCRIPT]
    return without_secrets(text)[:_MAX_SCRIPT]
