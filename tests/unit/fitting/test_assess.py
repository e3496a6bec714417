"""A small fit is assessed by its own models: what matters, what is learned by heart, what each model costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.fitted_tables import first_configuration, fitted

from tunesmith.diagnosis.assessment import BRIEF, NO_MODELS, THOROUGH, Assessment
from tunesmith.errors import InputError
from tunesmith.fitting.assess import assess_study
from tunesmith.fitting.result import FitResult

ROWS = 400


def signal_table(*, noise: float) -> pd.DataFrame:
    """A target that depends on two of four columns."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=ROWS) for name in ("strong", "weak", "idle")})
    frame["town"] = rng.choice(["Ulm", "Bonn"], ROWS)
    odds = 3 * frame["strong"] + 1.2 * frame["weak"] + noise * rng.normal(size=ROWS)
    frame["target"] = np.where(odds > 0, "yes", "no")
    return frame


def assessed(result: FitResult, effort=BRIEF) -> Assessment:
    return assess_study(result.study, result.ensemble.combination, effort)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    frame = signal_table(noise=0.3)
    configurations = [first_configuration(name, frame) for name in ("linear", "decision_tree")]
    return fitted(tmp_path_factory.mktemp("signal"), frame, configurations)


def test_importance_follows_the_target(result: FitResult) -> None:
    found = assessed(result).importances
    assert found is not None
    assert [one.column for one in found.columns][:2] == ["strong", "weak"]
    for one in found.columns[2:]:
        assert one.error is not None
        assert abs(one.loss) < 4 * one.error + 0.01
    assert found.share == pytest.approx(1)


def test_dependence_rises_with_the_column(result: FitResult) -> None:
    one = assessed(result, THOROUGH).dependences[0]
    assert (one.column, one.kind, one.lines[0].output) == ("strong", "number", "yes")
    assert list(one.grid) == sorted(one.grid)
    mean = one.lines[0].mean
    assert mean[-1] > mean[0] + 0.5
    assert all(low <= high for low, high in zip(one.lines[0].low, one.lines[0].high, strict=True))


def test_the_leaderboard_starts_with_the_ensemble(result: FitResult) -> None:
    rows = assessed(result, NO_MODELS).leaderboard
    assert rows[0].trial is None
    assert rows[0].score.value == pytest.approx(result.ensemble.score)
    assert [row.score.value for row in rows[1:]] == sorted(row.score.value for row in rows[1:])
    assert sum(row.weight for row in rows[1:]) == pytest.approx(1)
    for row in rows:
        assert row.score.low is not None
        assert row.score.high is not None
        assert row.score.low < row.score.value < row.score.high
    board = result.leaderboard()
    assert (board["low"] < board["high"]).all()
    assert board["trial"].tolist() == [row.trial for row in rows[1:]]


def test_metrics_of_the_model_stand_beside_those_without_any_column(result: FitResult) -> None:
    rows = {row.name: row for row in assessed(result, NO_MODELS).metrics}
    assert rows["auc"].ensemble > 0.9 > rows["auc"].prior


def test_noise_learned_by_heart_is_over_fitting(tmp_path: Path) -> None:
    frame = signal_table(noise=0.3)
    frame["target"] = np.random.default_rng(1).permutation(frame["target"])
    configurations = [first_configuration("extra_trees", frame, trees=20, min_samples_leaf=1)]
    found = assessed(fitted(tmp_path, frame, configurations)).diagnoses
    assert found[0].severity == "error"
    assert found[0].kind in ("overfitting", "no_signal")
    assert "add_columns" in found[0].actions


def test_where_nothing_was_trained_nothing_else_is_blamed(tmp_path: Path) -> None:
    (found,) = assessed(fitted(tmp_path, signal_table(noise=0.3), [])).diagnoses
    assert (found.kind, found.actions) == ("nothing_trained", ("more_capacity",))


def test_more_rows_help_where_few_are_known(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.uniform(-3, 3, 500) for name in "abc"})
    frame["target"] = np.sin(2 * frame["a"]) * frame["b"] + np.cos(frame["c"] * 2)
    configurations = [first_configuration("extra_trees", frame, trees=30)]
    result = assessed(fitted(tmp_path, frame, configurations), THOROUGH)
    assert result.learning_curve is not None
    scores = [point.score.value for point in result.learning_curve.points]
    assert scores == sorted(scores, reverse=True)
    assert "collect_rows" in {action for diagnosis in result.diagnoses for action in diagnosis.actions}


def test_a_study_without_a_table_is_refused(result: FitResult) -> None:
    from tunesmith.core.parameters import Float
    from tunesmith.study.study import Study

    study = Study(space={"x": Float(0, 1)}, objective="minimize y")
    with pytest.raises(InputError, match="only a study of `tunesmith fit` can be assessed"):
        assess_study(study, result.ensemble.combination, NO_MODELS)
