"""Every tracker keeps the contract; a new file in the folder is tested the day it appears."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.mlflow_server import mlflow_server

from tunesmith import plugins
from tunesmith.testing.trackers import check_tracker


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


def test_every_tracker_is_tested_here() -> None:
    assert plugins.names("trackers") == ["mlflow"]


def test_mlflow_keeps_its_contract(server: str) -> None:
    def entries() -> list[int]:
        from mlflow.tracking import MlflowClient

        client = MlflowClient(server)
        experiment = client.get_experiment_by_name("contract")
        _, *trials = sorted(
            int(run.data.tags.get("tunesmith.trial", -1)) for run in client.search_runs([experiment.experiment_id])
        )
        return trials

    check_tracker(lambda: plugins.create("trackers", "mlflow", {"uri": server}), entries)
