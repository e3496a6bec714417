"""The model selector, by rules and over real HTTP with scripted answers: a model orders only what the rules allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.scripted_models import connected_to

from tunesmith.agents.family_selection import FamilyAdvice, Needs, TableSize, suggest_families
from tunesmith.agents.roles.model_selector import ModelSelector
from tunesmith.data.problem import Problem
from tunesmith.testing.model_server import Reply, Status, Structured, Text

PROBLEM = Problem(target="y", kind="binary", classes=("no", "yes"))
SIZE = TableSize(rows=5_000, columns=12)


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def suggested(reply: Reply, needs: Needs | None = None) -> tuple[list[FamilyAdvice], ModelSelector]:
    with connected_to(reply) as (model, _):
        selector = ModelSelector(model)
        return selector.suggest([PROBLEM], SIZE, needs, about="rows 5,000\nfindings:\n- none"), selector


def choice(family: str, reason: str = "many categories", trade_off: str = "slower to train") -> dict[str, Any]:
    return {"family": family, "reason": reason, "trade_off": trade_off}


def test_a_model_orders_what_the_rules_allow_and_is_credited() -> None:
    advice, selector = suggested(Structured({"families": [choice("svm"), choice("random_forest"), choice("svm")]}))
    by_rules = suggest_families([PROBLEM], SIZE)
    assert [one.family for one in advice[:2]] == ["svm", "random_forest"]
    assert {one.family for one in advice} == {one.family for one in by_rules}
    assert (advice[0].by, advice[0].reason, advice[0].trade_offs[-1]) == (
        "language model",
        "many categories",
        "slower to train",
    )
    assert {one.by for one in advice[2:]} == {"rules"}
    assert selector.refused == ()


def test_what_the_rules_refuse_or_do_not_know_is_refused_in_words() -> None:
    families = [choice("rm -rf /"), choice("lightgbm"), choice("linear")]
    advice, selector = suggested(Structured({"families": families}), Needs(interpretable=True))
    assert advice[0].family == "linear"
    assert not next(one for one in advice if one.family == "lightgbm").fits
    assert "there is no family 'rm -rf /'" in selector.refused[0]
    assert "lightgbm cannot be tried: no person can read" in selector.refused[1]


def test_what_the_user_prefers_stays_first() -> None:
    advice, _ = suggested(Structured({"families": [choice("knn")]}), Needs(prefer=("linear",)))
    assert [one.family for one in advice[:2]] == ["linear", "knn"]


@pytest.mark.parametrize("reply", [Text("no JSON"), Status(401), Structured({"families": "all"})])
def test_without_a_usable_answer_the_rules_stand(reply: Reply) -> None:
    advice, selector = suggested(reply)
    assert advice == suggest_families([PROBLEM], SIZE)
    assert "no language model answered" in selector.refused[0]
