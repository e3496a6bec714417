"""Values as users give them, from the space to the result: one rule at every entrance of a study."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts
from tunesmith import plugins
from tunesmith.core.trial import Proposal, TrialFailed, TrialRequest
from tunesmith.core.values import exact
from tunesmith.history.history import History
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.function import FunctionTask

SPACE: dict[str, Any] = {
    "size": ts.Choice(np.array([2, 4, 8]), default=np.int64(4), prior=np.int8(2)),
    "betas": ts.Choice([(0.9, 0.99), (0.8, 0.9)], default=(0.8, 0.9)),
    "bias": ts.Choice([True, False], default=np.False_),
    "n": ts.Int(np.int64(1), np.uint8(9), when={"betas": (0.8, 0.9), "size": [np.int64(4), 8]}),
    "x": ts.Float(np.float32(0.5), np.array(1.5), when={"n": {"low": np.int64(2)}}),
}


def test_values_of_numpy_and_tuples_are_known_in_defaults_conditions_and_known_results(tmp_path: Path) -> None:
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path) as study:
        own = study.ask()
        assert own.parameters == {"size": 4, "betas": [0.8, 0.9], "bias": False, "n": 5, "x": 1.0}
        study.tell(own, np.float32(0.5))  # type: ignore[arg-type]
        known = {"size": np.int16(8), "betas": (0.8, 0.9), "bias": np.True_, "n": np.float64(3), "x": np.float32(1)}
        added = study.add(known, np.array([0.25]))  # type: ignore[arg-type]
        again = study.add({"size": 8, "betas": [0.8, 0.9], "bias": True, "n": 3, "x": 1}, 0.25)
    assert again.proposal.repeat_of == added.number
    expected = {"size": 8, "betas": [0.8, 0.9], "bias": True, "n": 3, "x": 1.0}
    assert {n: exact(v) for n, v in added.parameters.items()} == {n: exact(v) for n, v in expected.items()}
    loaded = ts.load(tmp_path)
    assert [dict(trial.parameters) for trial in loaded.trials] == [dict(trial.parameters) for trial in study.trials]
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path) as resumed:  # The same study, from its journal.
        resumed.ask()


def test_options_are_told_apart_by_their_type() -> None:
    study = ts.Study(space={"a": ts.Choice([True, 1, 1.0, "1"])}, objective="minimize y")
    for value in (np.True_, np.int64(1), np.float32(1), np.str_("1")):
        study.add({"a": value}, 0.0)
    assert [exact(trial.parameters["a"]) for trial in study.trials] == [exact(v) for v in (True, 1, 1.0, "1")]


class NumpyProposer:
    """A third party's proposer that returns what NumPy gives."""

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        best = np.argmin([trial.number for trial in history.trials])
        parameters = {"x": np.float64(0.25), "n": np.int64(2), "pair": (1, 2)}
        return [Proposal(parameters=parameters, proposer="mine", parent=best)] * count  # type: ignore[arg-type]


def test_a_proposer_may_use_numpy(tmp_path: Path) -> None:
    space: dict[str, Any] = {"x": ts.Float(0, 1), "n": ts.Int(1, 3), "pair": ts.Choice([[1, 2], [3, 4]])}
    with ts.Study(space=space, objective="minimize y", proposer=NumpyProposer(), folder=tmp_path) as study:
        trials = [study.tell(study.ask(), 1.0) for _ in range(3)]
    assert trials[1].parameters == {"x": 0.25, "n": 2, "pair": [1, 2]}
    assert (trials[1].proposal.proposer, trials[2].proposal.proposer) == ("mine", "random")  # The second is no news.
    assert ts.load(tmp_path).trials[1].proposal.parent == 0


@pytest.mark.parametrize("name", plugins.names("proposers"))
def test_spaces_at_the_limits_can_be_searched(name: str) -> None:
    space: dict[str, Any] = {
        "point": ts.Float(1.0, 1.0),
        "log_point": ts.Float(0.1, 0.1, log=True),
        "whole": ts.Int(-(2**63) + 1, 2**63 - 1),
        "log_whole": ts.Int(1, 2**63 - 1, log=True),
        "wide": ts.Float(-1e307, 1e307),
        "tiny": ts.Float(0.0, 5e-320),
        "stepped": ts.Float(0.0, 1.0, step=1e-15),
        "one": ts.Choice([2**63 - 1]),
        "x": ts.Float(0.0, 1.0, prior=0.2),
    }
    study = ts.Study(space=space, objective="minimize y", proposer=name)
    for _ in range(12):
        trial = study.ask()
        assert study.space.contains(trial.parameters)
        study.tell(trial, trial.parameters["x"])


# -- metrics -----------------------------------------------------------------------------------------------------------

