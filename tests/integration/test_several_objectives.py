"""Two metrics at once under a constraint, with pruning, as a user runs them from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Tunesmith = Callable[..., Any]

TRAIN = """
def train(parameters, trial):
    width, waste = parameters["width"], parameters["waste"]
    for step in range(1, 10):
        error = (1 - width) ** 2 + waste + 0.5 / step
        trial.report(step, error=error, latency=10 * width + 5 * waste, megabytes=100 * width)
    return {"error": error, "latency": 10 * width + 5 * waste, "megabytes": 100 * width}
"""
STUDY = """
[study]
seed = 1
OBJECTIVE

[study.objective.constraints.megabytes]
high = 80

[task]
kind = "function"
function = "train.py:train"

[space]
width = { type = "float", low = 0.0, high = 1.0, default = 0.5 }
waste = { type = "float", low = 0.0, high = 1.0, default = 0.5 }

[budget]
trials = 30

[search]
pruner = "asha"
parallel = 1
"""
PARETO = """
[study.objective]
pareto = true

[study.objective.metrics.error]
[study.objective.metrics.latency]
"""
WEIGHTED = """
[study.objective.metrics.error]
weight = 10

[study.objective.metrics.latency]
"""


def run(folder: Path, tunesmith: Tunesmith, objective: str) -> dict[str, Any]:
    (folder / "train.py").write_text(TRAIN)
    (folder / "study.toml").write_text(STUDY.replace("OBJECTIVE", objective))
    tunesmith("run", "study.toml")
    return json.loads(tunesmith("status", folder / "studies" / folder.name, "--json").stdout)


@pytest.mark.slow
def test_a_front_is_found_shown_and_gone_on_with(tmp_path: Path, tunesmith: Tunesmith) -> None:
    status = run(tmp_path, tunesmith, PARETO)
    place = tmp_path / "studies" / tmp_path.name
    front = [(trial["metrics"]["error"], trial["metrics"]["latency"]) for trial in status["front"]]
    assert len(front) >= 4
    assert front == sorted(front)
    assert [latency for _, latency in front] == sorted((latency for _, latency in front), reverse=True)
    assert all(trial["metrics"]["megabytes"] <= 80 for trial in status["front"])
    assert all(trial["parameters"]["waste"] < 0.3 for trial in status["front"])
    assert status["best"]["number"] in {trial["number"] for trial in status["front"]}
    assert status["counts"].get("pruned", 0) > 0
    shown = tunesmith("status", place).stdout
    assert f"{len(front)} trials on the Pareto front" in shown
    member = status["front"][0]["number"]
    assert f"one of {len(front)} on the Pareto front" in tunesmith("show", place, str(member)).stdout
    assert "On the Pareto front" in (place / "report.html").read_text("utf-8")
    before = (place / "journal.jsonl").read_bytes()
    tunesmith("run", "study.toml")
    again = json.loads(tunesmith("status", place, "--json").stdout)
    assert again["front"] == status["front"]
    assert (place / "journal.jsonl").read_bytes().startswith(before)


@pytest.mark.slow
def test_weights_find_one_trial(tmp_path: Path, tunesmith: Tunesmith) -> None:
    status = run(tmp_path, tunesmith, WEIGHTED)
    assert "front" not in status
    assert status["best"]["parameters"]["width"] == pytest.approx(0.5, abs=0.2)
    assert status["best"]["parameters"]["waste"] < 0.2


def test_a_weight_on_a_front_is_refused_by_its_line(tmp_path: Path, tunesmith: Tunesmith) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "study.toml").write_text(STUDY.replace("OBJECTIVE", PARETO + "weight = 2\n"))
    told = tunesmith("run", "study.toml", status=2).stderr
    assert "a Pareto objective has no weights, but 'latency' has one" in told
    assert "study.toml:" in told
