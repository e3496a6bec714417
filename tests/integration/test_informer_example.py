"""The example of an architecture search, on a small series, advised by a scripted language model."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integration.conftest import Tunesmith
from tunesmith.testing.model_server import ModelRequest, ModelServer, Structured

pytest.importorskip("torch")

INFORMER = Path(__file__).parents[2] / "examples" / "informer"
SMALL = {
    '"path": ""': '"path": "series.csv"',
    '"lookback": 96': '"lookback": 48',
    '"head_width": 64': '"head_width": 8',
    '"hidden": 2048': '"hidden": 32',
    '"epochs": 6': '"epochs": 1',
    '"lr": 1e-4': '"lr": 1e-3',
}


def series(hours: int) -> str:
    """Two channels with a day and noise, as a table."""
    noise = np.random.default_rng(0).normal(size=(hours, 2))
    start, rows = datetime(2020, 1, 1), ["date,load,oil"]
    for hour in range(hours):
        day = math.sin(2 * math.pi * hour / 24)
        rows.append(f"{start + timedelta(hours=hour)},{day + 0.1 * noise[hour, 0]},{20 - day + 0.1 * noise[hour, 1]}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, with a small series and network."""
    folder = tmp_path / "informer"
    shutil.copytree(INFORMER, folder, ignore=shutil.ignore_patterns("studies", "__pycache__"))
    (folder / "series.csv").write_text(series(600))
    config = (folder / "config.py").read_text()
    for old, new in SMALL.items():
        assert config.count(old) == 1
        config = config.replace(old, new)
    (folder / "config.py").write_text(config)
    study = (folder / "study.toml").read_text()
    tested = study.index("test_command")  # To test each trial takes half as many processes.
    study = study[: study.index('{seed}"') + 6] + ' --test"\n' + study[study.index("config =", tested) :]
    (folder / "study.toml").write_text(study)
    return folder


def planner(request: ModelRequest) -> Structured:
    def change(step: str, reason: str, **values: Any) -> dict[str, Any]:
        changes = [{"parameter": f"model.{name}", "value": value} for name, value in values.items()]
        return {"step": step, "changes": changes, "reason": reason, "expected": 0.1}

    ideas = [
        change("radical", "levels differ between the parts", normalised=True, attention="full"),
        change("stop", "nothing else is worth its time"),
    ]
    return Structured({"ideas": ideas})


def test_the_example_searches_an_architecture(example: Path, tunesmith: Tunesmith) -> None:
    with ModelServer(planner) as server, (example / "study.toml").open("a") as file:
        model = f'{{ name = "compatible:scripted", base_url = "{server.url}/v1", price = "free" }}'
        file.write(f"\n[agents]\nmodel = {model}\n")
        file.flush()
        environment = {**os.environ, "OPENAI_API_KEY": "none", "OMP_NUM_THREADS": "1"}
        facts = json.loads(tunesmith("run", "informer/study.toml", "--trials", "2", "--json", env=environment).stdout)
    assert facts["counts"] == {"complete": 2}
    folder = example / "studies" / "informer-etth1"
    shown = json.loads(tunesmith("show", folder, "1", "--json").stdout)
    assert shown["reason"] == "radical step: levels differ between the parts"
    assert shown["verdict"]["decision"] in ("accept", "reject", "replicate")
    for number in ("0000", "0001"):
        trial = folder / "trials" / number
        assert {path.name for path in trial.iterdir()} >= {
            *("metrics.json", "history.json", "config_used.json", "best_model.pt", "checkpoint"),
        }
        assert [row["epoch"] for row in json.loads((trial / "history.json").read_text())] == [1]
    assert json.loads((folder / "trials/0001/config_used.json").read_text())["model"]["attention"] == "full"
    tested = facts["best"]["metrics"]
    assert tested["linear_test_mse"] < tested["test_mse"], "noise on a day is linear"
    assert "linear_test_mse" in (folder / "report.html").read_text()


def test_data_that_cannot_be_had_are_told_of(tmp_path: Path) -> None:
    def run(**variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-S", "-c", "import ett; ett.etth1()"],
            cwd=INFORMER,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1", **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        return done.stderr

    nowhere = {"https_proxy": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(tmp_path)}
    assert "ETTh1.csv cannot be downloaded" in run(**nowhere)
    assert "and set ETTH1 to its path" in run(**nowhere)
    (tmp_path / "other.csv").write_text("date,OT\n")
    assert "must be the ETTh1.csv of the paper" in run(ETTH1=str(tmp_path / "other.csv"))
    assert "there is no file" in run(ETTH1=str(tmp_path / "gone.csv"))
