"""The selector of forecasting models: which families to try on time series, in which order, and what one gives up."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...errors import ModelUnavailable
from ...forecasters.base import Forecaster
from ...series.digest import series_digest
from ...text.cleaning import plain
from ..family_selection import FamilyAdvice, Needs
from ..forecaster_selection import SeriesFacts, suggest_forecasters
from .model import Model, ask, unanswered
from .model_selector import FamilyOrder, ordered

_ROLE = "forecaster_selector"
_MOST_WORDS = 2000  # Characters of what else is known.


class ForecasterSelector:
    """Suggests families of forecasting models; by rules, where there is no language model.

    A language model orders the families that the rules allow, and says why. It allows none that the rules refuse, and
    what the user prefers stays first.

    Args:
        model: The language model; None for rules alone.

    Attributes:
        refused: What the last answer of the language model said that is not followed, and why.

    >>> from tunesmith.series.read import read_series
    >>> panel = read_series({"month": [f"2020-{month:02}" for month in range(1, 13)], "sales": list(range(12))})
    >>> advice = ForecasterSelector().suggest(SeriesFacts.of(panel, horizon=3), Needs(interpretable=True))
    >>> {"naive", "drift"} <= {one.family for one in advice if one.fits}
    True
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model
        self.refused: tuple[str, ...] = ()

    def suggest(
        self,
        facts: SeriesFacts,
        needs: Needs | None = None,
        chosen: Mapping[str, Forecaster] | None = None,
        *,
        about: str = "",
    ) -> list[FamilyAdvice]:
        """Return what speaks for and against each family, those to be tried first at the beginning.

        Args:
            facts: What is known of the series.
            needs: What the user needs; nothing special by default.
            chosen: The families to judge by name; all of tunesmith and its plugins by default.
            about: What else a language model should know, as what is usual in the field.
        """
        by_rules = suggest_forecasters(facts, needs, chosen)
        self.refused = ()
        if self.model is None:
            return by_rules
        try:
            answer = ask(self.model, _ROLE, _question(facts, needs or Needs(), by_rules, about), FamilyOrder)
        except ModelUnavailable as error:
            self.refused = (unanswered(error),)
            return by_rules
        advice, self.refused = ordered(by_rules, answer.families)
        return advice


def _question(facts: SeriesFacts, needs: Needs, by_rules: list[FamilyAdvice], about: str) -> str:
    question = {
        "series": series_digest(facts.panel, facts.horizon),
        "needs": {
            "interpretable": needs.interpretable,
            "wishes": needs.wishes,
            "seconds_for_a_trial": needs.seconds,
            "prefer": needs.prefer,
        },
        "families_that_fit": [advice.to_table() for advice in by_rules if advice.fits],
        "families_that_do_not": {advice.family: advice.reason for advice in by_rules if not advice.fits},
        "about": plain(about, _MOST_WORDS),
    }
    return json.dumps(question, ensure_ascii=False)
