"""Models trained again on all rows, where limits leave too little room for those of all folds."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pytest
from rich.console import Console, RenderableType
from tests.fitted_tables import first_configuration, fitted, mixed_table

from tunesmith.cli.fit_views import fit_summary
from tunesmith.core.trial import TrialRequest, Value
from tunesmith.data.table import Table
from tunesmith.ensembles.ensemble import TRAINED_ON_ALL_ROWS, Ensemble
from tunesmith.ensembles.pipeline import Pipeline, megabytes
from tunesmith.exporters.card.held_back import scores_on_test_rows
from tunesmith.fitting.report import write_fit
from tunesmith.fitting.result import FitResult, combine, trial_model
from tunesmith.fitting.whole import WholeRules, growth
from tunesmith.tasks.table import TableTask

FRAME = mixed_table("regression").assign(target=lambda frame: 1000 * frame["size"].abs().fillna(1) + 1)
BOOSTED = first_configuration("lightgbm", FRAME, learning_rate=0.15)
LINEAR = first_configuration("linear", FRAME)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study whose limit lets in the models of a booster if there is one, but not if there are ten."""
    folder = tmp_path_factory.mktemp("whole") / "study"
    whole = fitted(folder, FRAME, [BOOSTED, LINEAR])
    sizes = {str(trial.parameters["family"]): trial.metrics["model_mb"] for trial in whole.study.trials}
    assert sizes["linear"] < 0.3 * sizes["lightgbm"]
    shutil.rmtree(folder)
    fitted(folder, FRAME, [BOOSTED, LINEAR], limits=[f"model_mb <= {0.4 * sizes['lightgbm']}"])
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "study"))


def combined(folder: Path, seconds: float | None) -> FitResult:
    """Combine the models of a study again, with some seconds to train."""
    study = FitResult.load(folder).study
    assert isinstance(study.task, TableTask)
    combine(study, study.task, ends=None if seconds is None else time.monotonic() + seconds)
    return FitResult.load(folder)


def families(result: FitResult) -> set[str]:
    return {member.family for member in result.ensemble.members}


def test_the_model_that_a_limit_leaves_out_is_trained_on_all_rows(folder: Path) -> None:
    before = FitResult.load(folder)
    assert not before.ensemble.whole
    assert "lightgbm" not in families(before)
    after = combined(folder, 600.0)
    assert after.ensemble.whole
    assert "lightgbm" in families(after)
    assert all(len(member.pipelines) == 1 for member in after.ensemble.members)
    assert after.ensemble.score < 0.8 * before.ensemble.score
    (limit,) = after.study.objective.constraints
    assert limit.high is not None
    assert sum(megabytes(folder / "model" / str(member.trial)) for member in after.ensemble.members) <= limit.high
    known = FRAME["target"].to_numpy()
    assert np.sqrt(np.mean((after.predict(FRAME) - known) ** 2)) < after.ensemble.score


def test_it_is_told_wherever_the_model_is_shown(folder: Path, tmp_path: Path) -> None:
    before = FitResult.load(folder).leaderboard().set_index("family")
    assert not before.loc["lightgbm", "feasible"]
    result = combined(folder, 600.0)
    board = result.leaderboard().set_index("family")
    assert board.loc["lightgbm", "feasible"]
    assert board.loc["lightgbm", "model_mb"] < 0.3 * before.loc["lightgbm", "model_mb"]
    page = write_fit(result.study, result.ensemble.combination, tmp_path / "report.html", thorough=False).read_text()
    told = [page, result.export(tmp_path / "model.md").path.read_text(), _printed(fit_summary(result))]
    assert [TRAINED_ON_ALL_ROWS in " ".join(text.split()) for text in told] == [True] * 3
    script = result.export(tmp_path / "model.py")
    assert any("trained again on all rows" in note for note in script.notes)
    assert "trained again on all rows" in script.path.read_text()
    assert result.diagnose()


def _printed(shown: RenderableType) -> str:
    console = Console(width=400, file=io.StringIO())
    with console.capture() as capture:
        console.print(shown)
    return capture.get()


def test_the_test_rows_are_scored_again_by_the_new_model(folder: Path) -> None:
    rows = Table.load(folder / "table")
    scores = [scores_on_test_rows(folder, rows, ensemble)[0][0].value for ensemble in _same_members(folder)]
    assert scores[0] != scores[1]


def _same_members(folder: Path) -> list[Ensemble]:
    """Return the model of all rows, and the same members with the models of the folds."""
    whole = combined(folder, 600.0).ensemble
    (member,) = whole.members
    return [whole, trial_model(FitResult.load(folder).study, member.trial)]


def test_a_booster_gets_the_rounds_of_its_folds_and_more_as_the_rows_are_more(folder: Path) -> None:
    result = combined(folder, 600.0)
    (member,) = (member for member in result.ensemble.members if member.family == "lightgbm")
    artifacts = folder / "trials" / f"{member.trial:04d}" / "artifacts"
    assert artifacts.is_dir()
    rounds = [Pipeline.load(place, "lightgbm").models[0].rounds for place in artifacts.glob("fold_*")]  # type: ignore[attr-defined]
    table = result.study.task.loaded  # type: ignore[attr-defined]
    assert growth(table) == pytest.approx(1.25)
    assert member.pipelines[0].models[0].rounds == round(1.25 * np.mean(rounds))  # type: ignore[attr-defined]