REFUSED: list[tuple[Any, str]] = [
    (True, "metric 'y' must be a number, got the boolean True."),
    ("0.3", "metric 'y' must be a number, got '0.3'."),
    (None, "metric 'y' must be a number, got None."),
    ([0.3], "metric 'y' must be a number, got [0.3]."),
    (math.nan, "metric 'y' must be a finite number, got nan."),
    (-math.inf, "metric 'y' must be a finite number, got -inf."),
    (10**400, "metric 'y' must be a number, got a whole number of about 400 digits, too large for a float."),
]


def from_function(value: Any, folder: Path) -> None:
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=folder)
    FunctionTask(function=lambda parameters: {"y": value}, metric="y").evaluate(request, lambda *_: None)


def from_file(value: Any, folder: Path) -> None:
    (folder / "m.py").write_text(f"open('metrics.json', 'w').write({json.dumps(json.dumps({'y': value}))})")
    task = CommandTask(command="python m.py", metric="y", metrics="metrics.json", folder=folder)
    (folder / "trial").symlink_to(folder)
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=folder / "trial")
    task.evaluate(request, lambda *_: None)


def from_tell(value: Any, folder: Path) -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    study.tell(study.ask(), {"y": value})


def from_add(value: Any, folder: Path) -> None:
    study = ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y")
    study.add({"x": 0.5}, {"y": value})


@pytest.mark.parametrize("give", [from_function, from_file, from_tell, from_add])
@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[message[11:60] for _, message in REFUSED])
def test_a_metric_is_refused_for_the_same_reason_everywhere(
    tmp_path: Path, give: Callable[[Any, Path], None], value: Any, message: str
) -> None:
    with pytest.raises((ts.InputError, TrialFailed)) as caught:
        give(value, tmp_path)
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [np.float32(0.5), np.array(0.5), np.array([[0.5]]), np.float16(0.5)])
@pytest.mark.parametrize("give", [from_function, from_tell, from_add])
def test_a_metric_of_any_numeric_type_is_taken_everywhere(
    tmp_path: Path, give: Callable[[Any, Path], None], value: Any
) -> None:
    give(value, tmp_path)


def test_a_value_beside_the_metrics_is_left_out_with_a_line_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    task = FunctionTask(function=lambda parameters: {"y": 1.0, "ok": True, "name": "resnet"}, metric="y")
    assert task.call({}) == {"y": 1.0}
    assert "left out of the metrics: metric 'ok' must be a number, got the boolean True. So are 1 more" in (
        capsys.readouterr().out
    )


def test_a_diverged_training_can_be_told_as_a_failure() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    trial = study.ask()
    with pytest.raises(ts.InputError, match=r"got nan\. If the trial failed, tell a Failure"):
        study.tell(trial, math.nan)
    assert study.tell(trial, ts.Failure(kind="told", reason="the loss is NaN")).state is ts.State.FAILED


# -- trials ------------------------------------------------------------------------------------------------------------


def test_a_trial_stands_for_its_number() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    trial = study.ask()
    assert study.note(trial, "promising").notes == ("promising",)
    assert study.tell(trial, 0.5).number == 0
    assert study.note(np.int64(0), "done").notes == ("promising", "done")  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["0", 0.0, None, True, 10**30, [0]])
def test_anything_else_is_refused_as_a_number(number: Any) -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    study.ask()
    with pytest.raises(ts.InputError, match="the number of a trial must be a whole number, got "):
        study.tell(number, 0.5)


def test_a_report_after_the_end_is_refused() -> None:
    study = ts.Study(space=SPACE, objective="minimize y", pruner={"name": "median", "startup_trials": 1})
    first, second = study.ask(), study.ask()
    first.report(1, y=0.5)
    study.tell(first, 0.5)
    with pytest.raises(ts.InputError, match="only a running trial can report, but trial 0 is complete"):
        first.report(2, y=0.4)
    for _ in range(2):  # A training that swallows exceptions is told again.
        with pytest.raises(ts.TrialPruned):
            second.report(1, y=9.0)


def test_reports_under_another_name_are_mentioned_once(caplog: pytest.LogCaptureFixture) -> None:
    study = ts.Study(space=SPACE, objective="minimize val_loss", pruner="median")
    for number in range(5):
        trial = study.ask()
        trial.report(1, loss=number)
        study.tell(trial, float(number))
    assert len(caplog.messages) == 1
    assert "none of the 3 complete trials has reported val_loss while it ran, only loss." in caplog.text


def test_a_missing_artifact_adds_no_trial(tmp_path: Path) -> None:
    study = ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y", folder=tmp_path)
    study.tell(study.ask(), 0.5)
    with pytest.raises(ts.InputError, match="artifact 'model' must exist in the trial's folder"):
        study.add({"x": 0.1}, ts.Measurement(metrics={"y": 0.1}, artifacts={"model": "model.pkl"}))
    assert len(study.trials) == 1
    study.close()


