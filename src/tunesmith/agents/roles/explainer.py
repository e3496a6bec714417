"""The explainer: why, in plain words, from what the journal holds and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from ...reports.explanation import Explanation
from ...text.cleaning import short
from ..prompts import prompt
from .model import Model

_MOST_FACTS = 12_000  # Characters.
_MOST_QUESTION = 1000
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", re.IGNORECASE)


class Answer(BaseModel):
    """What the explainer answers."""

    answer: str = Field(description="the answer in plain words, at most six sentences", max_length=3000)


class Explainer:
    """Answers a question about a study, or about one of its trials.

    Args:
        model: Whom it asks.
        looked_up: What its tools have told it, read once it has answered: those are facts, too.
    """

    role = "explainer"

    def __init__(self, model: Model, looked_up: Sequence[str] = ()) -> None:
        self.model = model
        self.looked_up = looked_up

    def explain(self, facts: Explanation, question: str) -> str:
        """Return the answer; where it has numbers that are not among the facts, it says so.

        Args:
            facts: What is known, told by rules.
            question: The person's.

        Raises:
            ModelUnavailable: There is none.
        """
        told = str(facts)[:_MOST_FACTS]
        asked = f"<facts>\n{told}\n</facts>\n\nThe question: {short(question, _MOST_QUESTION)}"
        found = self.model.ask(self.role, instructions=prompt(self.role), question=asked, answer=Answer)
        answer = short(found.answer, 3000)
        if unknown := unfounded(answer, " ".join([told, question, *self.looked_up])):
            answer += f" (Not among the facts: {', '.join(unknown)}.)"
        return answer


def unfounded(answer: str, facts: str) -> list[str]:
    """Return the numbers of an answer that are not among the facts, each once.

    >>> unfounded("Trial 7 reached 0.31, 12 % better.", "trial 7: loss 0.31")
    ['12']
    """
    known = set(_NUMBER.findall(facts))
    return list(dict.fromkeys(number for number in _NUMBER.findall(answer) if number not in known))
