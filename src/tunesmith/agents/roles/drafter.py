"""The drafter: what a user's words want of a study, where rules could not read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field

from ...draft import Draft
from ...draft.fulfilment import fulfilled, refused
from ...draft.request import plain, says_something
from ...draft.wishes import Aim, Limit, Options, Range, Selection, Target, Wish
from ...reports.cleaning import short, without_secrets
from ...space import SearchSpace
from ..prompts import prompt
from .model import Model

_MOST_SCRIPT = 6000  # Characters.
_MOST_NAMES = 60
_MOST = 20
_WORDS = Field(description="the phrase of the request that asks for it, letter by letter")


class Objective(BaseModel):
    """A metric to improve."""

    metric: str
    direction: Literal["minimize", "maximize"]
    words: str = _WORDS


class ParameterSelection(BaseModel):
    """Which parameters are tuned."""

    action: Literal["only", "also", "leave"]
    parameters: list[str] = Field(min_length=1, max_length=_MOST_NAMES)
    words: str = _WORDS


class ParameterRange(BaseModel):
    """Bounds of a number."""

    parameter: str
    low: float | None = None
    high: float | None = None
    words: str = _WORDS


class ParameterOptions(BaseModel):
    """Values that a parameter may take."""

    parameter: str
    options: list[bool | int | float | str] = Field(min_length=1, max_length=_MOST)
    words: str = _WORDS


class BudgetLimit(BaseModel):
    """A bound of the study."""

    name: Literal["trials", "minutes", "target", "patience", "seconds_per_trial", "memory_gb", "usd", "parallel"]
    value: float = Field(allow_inf_nan=False)
    words: str = _WORDS


class Changes(BaseModel):
    """What the drafter answers."""

    objective: list[Objective] = Field(default_factory=list, max_length=_MOST)
    selections: list[ParameterSelection] = Field(default_factory=list, max_length=_MOST)
    ranges: list[ParameterRange] = Field(default_factory=list, max_length=_MOST_NAMES)
    options: list[ParameterOptions] = Field(default_factory=list, max_length=_MOST_NAMES)
    limits: list[BudgetLimit] = Field(default_factory=list, max_length=_MOST)
    not_understood: list[str] = Field(default_factory=list, max_length=_MOST, description="what no change can give")


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
            NoAnswer: There is none.
            InputError: The request is empty, or very long.
        """
        words = plain(request)
        question = json.dumps(_told(draft, words), ensure_ascii=False, default=str)
        changes = self.model.ask(self.role, instructions=prompt(self.role), question=question, answer=Changes)
        granted = []
        for wish in _wishes(changes):
            if _is_said(wish.words, words):
                granted.append(wish)
            else:
                draft = refused(draft, wish.words, "the language model says so, but your words do not.")
        before = len(draft.understood)
        draft = fulfilled(draft, granted, careful=True)
        read = (f"{line} (as the language model reads it)" for line in draft.understood[before:])
        draft = replace(draft, understood=(*draft.understood[:before], *read))
        for phrase in changes.not_understood:
            draft = refused(draft, phrase, "the language model knows no setting for it.")
        return draft


def _wishes(changes: Changes) -> Iterator[Wish]:
    for aim in changes.objective:
        yield Aim(words=aim.words, metric=aim.metric, direction=aim.direction)
    for selection in changes.selections:
        yield Selection(words=selection.words, names=tuple(selection.parameters), action=selection.action)
    for bounds in changes.ranges:
        yield Range(words=bounds.words, name=bounds.parameter, low=bounds.low, high=bounds.high)
    for choice in changes.options:
        yield Options(words=choice.words, name=choice.parameter, options=tuple(choice.options))
    for limit in changes.limits:
        if limit.name == "target":
            yield Target(words=limit.words, value=limit.value)
        else:
            yield Limit(words=limit.words, name=limit.name, value=limit.value)


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
