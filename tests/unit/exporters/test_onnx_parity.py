"""ONNX graphs predict what Python predicts, from raw rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fitted_tables import first_configuration, fitted, mixed_table

from tunesmith.fitting.result import FitResult

CHANGES = {
    "extra_trees": {"trees": 50},
    "random_forest": {"trees": 50},
    "lightgbm": {"learning_rate": 0.2, "num_leaves": 8},
    "additive": {"learning_rate": 0.2},
    "catboost": {"learning_rate": 0.2, "depth": 5},
    "xgboost": {"learning_rate": 0.2, "max_depth": 3},
    "hist_gradient_boosting": {"learning_rate": 0.3, "max_leaf_nodes": 8},
}
FAMILIES = ("prior", "linear", "decision_tree", "extra_trees", "random_forest", "lightgbm", "additive")
FAMILIES += ("svm", "catboost", "xgboost", "hist_gradient_boosting")


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    frame = mixed_table(request.param)
    configurations = [first_configuration(name, frame, **CHANGES.get(name, {})) for name in FAMILIES if name != "prior"]
    return fitted(tmp_path_factory.mktemp("study"), frame, configurations)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_agrees_with_python(tmp_path: Path, result: FitResult, family: str) -> None:
    number = next(trial.number for trial in result.study.trials if trial.parameters["family"] == family)

    written = FitResult.load(result.folder, trial=number).export(tmp_path / "model.onnx")

    assert written.facts["largest_difference"] < 1e-6
    assert written.facts["members"] == [number]


def test_an_ensemble_agrees_with_python(tmp_path: Path, result: FitResult) -> None:
    written = result.export(tmp_path / "model.onnx")

    assert written.facts["largest_difference"] < 1e-6
    assert written.facts["members"] == [member.trial for member in result.ensemble.members]
    assert len(written.facts["members"]) > 1


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_an_engineered_recipe_agrees_with_python(tmp_path: Path, kind: str) -> None:
    frame = mixed_table(kind, rows=700)
    frame["code"] = [f"level {number % 17}" for number in range(len(frame))]
    frame["ratio"] = frame["size"] / (1 + frame["serial"].fillna(0) % 7)
    configuration = first_configuration("lightgbm", frame, **CHANGES["lightgbm"])
    result = fitted(tmp_path / "study", frame, [{**configuration, "recipe": "engineered"}])
    ensemble = FitResult.load(result.folder, trial=1)
    steps = {name for name, _ in ensemble.ensemble.members[0].pipelines[0].recipe.transformers}
    assert steps == {"dates", "counts", "target_means", "arithmetic"}

    assert ensemble.export(tmp_path / "model.onnx").facts["largest_difference"] < 1e-6
