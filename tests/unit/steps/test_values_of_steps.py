"""What single steps make of small tables, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.errors import InputError
from tunesmith.recipes.recipe import Recipe

FRAME = pd.DataFrame(
    {
        "debt": [1.0, 2.0, np.nan, 9.0],
        "income": [4.0, 0.0, 5.0, 3.0],
        "grade": [1.0, 2.0, 3.0, 1.0],
        "town": pd.Categorical(["Ulm", "Ulm", "Bonn", None], categories=["Ulm", "Bonn"]),
        "day": pd.to_datetime(["2024-02-29 06:00", "1969-12-31 00:00", None, "2024-12-31 23:00"]).astype(
            "datetime64[s]"
        ),
    }
)


RATIOS = [2 / 3, 4 / 3, np.nan, 1]


def _prepared(step: str, frame: pd.DataFrame = FRAME, **options: Any) -> pd.DataFrame:
    recipe = Recipe.from_table({"steps": [{"step": step, **options}]})
    return recipe.fit_transform(frame, np.zeros((len(frame), 1)))[1]


@pytest.mark.parametrize(
    ("step", "options", "column", "expected"),
    [
        ("arithmetic", {"pairs": ["debt / income"]}, "debt / income", [0.25, np.nan, np.nan, 3]),
        ("dates", {}, "day (month)", [2, 12, np.nan, 12]),
        ("dates", {}, "day (days)", [19782.25, -1, np.nan, 20088 + 23 / 24]),
        ("dates", {"cyclical": True}, "day (cosine of hour)", [0, 1, np.nan, np.cos(2 * np.pi * 23 / 24)]),
        ("counts", {"least_levels": 2}, "town (share)", [0.5, 0.5, 0.25, 0.25]),
        ("group_statistics", {"columns": ["income"]}, "income (mean by town)", [2, 2, 5, 3]),
        ("group_statistics", {"columns": ["income"]}, "income (less mean by town)", [2, -2, 0, 0]),
        ("group_statistics", {"columns": ["debt"], "statistics": ["ratio"]}, "debt (by mean by town)", RATIOS),
        ("row_statistics", {}, "row (missing)", [0, 0, 2, 1]),
        ("row_statistics", {"statistics": ["largest"]}, "row (largest)", [4, 2, 5, 9]),
        ("missing", {}, "town (missing)", [0, 0, 0, 1]),
        ("clip", {"columns": ["income"], "tail": 0.25}, "income", [4, 2.25, 4.25, 3]),
        ("logs", {"columns": ["debt"], "least_skewness": 0.0}, "debt", [np.log(2), np.log(3), np.nan, np.log(10)]),
    ],
)  # fmt: skip
def test_the_numbers(step: str, options: dict[str, Any], column: str, expected: list[float]) -> None:
    np.testing.assert_allclose(_prepared(step, **options)[column], expected, atol=1e-12)


def test_rare_levels_merge_and_missing_ones_stay_missing() -> None:
    recipe = Recipe.from_table({"steps": [{"step": "rare_levels", "least_rows": 2}]})
    fitted, prepared = recipe.fit_transform(FRAME, np.zeros((4, 1)))
    assert prepared["town"].astype(object).fillna("").tolist() == ["Ulm", "Ulm", "(rare)", ""]
    assert fitted.transform(FRAME)["town"].cat.categories.tolist() == ["Ulm", "(rare)"]


def test_codes_become_categories_and_unseen_ones_missing() -> None:
    fitted, prepared = Recipe.from_table({"steps": [{"step": "few_values"}]}).fit_transform(FRAME, np.zeros((4, 1)))
    assert prepared["grade"].tolist() == ["1", "2", "3", "1"]
    other = FRAME.assign(grade=[1.5, 3.0, np.nan, 9.0])
    assert fitted.transform(other)["grade"].astype(object).fillna("").tolist() == ["", "3", "", ""]
    assert prepared["income"].dtype == float or prepared["income"].nunique() <= 10


def test_constant_and_repeated_columns_are_dropped() -> None:
    frame = FRAME.assign(one=1.0, again=FRAME["debt"], none=np.nan)
    assert list(_prepared("drop", frame)) == list(FRAME)


def test_the_columns_that_say_nothing_are_not_selected() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(500, 30)), columns=[f"x{i}" for i in range(30)])
    recipe = Recipe.from_table({"steps": [{"step": "select", "most": 2}]})
    target = (np.abs(frame["x3"]) + frame["x20"]).to_numpy()[:, None]
    assert list(recipe.fit_transform(frame, target)[1]) == ["x3", "x20"]


def test_a_cross_of_two_categories() -> None:
    frame = pd.DataFrame({"a": pd.Categorical(list("uuvv")), "b": pd.Categorical(list("xyxy"))})
    crossed = _prepared("crosses", frame, least_rows=1)["a × b"]
    assert crossed.nunique() == 4
    assert _prepared("crosses", frame, least_rows=2)["a × b"].isna().all()


def test_texts_about_different_things_lie_apart() -> None:
    cars, food = ["red car engine wheel road", "fast car road engine"] * 20, ["bread soup salt pan"] * 40
    frame = pd.DataFrame({"note": pd.Series([*cars, *food, None, ""], dtype=object)})
    prepared = _prepared("text", frame, components=2, unit="words")
    first = prepared["note (component 1)"].to_numpy()
    assert prepared["note (words)"].tolist()[-3:] == [4, 0, 0]
    assert abs(np.corrcoef(first[:80], [1] * 40 + [0] * 40)[0, 1]) > 0.95


def test_a_text_of_one_word_is_taken_apart_into_characters() -> None:
    frame = pd.DataFrame({"name": pd.Series(["Müller", "Mueller", "Schmidt", "Schmitt"] * 5, dtype=object)})
    prepared = _prepared("text", frame, components=2)
    vectors = prepared[["name (component 1)", "name (component 2)"]].to_numpy()
    assert vectors[2] @ vectors[3] > 10 * abs(vectors[0] @ vectors[3])


def test_arithmetic_leaves_codes_alone() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 5, (1000, 4)).astype(float), columns=list("abcd"))
    recipe = Recipe.from_table({"steps": [{"step": "arithmetic"}]})
    fitted, _ = recipe.fit_transform(frame, (frame["a"] * frame["b"]).to_numpy()[:, None])
    assert fitted.transformers == []


@pytest.mark.parametrize(
    ("step", "options", "message"),
    [
        ("arithmetic", {"pairs": ["debt over income"]}, "as in 'debt / income'"),
        ("arithmetic", {"pairs": ["debt / town"]}, "got 'debt / town'"),
        ("target_means", {"folds": 1}, "folds must be at least 2"),
        ("group_statistics", {"statistics": ["means"]}, "Did you mean 'mean'"),
        ("clip", {"tail": 0.5}, "tail must be at least 0 and below 0.5"),
        ("library", {"use": "PCA", "options": {"n_components": -3}}, "cannot work on these columns"),
        ("library", {"use": "Winsorizer", "options": {"tail": "up"}}, "Winsorizer refuses its options"),
    ],
)
def test_options_that_are_wrong(step: str, options: dict[str, Any], message: str) -> None:
    if options.get("use") == "Winsorizer":
        pytest.importorskip("feature_engine")
    with pytest.raises(InputError, match=message):
        _prepared(step, **options)


def test_a_transformer_of_unknown_type_is_not_loaded() -> None:
    fitted, _ = Recipe.from_table({"steps": [{"step": "library", "use": "StandardScaler"}]}).fit_transform(
        FRAME, np.zeros((4, 1))
    )
    from base64 import b64encode

    from skops.io import dumps

    from tunesmith.recipes.recipe import FittedRecipe

    table = fitted.to_table()
    table[0]["fitted"]["estimator"] = b64encode(dumps(np.random.default_rng)).decode()
    with pytest.raises(InputError, match="must consist of known types"):
        FittedRecipe.from_table(table)
