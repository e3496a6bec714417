"""CatBoost's statistics of categories in ONNX graphs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.exporters.onnx_graphs import in_onnx

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.exporters.onnx.columns import NotExportable
from tunesmith.families.base import TrainingPart
from tunesmith.families.catboost import CatboostFamily, CatboostModel

ROWS = 900
KINDS = ["binary", "multiclass", "regression"]


def trained(kind: str, levels: int = 30, **parameters: object) -> tuple[CatboostModel, pd.DataFrame, Schema]:
    """A booster of categories with many levels, the rows that it knows, and unseen ones."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "town": pd.Series([f"town {number}" for number in rng.integers(0, levels, ROWS)]),
            "shop": pd.Series([f"shop {number}" for number in rng.integers(0, levels, ROWS)]),
            "kind": pd.Series(rng.choice(["a", "b", "c"], ROWS)),
            "size": rng.normal(size=ROWS),
        }
    )
    effect = frame["town"].str[5:].astype(int) % 5 + frame["shop"].str[5:].astype(int) % 3 * (frame["size"] > 0)
    noisy = effect + 2.0 * (frame["kind"] == "b") + 0.3 * rng.normal(size=ROWS)
    frame = frame.mask(rng.random(frame.shape) < 0.05)
    target = noisy if kind == "regression" else pd.cut(noisy, [-9, 2, 9] if kind == "binary" else [-9, 1, 3, 9])
    codes = noisy.to_numpy() if kind == "regression" else target.cat.codes.to_numpy(np.float64)
    classes = {"binary": ("0", "1"), "multiclass": ("0", "1", "2"), "regression": ()}[kind]
    schema = Schema.infer(frame)
    features = schema.read(frame)
    chosen = {"learning_rate": 0.2, "depth": 6, "one_hot_max_size": 4, "subsample": 0.9, **parameters}
    part = TrainingPart(
        features=features[:600],
        target=codes[:600],
        validation=(features[600:], codes[600:]),
        problem=Problem(target="y", kind=kind, classes=classes),  # type: ignore[arg-type]
        seed=0,
        threads=1,
    )
    return CatboostFamily().fit(part, chosen), features, schema


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_of_categories_and_their_combinations_agree(kind: str) -> None:
    model, features, schema = trained(kind)
    gap = features.iloc[:1].mask(np.ones((1, 4), dtype=bool))
    combinations = pd.concat([features, gap])  # The rows held out have combinations that training had not.
    np.testing.assert_allclose(in_onnx(model, combinations, schema), model.predict(combinations), atol=1e-9)
    assert len({str(statistic["elements"]) for statistic in statistics(model)}) > 2


def statistics(model: CatboostModel) -> list[dict[str, object]]:
    from tunesmith.exporters.onnx.catboost import _dumped

    listed: list[dict[str, object]] = _dumped(model)["features_info"]["ctrs"]
    return listed


def test_a_table_of_too_many_combinations_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunesmith.exporters.onnx.catboost._MOST_CELLS", 100)
    model, features, schema = trained("binary")
    with pytest.raises(NotExportable, match="combinations of categories have"):
        in_onnx(model, features, schema)
