"""Bounds of metrics: the same wherever they come from."""

import json
from pathlib import Path

import pytest

import tunesmith as ts
from tunesmith.core.metrics import MAX_METRICS, MAX_NAME
from tunesmith.core.trial import TrialFailed
from tunesmith.trial_folder.metrics import finite_metrics, read_metrics

MANY = {f"m{number}": float(number) for number in range(100_000)}
TOO_MANY = "must have at most 1,000 metrics, got 100,00"
TOO_LONG = "a metric's name must have at most 200 characters, got 5,000"


def study(function: object = None) -> ts.Study:
    options = {"space": {"x": ts.Float(0, 1)}, "objective": "minimize y", "budget": ts.Budget(trials=1)}
    return ts.Study(task=function, **options)


def test_a_trial_with_too_many_metrics_keeps_the_objectives_and_the_first_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps({**MANY, "y": 0.5, "n" * 5000: 1.0}))
    kept = finite_metrics(read_metrics(tmp_path / "metrics.json"), ["y"], "metrics.json")
    assert len(kept) == MAX_METRICS
    assert (kept["y"], kept["m0"], kept["m998"]) == (0.5, 0.0, 998.0)
    assert f"metrics.json {TOO_MANY}" in capsys.readouterr().out

    run = study(lambda parameters: {**MANY, "y": parameters["x"], "n" * 5000: 1.0})
    run.run()
    assert run.best is not None
    assert len(run.best.metrics) == MAX_METRICS


def test_a_long_name_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert finite_metrics({"y": 1.0, "n" * MAX_NAME: 2.0, "n" * 5000: 3.0}, ["y"], "it") == {"y": 1.0, "n" * 200: 2.0}
    assert TOO_LONG in capsys.readouterr().out


def test_tell_and_report_refuse_what_a_trial_may_not_give() -> None:
    asked = study()
    trial = asked.ask()
    with pytest.raises(ts.InputError, match=TOO_MANY):
        asked.tell(trial.number, {**MANY, "y": 1.0})
    with pytest.raises(ts.InputError, match=TOO_LONG):
        asked.tell(trial.number, {"n" * 5000: 1.0, "y": 1.0})
    with pytest.raises(ts.InputError, match=TOO_MANY):
        trial.report(1, **MANY)
    with pytest.raises(ts.InputError, match=TOO_LONG):
        trial.report(1, **{"n" * 5000: 1.0})
    trial.report(1, y=1.0)
    assert len(asked.trials[0].reports) == 1
    assert asked.tell(trial.number, 1.0).metrics == {"y": 1.0}


def test_a_metrics_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"y": 1.0, "text": "x" * 16_000_000}))
    with pytest.raises(TrialFailed, match="larger than 16 MB"):
        read_metrics(path)
