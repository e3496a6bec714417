"""The explainer: answers questions from facts of the journal, in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from ...reports.explanation import Explanation
from ...text.cleaning import short
from .model import Model, Tools, ask

_MAX_FACTS = 12_000  # Characters.
_MAX_QUESTION = 1000
_MAX_ANSWER = 3000
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", re.IGNORECASE)


class ExplainerAnswer(BaseModel):
    """The explainer's answer."""

    answer: str = Field(description="the answer in plain words, at most six sentences", max_length=_MAX_ANSWER)


class Explainer:
    """Answers a question about a study or one of its trials.

    Args:
        model: The model.
        tools: Tools that it may call.
        tool_results: Results of the tools, read after the answer: they are facts, too.
    """

    def __init__(self, model: Model, tools: Tools = (), tool_results: Sequence[str] = ()) -> None:
        self.model = model
        self.tools = tools
        self.tool_results = tool_results

    def explain(self, facts: Explanation, question: str) -> str:
        """Return the answer, with a note on numbers that are not among the facts.

        Args:
            facts: The facts, by rules.
            question: The person's question.

        Raises:
            ModelUnavailable: No model answers.
        """
        text = str(facts)[:_MAX_FACTS]
        prompt = f"<facts>\n{text}\n</facts>\n\nThe question: {short(question, _MAX_QUESTION)}"
        answer = short(ask(self.model, "explainer", prompt, ExplainerAnswer, self.tools).answer, _MAX_ANSWER)
        if unknown := unfounded(answer, " ".join([text, question, *self.tool_results])):
            answer += f" (Not among the facts: {', '.join(unknown)}.)"
        return answer


def unfounded(answer: str, facts: str) -> list[str]:
    """Return the numbers of an answer that are not among the facts, each once.

    >>> unfounded("Trial 7 reached 0.31, 12 % better.", "trial 7: loss 0.31")
    ['12']
    """
    known = set(_NUMBER.findall(facts))
    return list(dict.fromkeys(number for number in _NUMBER.findall(answer) if number not in known))
