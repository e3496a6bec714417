"""Studies in a real MLflow: what stands there, also after `kill -9`, and that no server can hold a study up."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tunesmith as ts
from tests.integration.conftest import Tunesmith, command
from tests.integration.mlflow_server import closed_port, hanging_server, mlflow_server
from tests.waiting import wait_until
from tunesmith.engine import background_trackers

SPACE = {"x": ts.Float(0.0, 1.0, default=0.5), "layer[0]": ts.Choice(["relu", [1, 2]]), "long": ts.Choice(["l" * 700])}
STATUS = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


class Store:
    """What MLflow holds of one experiment."""

    def __init__(self, uri: str, experiment: str) -> None:
        from mlflow.tracking import MlflowClient

        self.client = MlflowClient(uri)
        self.experiment = experiment

    def runs(self) -> list[Any]:
        """All that were not deleted, the study's own first, then the trials by number."""
        experiment = self.client.get_experiment_by_name(self.experiment)
        found = [] if experiment is None else self.client.search_runs([experiment.experiment_id])
        return sorted(found, key=lambda run: int(run.data.tags.get("tunesmith.trial", -1)))

    def points(self, run: Any, metric: str) -> list[tuple[int, float]]:
        history = self.client.get_metric_history(run.info.run_id, metric)
        return sorted((point.step, point.value) for point in history)


@pytest.fixture(autouse=True)
def _enough_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, importing MLflow alone may take longer than the end of a session waits."""
    monkeypatch.setattr(background_trackers, "CLOSE_SECONDS", 120.0)


@pytest.fixture
def store(server: str, tmp_path: Path) -> Store:
    return Store(server, tmp_path.name)


def train(parameters: dict[str, Any], trial: ts.Trial) -> dict[str, float]:
    for step in range(3):
        trial.report(step, **{"loss@": parameters["x"] + 1 / (step + 1), "grad": math.inf if step == 1 else 1.0})
    if trial.number == 2:
        raise ValueError("the loss exploded")
    return {"loss@": parameters["x"], "size": 7.0}


class Impatient:
    """Prunes trial 3 at its second step."""

    def should_prune(self, history: Any, trial: ts.Trial) -> str | None:
        return "no patience" if trial.number == 3 and trial.reports[-1].step == 1 else None


def tune(folder: Path, *trackers: Any, trials: int = 5) -> ts.Study:
    return ts.tune(
        train,
        space=SPACE,
        objective="minimize loss@",
        budget=ts.Budget(trials=trials),
        folder=folder,
        proposer="random",
        pruner=Impatient(),
        judge={"name": "rules", "repeats": 0},
        test=lambda parameters: {"loss@": 9.0},
        trackers=trackers,
        seed=1,
    )


def test_a_study_is_a_run_and_its_trials_are_nested_in_it(server: str, tmp_path: Path, store: Store) -> None:
    study = tune(tmp_path, {"name": "mlflow", "uri": server})
    parent, *runs = store.runs()
    assert study.best is not None
    assert parent.info.run_name == tmp_path.name
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["tunesmith.best_trial"] == str(study.best.number)
    assert parent.data.tags["tunesmith.best_run"] == runs[study.best.number].info.run_id
    assert f"Best: trial {study.best.number}" in parent.data.tags["mlflow.note.content"]
    assert list(parent.data.metrics.values()) == [study.best.metrics["loss@"]]

    assert [run.info.run_name for run in runs] == [f"trial {number}" for number in range(5)]
    for trial, run in zip(study.trials, runs, strict=True):
        tags = run.data.tags
        assert tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.info.status == STATUS[str(trial.state)]
        assert run.info.end_time == round(1000 * (trial.ended or 0))
        assert tags["tunesmith.proposer"] == trial.proposal.proposer
        assert tags["tunesmith.reason"] == trial.proposal.reason
        assert float(run.data.params["x"]) == trial.parameters["x"]
        assert len(run.data.params) == 3
        assert tags.get("tunesmith.verdict") == (trial.verdict and trial.verdict.decision)
        loss = next(name for name in run.data.metrics if name.startswith("loss_"))
        reports = [(report.step, report.metrics["loss@"]) for report in trial.reports]
        final = [(2, trial.metrics["loss@"])] if trial.number not in (2, 3) else []
        assert store.points(run, loss) == sorted(reports + final)
        assert store.points(run, "grad") == [(0, 1.0), (2, 1.0)][: 1 if trial.number == 3 else 2]
    assert runs[2].data.tags["tunesmith.failure_reason"] == "ValueError: the loss exploded"
    assert runs[3].data.tags["tunesmith.verdict_reason"] == "no patience"
    assert runs[0].data.metrics["size"] == 7.0
    tested = [name for name in runs[0].data.metrics if name.startswith("test/")]
    assert [runs[0].data.metrics[name] for name in tested] == [9.0]


def snapshot(store: Store) -> list[Any]:
    """All that stands in MLflow, without what a new session may change of the study's own run."""
    return [
        (run.info.run_id, run.info.status, run.data.tags if number else {}, run.data.params, points)
        for number, run in enumerate(store.runs())
        for points in [{metric: store.points(run, metric) for metric in run.data.metrics}]
    ]


def test_going_on_adds_only_what_is_new(server: str, tmp_path: Path, store: Store) -> None:
    tune(tmp_path)  # nothing of it is in MLflow yet
    study = tune(tmp_path, {"name": "mlflow", "uri": server})
    before = snapshot(store)
    assert len(before) == 6
    study.resume()
    assert snapshot(store) == before
    study.note(1, "looks odd", reject=True)
    study.close()
    after = snapshot(store)
    assert [run[0] for run in after] == [run[0] for run in before]
    assert after[2][2]["tunesmith.verdict_by"] == "user"
    assert "Note: looks odd" in after[2][2]["mlflow.note.content"]
    assert [run[4] for run in after] == [run[4] for run in before]


