"""The drafter: reads the parts of a request that rules do not understand, and looks at a draft without a request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from ...core.metric_words import is_of_test_data
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

    def review(self, draft: Draft) -> Draft:
        """Return a draft with the model's corrections, made from the script, its help text and a sample of its output.

        The same checks apply. A correction must quote what shows it. It can change what is searched and which metric
        of the script is the objective, but no budget; a metric of test data is refused.

        Args:
            draft: The draft.

        Raises:
            ModelUnavailable: No model answered.
        """
        question = _question(draft, "") | {
            "command": without_secrets(draft.command),
            "help": _help(draft),
            "output": _output(draft),
        }
        text = json.dumps(question, ensure_ascii=False, default=str)
        changes = self.model.ask(self.role, instructions=prompt("draft_review"), question=text, answer=Changes)
        shown = "\n".join([question["script"], question["output"], *question["help"].values()])
        intents = []
        for intent in changes.intents:
            reason = _why_not(intent, shown)
            if reason is None:
                intents.append(intent)
            else:
                draft = refused(draft, intent.words, reason)
        before = len(draft.understood)
        draft = apply_intents(draft, intents, careful=True)
        by_model = (f"{line} (as the language model reads the script)" for line in draft.understood[before:])
        return replace(draft, understood=(*draft.understood[:before], *by_model))


def _why_not(intent: Intent, shown: str) -> str | None:
    """Return why a correction that nobody asked for is refused, or None."""
    if isinstance(intent, SetLimit) or (isinstance(intent, SelectParameters) and intent.action == "only"):
        return "the language model proposed it, and you have not asked for it."
    if isinstance(intent, Improve) and is_of_test_data(intent.metric):
        return "tuning on test data leaves none to measure the result on."
    if not is_quoted(intent.words, shown):
        return "the language model proposed it, but neither the script nor its output says so."
    return None


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


def _help(draft: Draft) -> dict[str, str]:
    """Return the script's own words on its options, without those that may hold a secret."""
    names = [name for name in draft.help if name in draft.space or name in draft.skipped][: 2 * _MAX_PARAMETERS]
    return {short(name, 120): without_secrets(short(draft.help[name], 200)) for name in names}


def _output(draft: Draft) -> str:
    return without_secrets(draft.sample_output)[-_MAX_SCRIPT:]


def _script(draft: Draft) -> str:
    """Return the beginning of the script, without lines that may hold a secret."""
    if draft.script is None:
        return ""
    text = draft.script.read_text(encoding="utf-8", errors="replace")[: 2 * _MAX_SCRIPT]
    return without_secrets(text)[:_MAX_SCRIPT]
