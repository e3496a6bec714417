"""`ts.fit` from Python: options, result, predictions, and what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts
from tunesmith.core.objective import Constraint
from tunesmith.errors import OutputError
from tunesmith.fitting.options import parse_budget, parse_limits, parse_task, target_names
from tunesmith.fitting.ordered_study import seconds_before
from tunesmith.fitting.prediction import Predictions


def people(rows: int = 160, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    age, town = random.integers(18, 80, rows), random.choice(["Ulm", "Bonn", "Kiel"], rows)
    income = age * 100.0 + 900 * (town == "Kiel") + random.normal(0, 200, rows)
    return pd.DataFrame(
        {"id": [f"P{n}" for n in range(rows)], "age": age, "town": town, "pays": income > 5500, "income": income}
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ts.FitResult:
    """A fit of two targets at once, a class and a number, with a limit."""
    return ts.fit(
        people(),
        target="pays",
        exclude="income",
        id="id",
        families=["linear", "decision_tree"],
        budget=ts.Budget(trials=4, minutes=5),
        limits="model_mb <= 20",
        folder=tmp_path_factory.mktemp("fit") / "f",
        parallel=1,
        progress=False,
    )


def test_the_result_predicts_what_it_has_learned(fitted: ts.FitResult) -> None:
    new = people(seed=1)
    probabilities = fitted.predict_proba(new)
    assert probabilities.sum(axis=1).to_numpy() == pytest.approx(1)
    predicted = fitted.predict(new)
    assert predicted.dtype == bool
    assert (predicted == new["pays"]).mean() > 0.85
    again = ts.FitResult.load(fitted.folder)
    pd.testing.assert_frame_equal(again.predict_proba(new), probabilities)


def test_the_leaderboard_has_every_trial_and_the_weights_of_the_model(fitted: ts.FitResult) -> None:
    board = fitted.leaderboard()
    assert len(board) == len(fitted.study.trials) == 4
    assert board["log_loss"].is_monotonic_increasing
    assert board["weight"].sum() == pytest.approx(1)
    assert {"prior", "linear"} <= set(board["family"]) <= {"prior", "linear", "decision_tree"}
    assert "pays" in repr(fitted)
    assert "<table>" in fitted._repr_html_()


def test_one_trial_predicts_alone(fitted: ts.FitResult) -> None:
    prior = ts.FitResult.load(fitted.folder, trial=0)
    new = people(seed=1)
    assert prior.predict_proba(new).nunique().tolist() == [1, 1]
    with pytest.raises(ts.InputError, match="there is no trial 99"):
        ts.FitResult.load(fitted.folder, trial=99)


def test_predictions_keep_ids_and_tell_what_is_different(fitted: ts.FitResult, tmp_path: Path) -> None:
    new = people(6, seed=2).drop(columns=["pays", "income"])
    new.loc[2, "town"] = "Rome"
    new.to_csv(tmp_path / "new.csv", index=False)
    made = Predictions(result=fitted, data=tmp_path / "new.csv", proba=True, keep=["age"])
    assert made.save(tmp_path / "out.csv") == 6
    written = pd.read_csv(tmp_path / "out.csv")
    assert list(written.columns) == ["id", "age", "pays", "probability_False", "probability_True"]
    assert written["id"].tolist() == new["id"].tolist()
    assert len(made.remarks) == 1
    assert "Rome" in made.remarks[0]
    with pytest.raises(ts.InputError, match="Did you mean 'age'"):
        Predictions(result=fitted, data=new, keep=["ages"]).frame()


def test_a_later_call_goes_on_and_refuses_what_must_not_change(fitted: ts.FitResult) -> None:
    options = {"target": "pays", "exclude": "income", "id": "id", "folder": fitted.folder, "progress": False}
    limits = {"limits": "model_mb <= 20"}
    with pytest.raises(ts.InputError, match="families must stay the same"):
        ts.fit(people(), families="linear", **options, **limits)
    with pytest.raises(ts.InputError, match="another objective"):
        ts.fit(people(), **options)
    with pytest.raises(ts.InputError, match="goes on with the same data"):
        ts.fit(people(seed=5), **options, **limits)


def test_a_model_of_a_killed_fit_is_combined_when_it_is_needed(fitted: ts.FitResult) -> None:
    model = fitted.folder / "model"
    model.rename(fitted.folder / "before")
    new = people(20, seed=3)
    pd.testing.assert_frame_equal(ts.FitResult.load(fitted.folder).predict_proba(new), fitted.predict_proba(new))
    combined = model.stat().st_ino
    assert ts.FitResult.load(fitted.folder).folder == fitted.folder
    assert model.stat().st_ino == combined  # It is up to date.
    later = max(path.stat().st_mtime for path in fitted.folder.glob("trials/*/artifacts/out_of_fold.npy"))
    os.utime(model, (later - 1, later - 1))
    ts.FitResult.load(fitted.folder)
    assert model.stat().st_mtime > later - 1  # It was older than the last trial.


def test_a_model_that_cannot_be_written_is_told_with_its_folder(fitted: ts.FitResult) -> None:
    obstacle = fitted.folder / "model.partial"
    obstacle.touch()
    os.utime(fitted.folder / "model", (0, 0))
    with pytest.raises(OutputError, match=r"model must be writable, got: .* or choose another place"):
        ts.FitResult.load(fitted.folder)
    obstacle.unlink()
    assert ts.FitResult.load(fitted.folder).ensemble.members


@pytest.mark.parametrize(("text", "minutes"), [("10m", 10), ("90s", 1.5), ("1.5 hours", 90), ("7", 7)])
def test_a_budget_is_a_time_with_its_unit(text: str, minutes: float) -> None:
    assert parse_budget(text, None).minutes == minutes


def test_budgets_that_say_nothing_or_too_much_are_refused() -> None:
    assert parse_budget(None, None).minutes == 5
    assert parse_budget(ts.Budget(trials=3), 2.0) == ts.Budget(trials=3, minutes=2.0)
    with pytest.raises(ts.InputError, match="a time such as"):
        parse_budget("soon", None)
    with pytest.raises(ts.InputError, match="given once"):
        parse_budget("10m", 3.0)


def test_limits_and_tasks_are_read() -> None:
    assert parse_limits(["auc>=0.8", "model_mb < 5"]) == (Constraint("auc", low=0.8), Constraint("model_mb", high=5.0))
    with pytest.raises(ts.InputError, match="a limit must be a metric"):
        parse_limits("small")
    assert (parse_task("classification"), parse_task(None)) == ("multiclass", None)


def test_heavy_libraries_are_imported_on_first_use() -> None:
    code = "import sys, tunesmith.cli.verb_fit as _; print({'sklearn', 'pandas', 'pydantic_ai'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_columns_of_arrays_and_of_frames_without_names_are_targets_by_their_number() -> None:
    values = np.arange(12.0).reshape(4, 3)
    assert target_names(2, values) == "column_2"
    assert target_names([0, 1], values) == ("column_0", "column_1")
    assert target_names(0, pd.DataFrame(values)) == "0"
    assert target_names("churned", pd.DataFrame(values)) == "churned"


def test_seconds_of_earlier_sessions_count(fitted: ts.FitResult, tmp_path: Path) -> None:
    assert seconds_before(fitted.folder) == fitted.study.history.seconds_spent() > 0
    assert seconds_before(tmp_path) == 0
