"""Every template on a table of every kind of column."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from tunesmith.recipes.recipe import FittedRecipe, Recipe
from tunesmith.recipes.templates import DOMAINS, TEMPLATES


def _table(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, 3))
    frame = pd.DataFrame(
        {
            "debt": numbers[:, 0],
            "income": np.where(rng.random(rows) < 0.1, np.nan, numbers[:, 1]),
            "grade": rng.integers(1, 6, rows).astype(float),
            "town": pd.Categorical(rng.choice(list("abcdefghijkl"), rows), categories=list("abcdefghijkl")),
            "day": rng.integers(10**9, 2 * 10**9, rows).astype("datetime64[s]"),
            "note": pd.Series([" ".join(rng.choice(["red", "blue", "car"], 6)) for _ in range(rows)], dtype=object),
        }
    )
    return frame, (numbers[:, 0] * numbers[:, 1] + (frame["town"] == "a").to_numpy())[:, None]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_leaves_numbers_and_categories_and_travels(name: str) -> None:
    recipe = TEMPLATES[name]
    frame, target = _table(600, 0)
    fitted, prepared = recipe.fit_transform(frame, target)
    assert all(prepared[c].dtype.kind == "f" or str(prepared[c].dtype) == "category" for c in prepared)
    assert Recipe.from_table(recipe.to_table()) == recipe
    other, _ = _table(50, 1)
    again = FittedRecipe.from_table(orjson.loads(orjson.dumps(fitted.to_table())))
    script: dict[str, Any] = {"__name__": "script"}
    exec(compile(recipe.to_python(), name, "exec"), script)
    steps = script["recipe"]()
    pd.testing.assert_frame_equal(script["fit_transform"](steps, frame, target), prepared)
    for transformed in (again.transform(other), script["transform"](steps, other)):
        pd.testing.assert_frame_equal(transformed, fitted.transform(other))


def test_the_engineered_recipe_finds_the_product_that_tells_the_target() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(2000, 4)), columns=["a", "b", "c", "d"])
    target = (frame["a"] * frame["c"]).to_numpy()[:, None] + rng.normal(size=(2000, 1)) / 10
    _, prepared = TEMPLATES["engineered"].fit_transform(frame, target)
    assert "a * c" in prepared


def test_each_field_has_a_template_and_other_words() -> None:
    assert set(TEMPLATES) == {"plain", "engineered", *DOMAINS}
    words = [word for domain in DOMAINS.values() for word in domain.words]
    assert len(words) == len(set(words))
