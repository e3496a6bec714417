"""The example of an architecture search, on a small series."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.integration.conftest import Tunesmith

if importlib.util.find_spec("torch") is None:
    pytest.skip("needs torch", allow_module_level=True)

INFORMER = Path(__file__).parents[2] / "examples" / "informer"
SMALL = {
    '"path": ""': '"path": "series.csv"',
    '"lookback": 96': '"lookback": 48',
    '"head_width": 16': '"head_width": 8',
    '"hidden": 256': '"hidden": 32',
    '"epochs": 8': '"epochs": 1',
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
    return folder


def test_the_example_trains_measures_and_compares_with_a_linear_model(example: Path, tunesmith: Tunesmith) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    facts = json.loads(tunesmith("run", "informer/study.toml", "--trials", "1", "--json", env=environment).stdout)
    assert facts["counts"] == {"complete": 1}
    folder = example / "studies" / "informer-etth1"
    place = folder / "trials" / "0000"
    assert {path.name for path in place.iterdir()} >= {
        *("metrics.json", "history.json", "config_used.json", "best_model.pt", "checkpoint"),
    }
    assert [row["epoch"] for row in json.loads((place / "history.json").read_text())] == [1]
    assert json.loads((place / "config_used.json").read_text())["model"]["attention"] == "prob_sparse"
    tested = facts["best"]["test_metrics"]
    assert tested["val_mse"] == pytest.approx(facts["best"]["metrics"]["val_mse"])
    assert tested["linear_test_mse"] < tested["test_mse"], "noise on a day is linear"
    assert not (place / "test" / "best_model.pt").exists(), "the model is only scored"
    assert "linear_test_mse" in (folder / "report.html").read_text()


def test_channels_can_be_forecast_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.syspath_prepend(INFORMER)
    config = importlib.import_module("config").CONFIG
    config = {**config, "model": {**config["model"], "joint": False, "calendar": False, "attention": "full"}}
    network = importlib.import_module("train").build(config, channels=3).eval()
    windows, marks = torch.randn(2, 96, 3), torch.zeros(2, 120, 4)
    changed = windows.clone()
    changed[:, :, 1] += 1.0
    with torch.no_grad():
        before, after = network(windows, marks), network(changed, marks)
    assert before.shape == (2, 24, 3)
    torch.testing.assert_close(before[..., [0, 2]], after[..., [0, 2]])
    assert not torch.equal(before[..., 1], after[..., 1])


def test_data_that_cannot_be_had_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(INFORMER)
    ett = importlib.import_module("ett")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ETTH1", raising=False)
    with pytest.raises(SystemExit, match=r"ETTh1\.csv cannot be downloaded: .* and set ETTH1 to its path"):
        ett.etth1()
    (tmp_path / "other.csv").write_text("date,OT\n")
    monkeypatch.setenv("ETTH1", str(tmp_path / "other.csv"))
    with pytest.raises(SystemExit, match=r"must be the ETTh1\.csv of the paper"):
        ett.etth1()
    monkeypatch.setenv("ETTH1", str(tmp_path / "gone.csv"))
    with pytest.raises(SystemExit, match="there is no file"):
        ett.etth1()
