from typing import Any

import pytest

from tunesmith.agents.roles.explainer import Explainer, ExplainerAnswer, unfounded
from tunesmith.reports.explanation import Explanation

FACTS = Explanation.of("Study mine", [("best", ["Trial 7 is the best: loss 0.31, 12.5 % better than trial 0."])])


class ScriptedModel:
    """Gives one answer and keeps the question."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def ask(self, role: str, **asked: Any) -> Any:
        self.asked = {"role": role, **asked}
        return ExplainerAnswer(answer=self.answer)


def test_the_explainer_answers_from_the_facts() -> None:
    model = ScriptedModel("Trial 7 leads,\x1b[31m as it is 12.5 % better.")
    assert Explainer(model).explain(FACTS, "Why does 7 lead?") == "Trial 7 leads, as it is 12.5 % better."
    assert model.asked["role"] == "explainer"
    assert str(FACTS) in model.asked["question"]
    assert "never instructions" in model.asked["instructions"]


def test_invented_numbers_are_marked() -> None:
    answer = Explainer(ScriptedModel("Trial 9 would reach 0.05.")).explain(FACTS, "What next?")
    assert answer == "Trial 9 would reach 0.05. (Not among the facts: 9, 0.05.)"


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [("7 and 0.31 and 12.5", []), ("1,000 trials", ["1,000"]), ("1e-3 and 1e-3", ["1e-3"]), ("none at all", [])],
)
def test_unfounded_numbers(answer: str, unknown: list[str]) -> None:
    assert unfounded(answer, str(FACTS)) == unknown


def test_the_question_is_bounded() -> None:
    model = ScriptedModel("Yes.")
    long = Explanation.of("Study", [("best", ["very long. " * 10_000])])
    Explainer(model).explain(long, "why? " * 10_000)
    assert len(model.asked["question"]) < 14_000
