from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tunesmith.data.problem import Problem
from tunesmith.families._codes import ColumnCodes, fill_gaps, gap_fills
from tunesmith.families._forest import ForestModel
from tunesmith.families.base import TrainingPart
from tunesmith.families.extra_trees import ExtraTreesFamily
from tunesmith.families.random_forest import RandomForestFamily


def part(rows: int = 60) -> TrainingPart:
    rng = np.random.default_rng(0)
    features = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    target = features["a"].to_numpy() + rng.normal(size=rows) / 10
    problem = Problem(target="y", kind="regression")
    return TrainingPart(features=features, target=target, validation=(features, target), problem=problem, seed=0)


def test_trees_are_grown_until_the_deadline() -> None:
    parameters = {"trees": 200, "min_samples_leaf": 1, "max_features": 1.0}
    late = dataclasses.replace(part(), deadline=time.monotonic() - 1)
    assert len(ExtraTreesFamily().fit(late, parameters).nodes.starts) - 1 == 1
    early = dataclasses.replace(part(), deadline=time.monotonic() + 1000)
    grown = ExtraTreesFamily().fit(early, parameters)
    assert len(grown.nodes.starts) - 1 == 200
    again = ExtraTreesFamily().fit(part(), parameters)
    np.testing.assert_array_equal(grown.nodes.thresholds, again.nodes.thresholds)


def test_in_a_mean_of_models_fewer_trees_of_each_are_kept(tmp_path: Path) -> None:
    parameters = {"trees": 50, "min_samples_leaf": 1, "max_features": 1.0}
    whole = ExtraTreesFamily().fit(part(), parameters)
    kept = whole.in_mean_of(5)
    assert (kept.nodes.count, kept.grown) == (20, 50)
    first = dataclasses.replace(whole, nodes=whole.nodes.first(20))
    np.testing.assert_array_equal(kept.predict(part().features), first.predict(part().features))
    kept.save(tmp_path)
    loaded = ForestModel.load(tmp_path)
    assert (loaded.nodes.count, loaded.grown) == (20, 50)
    np.testing.assert_array_equal(loaded.predict(part().features), kept.predict(part().features))
    assert whole.in_mean_of(1).nodes.count == whole.in_mean_of(2).nodes.count == 50


def test_the_scale_of_weights_does_not_matter_to_a_random_forest() -> None:
    parameters = {"trees": 20, "min_samples_leaf": 1, "max_features": 1.0, "max_samples": 1.0}
    small, large = (
        RandomForestFamily().fit(dataclasses.replace(part(), weight=np.full(60, weight)), parameters)
        for weight in (1 / 64, 64.0)
    )
    np.testing.assert_allclose(small.predict(part().features), large.predict(part().features), rtol=1e-5)


def test_gaps_are_told_from_values_where_they_are_frequent() -> None:
    features = pd.DataFrame(
        {
            "few": [np.nan, *np.arange(99.0)],
            "many": np.where(np.arange(100) < 10, np.nan, np.arange(100.0)),
            "none": np.full(100, np.nan),
            "level": pd.Categorical([None, *["x"] * 99]),
        }
    )
    codes = ColumnCodes.of(features)
    filled = fill_gaps(codes.transform(features), gap_fills(codes.transform(features), codes))
    np.testing.assert_allclose(filled[0], [49, 10 - 8.9, -1, -1])


def test_numbers_beyond_single_precision_and_many_levels() -> None:
    names = [str(index) for index in range(1500)]
    features = pd.DataFrame({"x": [1e300, -1e300], "level": pd.Categorical(["7", "1499"], categories=names)})
    codes = ColumnCodes.of(features)
    encoded = codes.transform(features)
    assert np.isfinite(encoded).all()
    assert encoded[0, 0] > 3e38 > -3e38 > encoded[1, 0]
    np.testing.assert_array_equal(encoded[:, 1], [7, 1499])
    assert codes.categorical == [1]
    assert codes.unordered() == []
