"""The feature engineer: drafts how the columns of a table are prepared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from ...data.analysis import Analysis
from ...data.analysis.digest import digest
from ...errors import InputError, ModelUnavailable
from ...recipes.recipe import Recipe
from ...recipes.suggestions import Suggestion, draft
from ...text.cleaning import short
from .model import Model, ask, unanswered

_ROLE = "feature_engineer"
_MOST_STEPS = 12
_MOST_WORDS = 1000  # Characters of the user's words.


class RecipeDraft(BaseModel):
    """The feature engineer's answer."""

    steps: list[dict[str, Any]] = Field(min_length=1, max_length=_MOST_STEPS, description="the steps in order")
    reasons: list[str] = Field(default_factory=list, max_length=_MOST_STEPS, description="why, a sentence each")


class FeatureEngineer:
    """Drafts a recipe from what an analysis found and what the user wants; by rules, where there is no model.

    Args:
        model: The language model; None for rules alone.

    >>> suggestion = FeatureEngineer().draft(request="add ratios")
    >>> [type(step).__name__ for step in suggestion.recipe.steps]
    ['DatesStep', 'TextStep', 'ArithmeticStep']
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model

    def draft(self, analysis: Analysis | None = None, request: str = "") -> Suggestion:
        """Return a recipe that is valid, and why it is so; the model's only if it is one.

        Args:
            analysis: What was found in the table.
            request: What the user wants of it.
        """
        findings = () if analysis is None else analysis.findings
        by_rules = draft(request, findings)
        if self.model is None:
            return by_rules
        try:
            answer = ask(self.model, _ROLE, _question(by_rules, analysis, request), RecipeDraft)
            recipe = Recipe.from_table({"steps": answer.steps})
        except ModelUnavailable as error:
            return _noted(by_rules, unanswered(error))
        except InputError as error:
            return _noted(by_rules, f"the language model's recipe is refused: {short(error, 200)}")
        return Suggestion(name=_ROLE, recipe=recipe, reasons=_told(answer.reasons))


def _question(by_rules: Suggestion, analysis: Analysis | None, request: str) -> str:
    question = {
        "request": short(request, _MOST_WORDS),
        "table": "" if analysis is None else digest(analysis),
        "recipe_by_rules": by_rules.recipe.to_table(),
    }
    return json.dumps(question, ensure_ascii=False)


def _noted(suggestion: Suggestion, note: str) -> Suggestion:
    return replace(suggestion, reasons=(*suggestion.reasons, note))


def _told(reasons: Sequence[str]) -> tuple[str, ...]:
    return tuple(short(reason, 300) for reason in reasons)