def test_rows_of_a_frame_can_be_added_to_another_study() -> None:
    space: dict[str, Any] = {
        "kind": ts.Choice([None, "a", 1, 2.5, True, [1, 2]], default=[1, 2]),
        "n": ts.Int(1, 9, when={"kind": [None, "a"]}),
        "flag": ts.Choice([True, None], when={"kind": [1, "a"]}),
        "x": ts.Float(0, 1),
    }
    study, other = (ts.Study(space=space, objective="minimize y") for _ in range(2))
    for number in range(20):
        study.tell(study.ask(), number)
    frame = study.frame()
    assert str(frame["parameters.n"].dtype) == "Int64"
    inactive = [value is pd.NA for value in frame["parameters.flag"]]
    assert inactive == ["flag" not in trial.parameters for trial in study.trials]
    parameters = frame.filter(regex="^parameters").rename(columns=lambda name: name.removeprefix("parameters."))
    for row, loss in zip(parameters.to_dict("records"), frame["metrics.y"], strict=True):
        other.add({str(name): value for name, value in row.items()}, loss)
    assert [trial.parameters for trial in other.trials] == [trial.parameters for trial in study.trials]


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pruner": ts.Budget()}, "a pruner must be a name, a table with a name, or an instance, got Budget("),
        ({"pruner": plugins.create("proposers", "random")}, "which has no method `should_prune`"),
        ({"folder": 3}, "folder must be a path, got 3."),
        ({"folder": "a\0b"}, "folder must be a path"),
        ({"name": 3}, "name must be a string, got 3."),
        ({"trackers": 3}, "expected a list of trackers"),
        ({"objective": "minimise y"}, "Did you mean 'minimize'?"),
        ({"objective": ts.Float(0, 1)}, "an objective must be a direction and a metric"),
        ({"space": {3: ts.Float(0, 1)}}, "a parameter's name must be a string, got 3."),
        ({"space": {"caf\udce9": ts.Float(0, 1)}}, "which is not valid Unicode"),
        ({"space": 3}, "expected a table, got 3."),
        ({"seed": 2**64}, "seed must be a whole number of at least 0, got 18446744073709551616, beyond 64 bits."),
        ({"budget": 60}, "budget must be a Budget, as Budget(trials=60), got 60."),
    ],
)
def test_a_wrong_option_is_one_message(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ts.InputError) as caught:
        ts.tune(lambda parameters: 0.0, **{"space": SPACE, "objective": "minimize y", **options})
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": 2.5}, "trials must be a whole number, got 2.5."),
        ({"trials": 10**30}, "beyond 64 bits"),
        ({"minutes": True}, "minutes must be a number, got the boolean True."),
        ({"minutes": math.inf}, "minutes must be above 0 and at most 1.66667e+07, got inf."),
        ({"minutes": 1e300}, "minutes must be above 0 and at most"),
        ({"target": math.nan}, "target must be a finite number, got nan."),
        ({"memory_gb": 1e300}, "memory_gb must be above 0 and at most"),
        ({"usd": math.inf}, "usd must be at least 0"),
        ({"patience": "5"}, "patience must be a whole number, got '5'."),
    ],
)
def test_an_absurd_budget_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ts.InputError) as caught:
        ts.Budget(**options)
    assert message in caught.value.message


def test_options_of_plugins_may_be_numpys() -> None:
    proposer = plugins.create("proposers", "tpe", {"candidates": np.int64(32), "good_share": np.float32(0.25)})
    assert exact([proposer.candidates, proposer.good_share]) == exact([32, 0.25])
    assert exact(type(proposer)(candidates=np.int64(32)).candidates) == exact(32)
    assert ts.Budget(trials=np.int64(5), minutes=np.float32(1)).to_table() == {"trials": 5, "minutes": 1.0}


@pytest.mark.parametrize("text", ['{"lr": Infinity}', '{"lr": 1e999}', '{"lr": 123456789012345678901}', '{"lr": {}}'])
def test_an_own_value_that_cannot_be_recorded_is_refused_before_a_trial(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    (tmp_path / "t.py").touch()
    task = CommandTask(command="python t.py {config}", config="c.json", metric="y", folder=tmp_path, names=["lr"])
    with pytest.raises(ts.InputError, match="your own value of 'lr' must be a string, a finite int or float") as caught:
        ts.Study(space={"lr": ts.Float(0, 1)}, objective="minimize y", task=task)
    assert caught.value.keys == ("space", "lr")
    with_default: dict[str, Any] = {"lr": ts.Float(0, 1, default=0.5)}
    assert ts.Study(space=with_default, objective="minimize y", task=task).ask().parameters == {"lr": 0.5}
