from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.families._scaled import ScaledColumns, class_shares, dense


def table() -> pd.DataFrame:
    levels = ["common"] * 6 + ["rare", "other"]
    return pd.DataFrame(
        {
            "number": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, np.nan],
            "constant": np.full(8, 5.0),
            "level": pd.Categorical(levels, categories=["common", "rare", "other", "unseen"]),
        }
    )


def test_numbers_are_scaled_gaps_filled_and_rare_levels_joined() -> None:
    columns = ScaledColumns.of(table(), least_rows=2)
    encoded = dense(columns.transform(table()))
    assert columns.names == ["number", "constant", "number is missing", "level = common", "level = (rare)"]
    np.testing.assert_allclose(encoded[:, 0], [-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 0], atol=1e-6)
    np.testing.assert_array_equal(encoded[:, 1], 0)
    np.testing.assert_array_equal(encoded[:, 2], [0, 0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(encoded[:, 3:], [[1, 0]] * 6 + [[0, 1]] * 2)


def test_levels_and_values_of_later_rows() -> None:
    columns = ScaledColumns.of(table(), least_rows=2)
    later = table().iloc[:3].copy()
    later["number"] = [1e300, -1e300, np.nan]
    later["level"] = pd.Categorical(["unseen", None, "common"], categories=["common", "rare", "other", "unseen"])
    encoded = dense(columns.transform(later))
    np.testing.assert_array_equal(encoded[:, 0], [10, -10, 0])
    np.testing.assert_array_equal(encoded[:, 3:], [[0, 1], [0, 1], [1, 0]])


def test_categories_in_another_order_mean_the_same() -> None:
    columns = ScaledColumns.of(table(), least_rows=1)
    other = table()
    other["level"] = other["level"].cat.reorder_categories(["unseen", "other", "rare", "common"])
    np.testing.assert_array_equal(columns.transform(other), columns.transform(table()))


def test_many_levels_are_sparse_and_limited() -> None:
    names = [f"l{index:03}" for index in range(300)]
    frame = pd.DataFrame({"x": np.arange(900.0), "level": pd.Categorical(np.resize(names, 900), categories=names)})
    columns = ScaledColumns.of(frame, least_rows=1, most_levels=50)
    encoded = columns.transform(frame)
    assert encoded.shape == (900, 52)
    assert encoded.nnz == 1800
    np.testing.assert_array_equal(dense(encoded)[:, 1:].sum(axis=1), 1)
    assert dense(encoded)[:, -1].sum() == 900 - 50 * 3


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "columns"
    columns = ScaledColumns.of(table())
    columns.save(path)
    loaded = ScaledColumns.load(path)
    np.testing.assert_array_equal(loaded.transform(table()), columns.transform(table()))
    with np.load(path.with_suffix(".npz")) as stored:
        arrays = dict(stored)
    for changes in ({"levels": arrays["levels"][1:]}, {"levels": arrays["levels"] + 10**6}, {"centers": np.ones(9)}):
        np.savez(path.with_suffix(".npz"), **{**arrays, **changes})
        with pytest.raises(InputError, match="must belong together"):
            ScaledColumns.load(path)


def test_class_shares() -> None:
    np.testing.assert_allclose(class_shares(np.array([[0.0]]), [0, 2], 3), [[0.5, 0, 0.5]])
    np.testing.assert_allclose(class_shares(np.log([[1.0, 2.0, 1.0]]), [0, 1, 3], 4), [[0.25, 0.5, 0, 0.25]])