def test_a_deleted_run_is_not_created_again_and_a_double_one_is_removed(
    server: str, tmp_path: Path, store: Store
) -> None:
    study = tune(tmp_path, {"name": "mlflow", "uri": server})
    runs = store.runs()
    store.client.delete_run(runs[2].info.run_id)
    copied = {name: runs[3].data.tags[name] for name in ("mlflow.parentRunId", "tunesmith.trial")}
    store.client.create_run(runs[0].info.experiment_id, runs[3].info.start_time + 1, copied)
    assert len(store.runs()) == 6
    study.resume()
    expected = [run.info.run_id for number, run in enumerate(runs) if number != 2]
    assert [run.info.run_id for run in store.runs()] == expected


@pytest.mark.slow
def test_kill_9_and_going_on_leaves_one_run_a_trial(
    server: str, study: Path, tunesmith: Tunesmith, store: Store
) -> None:
    with (study / "study.toml").open("a") as file:
        file.write(f'\n[trackers]\nmlflow = {{ uri = "{server}", experiment = "{study.name}" }}\n')
    words = ("run", "--quiet", "--trials", "16")
    running = subprocess.Popen(command(*words), cwd=study)
    try:
        wait_until(lambda: len(store.runs()) > 4, "some runs in MLflow")
    finally:
        running.kill()
        running.wait()
    assert store.runs()[0].info.status == "RUNNING"
    for _ in range(3):  # the end of a session does not wait long for a busy server
        tunesmith(*words)
        parent, *runs = store.runs()
        if parent.info.status == "FINISHED":
            break
    trials = ts.load(study / "studies" / "small").trials
    assert parent.info.status == "FINISHED"
    assert [run.data.tags["tunesmith.trial"] for run in runs] == [str(trial.number) for trial in trials]
    for trial, run in zip(trials, runs, strict=True):
        assert run.info.status == STATUS[str(trial.state)]
        assert run.data.tags["tunesmith.attempt"] == str(trial.attempt)
        assert run.data.metrics["loss"] == trial.metrics["loss"]
        points = store.points(run, "loss")
        assert set(points) >= {(report.step, report.metrics["loss"]) for report in trial.reports}
        assert max(Counter(points).values()) == 1


def test_the_environment_names_server_and_experiment(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", f"{tmp_path.name}-environment")
    tune(tmp_path / "one", "mlflow", trials=1)
    tune(tmp_path / "two", {"name": "mlflow", "experiment": f"{tmp_path.name}-option"}, trials=1)
    for name in ("environment", "option"):
        assert len(Store(server, f"{tmp_path.name}-{name}").runs()) == 2


def test_what_is_set_for_the_tracker_is_set_for_nobody_else(server: str, tmp_path: Path) -> None:
    before = dict(os.environ)
    tune(tmp_path, {"name": "mlflow", "uri": server}, trials=1)
    from mlflow.tracking._tracking_service import client
    from mlflow.utils import rest_utils

    assert rest_utils.MLFLOW_HTTP_REQUEST_TIMEOUT.get() == 120
    assert rest_utils.MLFLOW_HTTP_REQUEST_MAX_RETRIES.get() > 0
    assert client.MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.get() is False
    assert dict(os.environ) == before


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("tunesmith.engine")]


def test_a_dead_server_costs_one_warning_and_no_secret_leaks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    study = tune(tmp_path, {"name": "mlflow", "uri": f"http://me:hushhush@127.0.0.1:{closed_port()}"})
    assert study.best is not None
    [warning] = [record for record in caplog.records if record.name.startswith("tunesmith") and record.levelno > 20]
    assert "tracker mlflow failed: MLflow at http://***@127.0.0.1" in warning.getMessage()
    assert "Connection refused" in warning.getMessage()
    study.report()
    assert "hushhush" not in caplog.text + "".join(capsys.readouterr())
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"hushhush" in path.read_bytes()]


@pytest.mark.parametrize("output", ["--quiet", "--json"])
def test_a_dry_run_shows_no_password(output: str, study: Path, tunesmith: Tunesmith) -> None:
    with (study / "study.toml").open("a") as file:
        file.write('\n[trackers]\nmlflow = { uri = "http://me:hushhush@127.0.0.1" }\n')
    shown = tunesmith("run", "--dry-run", output)
    assert "http://***@127.0.0.1" in shown.stdout
    assert "hushhush" not in shown.stdout + shown.stderr


def test_a_hanging_server_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with hanging_server() as (uri, asked):
        study = tune(tmp_path, {"name": "mlflow", "uri": uri})
    assert study.best is not None
    assert asked.is_set()
    [warning] = warnings(caplog)
    assert f"tracker mlflow failed: MLflow at {uri}: timed out." in warning


def test_a_hanging_server_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    script = """
import sys
import tunesmith as ts
from tests.integration.mlflow_server import hanging_server
from tunesmith.engine import background_trackers

background_trackers.CLOSE_SECONDS = 0.1
with hanging_server() as (uri, asked):
    ts.tune(
        lambda parameters: float(asked.wait(60)),
        space={"x": ts.Float(0.0, 1.0)},
        objective="minimize y",
        budget=ts.Budget(trials=1),
        folder=sys.argv[1],
        trackers=[{"name": "mlflow", "uri": uri}],
    )
    print("done", asked.is_set(), flush=True)
print("closed", flush=True)
"""
    ended = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=120)
    assert ended.stdout == "done True\nclosed\n"
    assert ended.stderr.count("tracker mlflow") == 1
    assert ended.returncode == 0
