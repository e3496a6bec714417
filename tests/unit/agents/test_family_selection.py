"""Which families are suggested for a table and for what a user needs, and why."""

from __future__ import annotations

import pytest

from tunesmith import InputError
from tunesmith.agents.family_selection import FamilyAdvice, Needs, TableSize, suggest_families
from tunesmith.data.problem import Problem

PROBLEM = Problem(target="y", kind="binary", classes=("no", "yes"))
SIZE = TableSize(rows=5_000, columns=12)


def suggested(needs: Needs | None = None, size: TableSize = SIZE) -> dict[str, FamilyAdvice]:
    return {advice.family: advice for advice in suggest_families([PROBLEM], size, needs)}


def test_every_family_is_judged_and_those_that_fit_come_first() -> None:
    advice = suggest_families([PROBLEM], SIZE, Needs(interpretable=True))
    fits = [entry.fits for entry in advice]
    assert fits == sorted(fits, reverse=True)
    assert {entry.family for entry in advice if entry.fits} == {"linear", "decision_tree", "additive"}
    assert "no person can read" in suggested(Needs(interpretable=True))["lightgbm"].reason


@pytest.mark.parametrize(
    ("needs", "size", "family", "reason"),
    [
        (Needs(wishes=("small",)), SIZE, "random_forest", "large models"),
        (Needs(wishes=("fast",)), SIZE, "extra_trees", "slow to predict"),
        (Needs(avoid=("lightgbm",)), SIZE, "lightgbm", "to be avoided"),
        (Needs(only=("linear",)), SIZE, "lightgbm", "not among the families asked for"),
        (Needs(), TableSize(rows=50_000, columns=12), "knn", "for at most 20,000 rows"),
        (Needs(), SIZE, "tfidf_linear", "for tables with columns of text"),
        (Needs(seconds=0.001), SIZE, "lightgbm", "a trial is estimated at"),
    ],
)
def test_what_speaks_against_a_family_is_told(needs: Needs, size: TableSize, family: str, reason: str) -> None:
    advice = suggested(needs, size)[family]
    assert not advice.fits
    assert reason in advice.reason


def test_wishes_and_preferences_decide_the_order() -> None:
    order = [a.family for a in suggest_families([PROBLEM], SIZE, Needs(prefer=("svm",), wishes=("small",))) if a.fits]
    assert order[0] == "svm"
    assert order.index("lightgbm") < order.index("knn")


def test_text_brings_in_the_family_for_text() -> None:
    assert suggested(size=TableSize(rows=500, columns=3, texts=1))["tfidf_linear"].fits


def test_an_unknown_wish_is_refused() -> None:
    with pytest.raises(InputError, match="a wish must be one of small, fast, quick"):
        Needs(wishes=("cheap",))  # type: ignore[arg-type]
