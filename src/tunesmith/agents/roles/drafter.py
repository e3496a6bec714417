"""The drafter: what a user's words want of a study, where rules could not read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from ...core.space import SearchSpace
from ...init import Draft
from ...init.fulfilment import apply_intents, refused
from ...init.request import plain, says_something
from ...init.wishes import Aim, Intent, Limit, Options, Range, Selection
from ...text.cleaning import short, without_secrets
from ..prompts import prompt
from .model import Model

_MOST_SCRIPT = 6000  # Characters.
_MOST_NAMES = 60
_MOST = 20


class Changes(BaseModel):
    """What the drafter answers."""

    objective: list[Aim] = Field(default_factory=list, max_length=_MOST)
    selections: list[Selection] = Field(default_factory=list, max_length=_MOST)
    ranges: list[Range] = Field(default_factory=list, max_length=_MOST_NAMES)
    options: list[Options] = Field(default_factory=list, max_length=_MOST_NAMES)
    limits: list[Limit] = Field(default_factory=list, max_length=_MOST)
    not_understood: list[str] = Field(default_factory=list, max_length=_MOST, description="what no change can give")

    @property
    def wishes(self) -> tuple[Intent, ...]:
        """All that is wanted."""
        return (*self.objective, *self.selections, *self.ranges, *self.options, *self.limits)


class Drafter:
    """Reads a request beside a draft, and changes the draft within what the request says.

    Args:
        model: Whom it asks.
    """

    role = "drafter"

    def __init__(self, model: Model) -> None:
        self.model = model

    def amend(self, draft: Draft, request: str) -> Draft:
        """Return the draft with what the request wants besides; all of it is checked as rules' wishes are.

        Args:
            draft: As rules made it of the request.
            request: The user's words.

        Raises:
            ModelUnavailable: There is none.
            InputError: The request is empty, or very long.
        """
        words = plain(request)
        question = json.dumps(_told(draft, words), ensure_ascii=False, default=str)
        changes = self.model.ask(self.role, instructions=prompt(self.role), question=question, answer=Changes)
        granted = []
        for wish in changes.wishes:
            if _is_said(wish.words, words):
                granted.append(wish)
            else:
                draft = refused(draft, wish.words, "the language model says so, but your words do not.")
        before = len(draft.understood)
        draft = apply_intents(draft, granted, careful=True)
        read = (f"{line} (as the language model reads it)" for line in draft.understood[before:])
        draft = replace(draft, understood=(*draft.understood[:before], *read))
        for phrase in changes.not_understood:
            draft = refused(draft, phrase, "the language model knows no setting for it.")
        return draft


def _is_said(phrase: str, request: str) -> bool:
    """Tell whether a phrase stands in the request: nothing that a file says can ask for a change."""
    bare = " ".join(re.findall(r"[^\s\"'`]+", phrase)).lower()
    return says_something(bare) and bare in " ".join(re.findall(r"[^\s\"'`]+", request)).lower()


def _told(draft: Draft, request: str) -> dict[str, Any]:
    tables = SearchSpace(draft.space).to_tables()[0] if draft.space else {}
    listed = list(draft.space)[:_MOST_NAMES]
    return {
        "request": request,
        "understood": draft.understood,
        "not_understood": draft.not_understood,
        "parameters": {short(name, 120): {**tables[name], "now": _value(draft.values.get(name))} for name in listed},
        "left_alone": {short(name, 120): short(why) for name, why in list(draft.skipped.items())[:_MOST_NAMES]},
        "metrics": [short(name, 120) for name in draft.measured[:_MOST]],
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
    text = draft.script.read_text(encoding="utf-8", errors="replace")[: 2 * _MOST_SCRIPT]
    return without_secrets(text)[:_MOST_SCRIPT]
