"""What every step and every transformer of a library must do on a table with surprises."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
import tomlkit

from tunesmith import plugins
from tunesmith.core.arrays import Floats
from tunesmith.errors import InputError
from tunesmith.recipes.recipe import FittedRecipe, Recipe
from tunesmith.steps._library import LIBRARY
from tunesmith.steps.library import LibraryStep

ROWS = 240
TOWNS = ["Ulm", "Bonn", "Köln", ""]

# Options that a class needs, or without which it would do nothing on this table.
NEEDED: dict[str, dict[str, Any]] = {
    "ArbitraryOutlierCapper": {"max_capping_dict": {"amount": 3.0}},
    "MathFeatures": {"variables": ["amount", "year"], "func": "sum"},
    "RelativeFeatures": {"variables": ["amount"], "reference": ["year"], "func": ["sub"]},
    "GeoDistanceFeatures": {"lat1": "latitude", "lon1": "longitude", "lat2": "longitude", "lon2": "latitude"},
    "DatetimeSubtraction": {"variables": ["opened"], "reference": ["closed"], "missing_values": "ignore"},
    "TextFeatures": {"variables": ["note"]},
    "PCA": {"n_components": 2},
    "FastICA": {"n_components": 2},
    "KMeans": {"n_clusters": 3},
    "MiniBatchKMeans": {"n_clusters": 3},
    "Nystroem": {"n_components": 5},
    "RBFSampler": {"n_components": 5},
    "GaussianRandomProjection": {"n_components": 2},
    "StringEncoder": {"n_components": 3},
    "GapEncoder": {"n_components": 3},
    "MinHashEncoder": {"n_components": 3},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "arithmetic": {"pairs": ["amount / year", "amount - year"]},
    "counts": {"least_levels": 2},
    "dates": {"cyclical": True},
    "drop": {"columns": ["constant", "amount"]},
    "logs": {"least_skewness": 0.0},
    "rare_levels": {"least_rows": 60},
    "select": {"most": 2},
    "target_means": {"crosses": 1},
    "text": {"components": 3},
}


def table(rows: int, seed: int) -> tuple[pd.DataFrame, Floats]:
    """Rows with numbers, categories, dates and texts, some of them missing, and a target without any pattern."""
    rng = np.random.default_rng(seed)
    some = rng.random(rows) < 0.1
    words = np.array(["red", "blue", "car", "tree", "9 lives", "", "Ulm"])
    texts = [" ".join(rng.choice(words, rng.integers(0, 9))) for _ in range(rows)]
    seconds = rng.integers(0, 2**30, rows)
    frame = pd.DataFrame(
        {
            "amount": np.where(some, np.nan, rng.lognormal(size=rows)),
            "year": rng.integers(1990, 2020, rows).astype(float),
            "latitude": rng.uniform(-80, 80, rows),
            "longitude": rng.uniform(-80, 80, rows),
            "constant": np.ones(rows),
            "empty": np.full(rows, np.nan),
            "grade": rng.integers(1, 5, rows).astype(float),
            "town": pd.Categorical(rng.choice(TOWNS, rows), categories=TOWNS),
            "plan": pd.Categorical(np.where(some, None, rng.choice(["a", "b"], rows)), categories=["a", "b"]),
            "opened": pd.Series(seconds.astype("datetime64[s]")).where(~some),
            "closed": (seconds + 10**7).astype("datetime64[s]"),
            "note": pd.Series(texts, dtype=object).where(~some, None),
        }
    )
    return frame, rng.integers(0, 2, rows).astype(float)[:, None]


def recipe_of(name: str) -> Recipe:
    if name in LIBRARY:
        options = NEEDED.get(name, {})
        if LIBRARY[name].module.startswith(("skrub", "feature_engine")):
            pytest.importorskip(LIBRARY[name].module.split(".")[0])
        columns = {"GeoDistanceFeatures": ["latitude", "longitude"], "MathFeatures": ["amount", "year"]}.get(name)
        table = {"step": "library", "use": name, "options": options}
        return Recipe.from_table({"steps": [table | ({"columns": columns} if columns else {})]})
    return Recipe.from_table({"steps": [{"step": name, **OPTIONS.get(name, {})}]})


REFUSE_ONE_ROW = {"SimilarityEncoder", "StringEncoder", "GapEncoder"}
NAMES = [*(name for name in plugins.names("steps") if name != "library"), *LIBRARY]
FITTED: dict[str, tuple[FittedRecipe, pd.DataFrame]] = {}


@pytest.fixture(autouse=True)
def _without_warnings_of_libraries() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="feature_engine")
        warnings.filterwarnings("ignore", module="sklearn", category=UserWarning)
        yield


def fitted(name: str) -> tuple[FittedRecipe, pd.DataFrame]:
    if name not in FITTED:
        FITTED[name] = recipe_of(name).fit_transform(*table(ROWS, 0))
    return FITTED[name]


def other_rows() -> pd.DataFrame:
    """Rows that were not trained on, the first with an unseen level and an unseen text, the second all missing."""
    frame, _ = table(30, 1)
    frame["town"] = frame["town"].cat.add_categories(["Rom"])
    frame.loc[0, ["town", "note", "amount"]] = ["Rom", "an unseen text", 1e12]
    for column in frame:
        frame.loc[1, column] = pd.NaT if frame[column].dtype.kind == "M" else None
    return frame


@pytest.mark.parametrize("name", NAMES)
def test_it_changes_the_table_and_makes_the_same_columns_again(name: str) -> None:
    recipe, prepared = fitted(name)
    before = table(ROWS, 0)[0]
    assert [step for step, _ in recipe.transformers], "nothing was done"
    assert not prepared.equals(before)
    assert prepared.columns.is_unique
    for frame in (other_rows(), other_rows().iloc[:1], other_rows().iloc[:0].copy()):
        if name in LIBRARY and len(frame) == 0:
            continue  # Libraries refuse tables without rows; nobody predicts none.
        again = recipe.transform(frame)
        assert list(again.columns) == list(prepared.columns)
        assert len(again) == len(frame)
        for column in again:
            made = again[column].dtype
            assert made == prepared[column].dtype or column == "town"
            assert made.kind in "fM" or str(made) == "category" or column == "note"


@pytest.mark.parametrize("name", NAMES)
def test_it_leaves_its_input_alone(name: str) -> None:
    frame, target = table(ROWS, 0)
    kept = frame.copy(deep=True)
    recipe_of(name).fit_transform(frame, target)
    pd.testing.assert_frame_equal(frame, kept)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_fitted_comes_back_from_json(name: str) -> None:
    recipe, _ = fitted(name)
    again = FittedRecipe.from_table(orjson.loads(orjson.dumps(recipe.to_table())))
    pd.testing.assert_frame_equal(again.transform(other_rows()), recipe.transform(other_rows()))


@pytest.mark.parametrize("name", NAMES)
def test_its_options_come_back_from_toml(name: str) -> None:
    recipe = recipe_of(name)
    again = Recipe.from_table(tomlkit.parse(tomlkit.dumps(recipe.to_table())).unwrap())
    assert again == recipe


@pytest.mark.parametrize("name", NAMES)
def test_its_python_gives_equal_values(name: str) -> None:
    source = recipe_of(name).to_python()
    assert "tunesmith" not in source
    script: dict[str, Any] = {"__name__": "script"}
    exec(compile(source, f"{name}.py", "exec"), script)
    steps = script["recipe"]()
    frame, target = table(ROWS, 0)
    recipe, prepared = fitted(name)
    pd.testing.assert_frame_equal(script["fit_transform"](steps, frame, target), prepared)
    pd.testing.assert_frame_equal(script["transform"](steps, other_rows()), recipe.transform(other_rows()))


@pytest.mark.parametrize("name", NAMES)
def test_one_training_row_is_handled_or_refused_in_words(name: str) -> None:
    frame, target = table(ROWS, 0)
    frame, target = frame.iloc[3:4].reset_index(drop=True), target[:1]
    if name not in REFUSE_ONE_ROW:
        recipe, _ = recipe_of(name).fit_transform(frame, target)
        assert len(recipe.transform(other_rows())) == 30
        return
    with pytest.raises(InputError, match="cannot work on these columns"):
        recipe_of(name).fit_transform(frame, target)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_random_target_leaks(name: str) -> None:
    frame, _ = table(2000, 0)
    rng = np.random.default_rng(5)
    frame["town"] = pd.Categorical(rng.integers(0, 500, 2000).astype(str))
    target = rng.normal(size=(2000, 1))
    if name not in LIBRARY:
        _, prepared = recipe_of(name).fit_transform(frame, target)
        made = [column for column in prepared if column not in frame and prepared[column].dtype.kind == "f"]
        for column in made:
            values = prepared[column].to_numpy()
            known = np.isfinite(values)
            if known.any() and values[known].std() > 0:
                assert np.corrcoef(values[known], target[known, 0])[0, 1] < 0.1, column


@pytest.mark.parametrize("name", [name for name in plugins.names("steps") if name != "library"])
def test_defaults_of_a_transformer_are_those_of_its_step(name: str) -> None:
    step = plugins.load("steps", name)
    parameters = inspect.signature(step.transformer).parameters
    assert {field.name: field.default for field in dataclasses.fields(step)} == {
        key: parameter.default for key, parameter in parameters.items()
    }


def test_a_transformer_of_a_library_that_is_unknown_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'RobustScaler'"):
        LibraryStep(use="RobustScalar")
    with pytest.raises(InputError, match="Did you mean 'with_centering'"):
        LibraryStep(use="RobustScaler", options={"with_centring": True})
