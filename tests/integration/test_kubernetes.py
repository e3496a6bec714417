"""Trials in pods, with the real client, over a part of the API of Kubernetes whose pods are processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tunesmith as ts
from tests.integration.conftest import command
from tests.kubernetes_api import Cluster, kubernetes
from tests.waiting import wait_until
from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.executors import _kubernetes, parsl
from tunesmith.executors.parsl import ParslExecutor
from tunesmith.tasks.function import FunctionTask

STUDY = """
[study]
objective = "minimize loss"
[task]
command = "python train.py {x}"
[space]
x = { type = "float", low = 0.0, high = 1.0, default = 0.9 }
[budget]
trials = 2
[execution]
executor = "parsl:1"
scheduler = "kubernetes"
python = PYTHON
address = "127.0.0.1"
grace_seconds = 1.0
pod = { image = "me/train:1", namespace = "lab" }
[search]
proposer = "random"
"""
SCRIPT = """
import pathlib, sys, time
pathlib.Path("began").touch()
while float(sys.argv[1]) == 0.9 and not pathlib.Path("go").exists():
    time.sleep(0.1)
print("loss", sys.argv[1])
"""

# The client that goes with the other packages of the tests is not the newest.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:HTTPResponse.getheaders:DeprecationWarning")]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with kubernetes(tmp_path / "cluster") as running:
        monkeypatch.setenv("KUBECONFIG", str(running.config))
        # The client's library remembers where it looked for its configuration.
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(running.config))
        monkeypatch.setattr(parsl, "_HEARTBEAT_SECONDS", 3)  # A busy machine may hold a pod up for seconds.
        monkeypatch.setattr(_kubernetes, "STATUS_SECONDS", 1)
        yield running


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[ParslExecutor]:
    with pilot(**options) as executor:
        executor.open(lambda number, attempt, step, metrics: None, folder=folder)
        yield executor


def pilot(**options: Any) -> ParslExecutor:
    own = {"scheduler": "kubernetes", "pod": {"image": "me/train:1"}, "python": sys.executable, "address": "127.0.0.1"}
    return ParslExecutor(**{"slots": 1, "grace_seconds": 1.0, **own, **options})


def test_a_study_runs_in_pods_without_a_shared_folder(cluster: Cluster, tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: ts.Trial) -> float:
        trial.artifact("model.txt").write_text(str(parameters["x"]))
        return float(parameters["x"])

    study = ts.tune(
        train,
        space={"x": ts.Float(0.0, 1.0)},
        objective="minimize loss",
        budget=ts.Budget(trials=4),
        proposer="random",
        folder=tmp_path / "study",
        executor=pilot(slots=2, trials_per_node=2, cores=3, gpus_per_node=1, shared_folder=False),
    )
    assert [trial.artifact("model.txt").read_text() for trial in study.trials] == [
        str(trial.parameters["x"]) for trial in study.trials
    ]
    (pod,) = cluster.asked
    resources = pod["spec"]["containers"][0]["resources"]["limits"]
    assert resources == {"cpu": "6", "memory": "8Gi", "nvidia.com/gpu": "1"}
    wait_until(lambda: not cluster.pods, "the end of all pods")


def test_the_pod_of_a_killed_session_is_deleted_by_the_next(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "study.toml").write_text(STUDY.replace("PYTHON", repr(sys.executable)))

    def started() -> subprocess.Popen[bytes]:
        with (tmp_path / "output").open("wb") as output:
            process = subprocess.Popen(command("run", "--folder", "s"), cwd=tmp_path, stdout=output, stderr=output)
        wait_until((tmp_path / "began").exists, "trial 0", seconds=90)
        return process

    process = started()
    (left,) = cluster.pods
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(cluster.pods) == [left]
    (tmp_path / "began").unlink()
    process = started()
    assert left not in cluster.pods
    (tmp_path / "go").touch()
    assert process.wait(timeout=90) == 0, (tmp_path / "output").read_text()
    assert [str(trial.state) for trial in ts.load(tmp_path / "s").trials] == ["complete", "complete"]
    assert cluster.asked[0]["spec"]["containers"][0]["image"] == "me/train:1"


def wait_for_go(parameters: dict[str, Any], trial: ts.Trial) -> float:
    assert trial.folder is not None
    (trial.folder / "began").touch()
    while not (trial.folder.parent / "go").exists():
        time.sleep(0.1)
    return 1.0


def submit(executor: ParslExecutor, folder: Path, attempt: int) -> Any:
    request = TrialRequest(number=0, attempt=attempt, parameters={}, seed=0, folder=folder / "trials" / "0000")
    return executor.submit(FunctionTask(function=wait_for_go, metric="y"), request)


def test_a_trial_whose_pod_is_deleted_is_lost_and_another_pod_takes_it(cluster: Cluster, tmp_path: Path) -> None:
    with opened(tmp_path) as executor:
        future = submit(executor, tmp_path, 1)
        wait_until(lambda: future.done() or (tmp_path / "trials/0000/began").exists(), "the trial", seconds=90)
        assert not future.done(), future.exception()
        (first,) = cluster.pods
        cluster.delete(first)
        with pytest.raises(TrialFailed) as raised:
            future.result(60)
        assert raised.value.failure.kind == "lost"
        (tmp_path / "trials/go").touch()
        assert submit(executor, tmp_path, 2).result(150).metrics == {"y": 1.0}
        assert first not in cluster.pods


@pytest.mark.parametrize(("fault", "told"), [("refuses", "no right"), ("no_image", "ImagePullBackOff: no such image")])
def test_a_pod_that_cannot_start_is_told(fault: str, told: str, cluster: Cluster, tmp_path: Path) -> None:
    setattr(cluster, fault, 403)
    with opened(tmp_path) as executor, pytest.raises(TrialFailed, match=told):
        submit(executor, tmp_path, 1).result(90)


def test_without_a_configuration_the_error_says_what_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    with opened(tmp_path) as executor, pytest.raises(ts.InputError, match="kubectl get pods"):
        submit(executor, tmp_path, 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pod": {}}, "pod must name an image"),
        ({"nodes": 2}, "nodes must be 1"),
        ({"pod": {"image": "i", "imge": "j"}}, "pod has no option 'imge'"),
        ({"pod": {"image": "i", "max_mem": 8}}, "max_mem"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], told: str, cluster: Cluster, tmp_path: Path) -> None:
    def run() -> None:
        with opened(tmp_path, **options) as executor:
            submit(executor, tmp_path, 1)

    with pytest.raises(ts.InputError, match=told):
        run()