def test_what_is_trained_already_is_used_and_not_trained_again(folder: Path) -> None:
    first = combined(folder, 600.0)
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("trials/*/artifacts/whole/**/*")}
    assert kept
    for seconds in (None, 600.0):
        again = combined(folder, seconds)
        assert again.ensemble.whole
        assert again.ensemble.score == first.ensemble.score
        assert {path: path.stat().st_mtime_ns for path in folder.glob("trials/*/artifacts/whole/**/*")} == kept


@pytest.mark.parametrize("seconds", [None, 0.0, 0.01])
def test_without_time_the_models_of_the_folds_are_kept(folder: Path, seconds: float | None) -> None:
    assert not combined(folder, seconds).ensemble.whole
    assert not list(folder.glob("trials/*/artifacts/whole*"))


@pytest.mark.parametrize("family", ["extra_trees", "decision_tree"])
def test_the_estimated_size_of_a_model_of_all_rows_is_near_the_measured_one(family: str, tmp_path: Path) -> None:
    changes: dict[str, Value] = {"trees": 200} if family == "extra_trees" else {}
    result = fitted(tmp_path, FRAME, [first_configuration(family, FRAME, **changes)], limits=["model_mb <= 1000"])
    study = result.study
    assert isinstance(study.task, TableTask)
    rules = WholeRules(study=study, task=study.task, seconds=600.0)
    trial = study.trials[1]
    assert trial.folder is not None
    request = TrialRequest(number=1, attempt=1, parameters=trial.parameters, seed=trial.seed, folder=trial.folder)
    study.task.train_whole(request, [1], None).save(tmp_path / "all")
    assert rules.metrics(trial)["model_mb"] == pytest.approx(megabytes(tmp_path / "all"), rel=0.25)


class Unlucky(TableTask):
    """Fails to train on all rows."""

    def train_whole(self, request: TrialRequest, rounds: Sequence[int], deadline: float | None) -> Pipeline:
        raise MemoryError


class Interrupted(TableTask):
    """Is interrupted when it trains on all rows."""

    def train_whole(self, request: TrialRequest, rounds: Sequence[int], deadline: float | None) -> Pipeline:
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind", [Unlucky, Interrupted])
def test_an_interruption_or_a_fault_leaves_the_models_of_the_folds(kind: type[TableTask], folder: Path) -> None:
    study = FitResult.load(folder).study
    task = study.task
    assert isinstance(task, TableTask)
    same = kind(table=task.table, metric=task.metric, folder=task.folder)
    with pytest.raises(KeyboardInterrupt) if kind is Interrupted else nullcontext():
        combine(study, same, ends=time.monotonic() + 600.0)
    assert not FitResult.load(folder).ensemble.whole
    assert FitResult.load(folder).predict(FRAME).notna().all()
    assert combined(folder, 600.0).ensemble.whole


def test_what_was_killed_while_it_was_saved_is_trained_again(folder: Path) -> None:
    combined(folder, 600.0)
    for place in folder.glob("trials/*/artifacts/whole"):
        place.rename(place.with_name("whole.partial"))
    assert not combined(folder, None).ensemble.whole
    assert combined(folder, 600.0).ensemble.whole
    assert not list(folder.glob("trials/*/artifacts/whole.partial"))


def test_a_model_that_breaks_the_limit_after_all_is_not_used(folder: Path) -> None:
    combined(folder, 600.0)
    for costs in folder.glob("trials/*/artifacts/whole.json"):
        costs.write_bytes(orjson.dumps({**orjson.loads(costs.read_bytes()), "model_mb": 1e3}))
    result = combined(folder, 600.0)
    assert "lightgbm" not in families(result)


@pytest.mark.parametrize("limits", [[], ["model_mb <= 1000"], ["rmse <= 1e9"]])
def test_models_of_the_folds_are_kept_where_no_limit_presses(limits: list[str], tmp_path: Path) -> None:
    fitted(tmp_path / "study", FRAME, [LINEAR], limits=limits)
    assert not combined(tmp_path / "study", 600.0).ensemble.whole
    assert not list(tmp_path.glob("study/trials/*/artifacts/whole*"))


def test_models_of_rows_in_the_order_of_time_have_seen_the_latest_rows(tmp_path: Path) -> None:
    """What is learned changes with time: the folds' models have seen the first half of the rows, or a little more."""
    rows = 600
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows + 200)
    slope = np.arange(rows + 200) / rows
    frame = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=rows + 200, freq="h"), "x": x})
    frame["target"] = slope * x + 0.01 * rng.normal(size=rows + 200)
    known, later = frame.iloc[:rows], frame.iloc[rows:]
    folder = tmp_path / "study"
    before = fitted(folder, known, [first_configuration("linear", known)], time="when")
    assert before.study.task.loaded.ordered  # type: ignore[attr-defined]
    after = combined(folder, 600.0)
    assert after.ensemble.whole

    def error(result: FitResult) -> float:
        return float(np.abs(result.predict(later.drop(columns="target")) - later["target"].to_numpy()).mean())

    assert error(after) < 0.9 * error(before)
