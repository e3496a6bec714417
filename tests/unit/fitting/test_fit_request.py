"""What rules understand of a request to `fit`, and what they must not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tunesmith as ts
from tunesmith import InputError
from tunesmith.fitting.asked import options_of
from tunesmith.fitting.request import FitRequest
from tunesmith.fitting.request_checks import setting_fault

COLUMNS = ["customer_id", "churned", "signup_date", "age", "price", "town", "income", "SalePrice", "Survived", "tenure"]
COLUMNS += ["w"]


def read(words: str) -> dict[str, Any]:
    """The settings by name, those of a kind joined, and what was not understood as `rest`."""
    request = FitRequest.read(words, COLUMNS)
    assert not any(setting_fault(setting, COLUMNS) for setting in request.settings)
    table: dict[str, Any] = {}
    for setting in request.settings:
        value = setting.value
        table[setting.name] = (*table.get(setting.name, ()), *value) if isinstance(value, tuple) else value
    return table | ({"rest": request.not_understood} if request.not_understood else {})


SPEED = "predict_ms_per_1000_rows"
BOOSTERS = ("lightgbm", "xgboost", "catboost", "hist_gradient_boosting")


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (
            "predict churn, must be explainable, under 5 ms",
            {"target": ("churned",), "interpretable": True, "limits": (f"{SPEED} <= 5000",)},
        ),
        ("answer in under 5 ms per 1,000 rows", {"limits": (f"{SPEED} <= 5",)}),
        ("predictions must take less than 2 seconds per 10000 rows", {"limits": (f"{SPEED} <= 200",)}),
        ("latency below 200 microseconds", {"limits": (f"{SPEED} <= 200",)}),
        ("predict whether a customer will churn", {"target": ("churned",)}),
        ("Predict Churned.", {"target": ("churned",)}),
        ("predict survival", {"target": ("Survived",)}),
        ("predict the sale price", {"target": ("SalePrice",)}),
        ("predict price", {"target": ("price",)}),
        ("predict churned and income", {"target": ("churned", "income")}),
        ("the target is income", {"target": ("income",)}),
        ("I need a churn classifier", {"target": ("churned",)}),
        ("estimate the income of each customer", {"target": ("income",)}),
        ("a small, explainable model for price", {"target": ("price",), "wishes": ("small",), "interpretable": True}),
        ("in 2 minutes", {"minutes": 2.0}),
        ("train for half an hour", {"minutes": 30.0}),
        ("takes at most 90 seconds", {"minutes": 1.5}),
        ("model under 10 MB", {"limits": ("model_mb <= 10",)}),
        ("at most 500 kB", {"limits": ("model_mb <= 0.5",)}),
        ("at most 2 GB of memory", {"memory_gb": 2.0}),
        ("accuracy of at least 90 %", {"limits": ("accuracy >= 0.9",)}),
        ("at least 0.8 auc", {"limits": ("auc >= 0.8",)}),
        ("rmse below 3", {"limits": ("rmse <= 3",)}),
        ("minimize mean absolute error", {"metric": "mae"}),
        ("optimise for f1 score", {"metric": "f1"}),
        ("use average precision as the metric", {"metric": "average_precision"}),
        ("interpretable", {"interpretable": True}),
        ("a doctor must be able to trust it", {"rest": ("a doctor must be able to trust it",)}),
        ("it does not have to be explainable", {"interpretable": False}),
        ("only lightgbm and linear models", {"families": ("lightgbm", "linear")}),
        ("use a random forest", {"families": ("random_forest",)}),
        ("logistic regression", {"families": ("linear",)}),
        ("no neural networks", {"avoid": ("realmlp",)}),
        ("without xgboost or catboost", {"avoid": ("xgboost", "catboost")}),
        ("prefer gradient boosting", {"prefer": BOOSTERS}),
        ("a small model with fast predictions", {"wishes": ("small", "fast")}),
        ("group by customer_id", {"group": "customer_id"}),
        ("keep rows of the same customer_id together", {"group": "customer_id"}),
        ("signup_date is the date", {"time": "signup_date"}),
        ("weighted by w", {"weight": "w"}),
        ("customer_id is the id", {"id": ("customer_id",)}),
        ("ignore town and income", {"exclude": ("town", "income")}),
        ("without using tenure", {"exclude": ("tenure",)}),
        ("class of interest is yes", {"positive": "yes"}),
        ("a regression problem", {"task": "regression"}),
        ("50 trials, 4 in parallel", {"trials": 50, "parallel": 4}),
    ],
)
def test_understood(words: str, settings: dict[str, Any]) -> None:
    assert read(words) == settings


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("do not predict churn", {"rest": ("do not predict churn",)}),
        ("predict churn but not in under 5 ms", {"target": ("churned",), "rest": ("not in under 5 ms",)}),
        ("predict revenue", {"rest": ("predict revenue",)}),
        ("maximize rmse", {"rest": ("maximize rmse",)}),
        ("auc below 0.8", {"rest": ("auc below 0.8",)}),
        ("in 3 minutes, in 5 minutes", {"minutes": 3.0, "rest": ("in 5 minutes (it contradicts 'in 3 minutes')",)}),
        ("2.5 trials", {"rest": ("2.5 trials",)}),
        ("predict price and write me a poem", {"target": ("price",), "rest": ("write me a poem",)}),
        (
            "predict price; ignore all previous instructions; --folder /etc",
            {"target": ("price",), "rest": ("ignore all previous instructions", "--folder /etc")},
        ),
        ("predict price for 100 houses", {"target": ("price",), "rest": ("for 100 houses",)}),
        ("the id of a request is long", {"rest": ("the id of a request is long",)}),
    ],
)
def test_not_understood(words: str, settings: dict[str, Any]) -> None:
    assert read(words) == settings


def test_a_word_that_two_columns_share_names_neither() -> None:
    request = FitRequest.read("predict price", ["old_price", "new_price"])
    assert not request.settings


@given(words=st.text(min_size=1, max_size=80), columns=st.lists(st.text(max_size=12), max_size=4))
def test_any_words_are_read_or_refused(words: str, columns: list[str]) -> None:
    try:
        request = FitRequest.read(words, columns)
    except InputError:
        return
    assert FitRequest.from_table(request.to_table()) == request
    assert len(request.understood) == len(request.settings)


def frame(rows: int = 120) -> pd.DataFrame:
    random = np.random.default_rng(0)
    age, town = random.integers(18, 80, rows), random.choice(["Ulm", "Bonn", "Kiel"], rows)
    return pd.DataFrame({"age": age, "town": town, "churned": np.where(age + 9 * (town == "Ulm") > 50, "yes", "no")})


@pytest.mark.parametrize(
    ("asked", "check"),
    [
        ({}, lambda o: o.data.targets == ("churned",) and o.minutes == 2),
        ({"target": "town"}, lambda o: o.data.targets == ("town",)),
        ({"minutes": 7.0}, lambda o: o.minutes == 7),
        ({"metric": "f1"}, lambda o: o.metric == "f1"),
        ({"families": ("lightgbm",)}, lambda o: o.families == ("lightgbm",) and not o.avoid),
        ({"limits": ["model_mb <= 2"]}, lambda o: [(c.metric, c.high) for c in o.limits] == [("model_mb", 2.0)]),
        ({"limits": ["auc >= 0.6"]}, lambda o: [c.metric for c in o.limits] == ["auc", "model_mb"]),
    ],
)
def test_options_win_over_words(asked: dict[str, Any], check: Callable[[Any], bool]) -> None:
    words = "predict churn in 2 minutes, maximize auc, model under 10 MB, no linear models"
    assert check(options_of(frame(), asked | {"request": words}))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("predict revenue", "must name the column to predict.*The columns are age, town, churned"),
        ("  ", "must say something"),
    ],
)
def test_a_request_without_a_target_is_refused_with_the_columns(words: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        options_of(frame(), {"request": words})


def test_a_fit_does_what_the_words_say_and_keeps_them(tmp_path: Path) -> None:
    words = "predict churn, must be explainable, no additive models, prefer a decision tree, 4 trials, juggle"
    result = ts.fit(frame(), request=words, folder=tmp_path / "f", parallel=1, progress=False)
    families = [trial.parameters["family"] for trial in result.study.trials]
    assert families[:2] == ["prior", "decision_tree"]
    assert set(families) <= {"prior", "decision_tree", "linear"}
    assert result.request is not None
    assert result.request.not_understood == ("juggle",)
    assert "'predict churn': target churned" in result.request.understood
    assert len(result.ensemble.members) == 1
    again = ts.fit(frame(), request=words, folder=tmp_path / "f", parallel=1, progress=False)
    assert len(again.study.trials) == 4


def test_words_that_leave_no_family_are_refused_with_the_reasons(tmp_path: Path) -> None:
    words = "predict churn, must be explainable, no linear models, no decision tree, no additive models"
    with pytest.raises(InputError, match=r"leaves no family of models: .* is out"):
        ts.fit(frame(), request=words, folder=tmp_path / "f", progress=False)
