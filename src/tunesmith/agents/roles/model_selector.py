"""The model selector: which families of models to try on a table, in which order, and what one gives up with each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, Field

from ...data.problem import Problem
from ...errors import ModelUnavailable
from ...families.base import Family
from ...text.cleaning import plain, short
from ..family_selection import FamilyAdvice, Needs, TableSize, suggest_families
from .model import Model, ask, unanswered

BY_MODEL = "language model"
_ROLE = "model_selector"
_MOST_FAMILIES = 40
_MOST_WORDS = 2000  # Characters of what is known of the table.


class FamilyChoice(BaseModel):
    """One family that is worth trying."""

    family: str = Field(description="its name")
    reason: str = Field(description="why it suits this table, in one sentence")
    trade_off: str = Field(default="", description="what one gives up with it, in a few words")


class FamilyOrder(BaseModel):
    """The model selector's answer."""

    families: list[FamilyChoice] = Field(max_length=_MOST_FAMILIES, description="the most promising first")


class ModelSelector:
    """Suggests families of models; by rules, where there is no language model.

    A language model orders the families that the rules allow, and says why. It allows none that the rules refuse, and
    what the user prefers stays first.

    Args:
        model: The language model; None for rules alone.

    Attributes:
        refused: What the last answer of the language model said that is not followed, and why.

    >>> problem = Problem(target="y", kind="binary", classes=("no", "yes"))
    >>> advice = ModelSelector().suggest([problem], TableSize(rows=900, columns=8), Needs(interpretable=True))
    >>> sorted(one.family for one in advice if one.fits)
    ['additive', 'decision_tree', 'linear']
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model
        self.refused: tuple[str, ...] = ()

    def suggest(
        self,
        problems: Sequence[Problem],
        size: TableSize,
        needs: Needs | None = None,
        chosen: Mapping[str, Family] | None = None,
        *,
        about: str = "",
    ) -> list[FamilyAdvice]:
        """Return what speaks for and against each family, those to be tried first at the beginning.

        Args:
            problems: What is predicted.
            size: The size of the table.
            needs: What the user needs; nothing special by default.
            chosen: The families to judge by name; all of tunesmith and its plugins by default.
            about: What else a language model should know, as the digest of an analysis.
        """
        by_rules = suggest_families(problems, size, needs, chosen)
        self.refused = ()
        if self.model is None:
            return by_rules
        try:
            answer = ask(self.model, _ROLE, _question(problems, size, needs, by_rules, about), FamilyOrder)
        except ModelUnavailable as error:
            self.refused = (unanswered(error),)
            return by_rules
        advice, self.refused = ordered(by_rules, answer.families)
        return advice


def ordered(
    by_rules: Sequence[FamilyAdvice], choices: Sequence[FamilyChoice]
) -> tuple[list[FamilyAdvice], tuple[str, ...]]:
    """Return the rules' advice in the order of a language model, with its reasons, and what is not followed.

    Args:
        by_rules: The advice of the rules.
        choices: What the language model chooses, the most promising first.
    """
    known = {advice.family: advice for advice in by_rules}
    ranks: dict[str, int] = {}
    refused: list[str] = []
    for choice in choices:
        advice = known.get(choice.family)
        if advice is None:
            refused.append(f"there is no family '{short(choice.family, 60)}' to choose from")
        elif not advice.fits:
            refused.append(f"{advice.family} cannot be tried: {advice.reason}")
        elif choice.family not in ranks:
            ranks[choice.family] = len(ranks)
            extra = (trade_off,) if (trade_off := short(choice.trade_off, 160)) else ()
            reason = short(choice.reason, 300) or advice.reason
            trade_offs = (*advice.trade_offs, *extra)
            known[choice.family] = replace(advice, reason=reason, trade_offs=trade_offs, by=BY_MODEL)
    order = sorted(
        known.values(), key=lambda advice: (not advice.fits, advice.tier, ranks.get(advice.family, len(known)))
    )
    return order, tuple(refused)


def _question(
    problems: Sequence[Problem], size: TableSize, needs: Needs | None, by_rules: Sequence[FamilyAdvice], about: str
) -> str:
    needs = needs or Needs()
    question = {
        "targets": [
            {"name": short(problem.target, 80), "kind": problem.kind, "classes": len(problem.classes)}
            for problem in problems
        ],
        "rows": size.rows,
        "columns": size.columns,
        "columns_of_text": size.texts,
        "needs": {"interpretable": needs.interpretable, "wishes": needs.wishes, "prefer": needs.prefer},
        "families_that_fit": [advice.to_table() for advice in by_rules if advice.fits],
        "families_that_do_not": {advice.family: advice.reason for advice in by_rules if not advice.fits},
        "about_the_table": plain(about, _MOST_WORDS),
    }
    return json.dumps(question, ensure_ascii=False)
