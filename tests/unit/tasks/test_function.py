import json
import math
import pickle
import subprocess
import sys

import cloudpickle
import numpy as np
import pytest

from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.errors import InputError, TrialPruned
from tunesmith.tasks.function import FunctionTask


def quiet(step, metrics):
    pass


@pytest.fixture
def request_for(tmp_path):
    (tmp_path / "0004").mkdir()

    def make(**changes):
        given = {"number": 4, "attempt": 1, "parameters": {"x": 3.0}, "seed": 7, "folder": tmp_path / "0004"}
        return TrialRequest(**given | changes)

    return make


@pytest.mark.parametrize(
    ("returned", "metrics"),
    [
        (0.5, {"y": 0.5}),
        (np.float32(0.5), {"y": 0.5}),
        ({"y": 1, "extra": 2.5}, {"y": 1.0, "extra": 2.5}),
        ({"y": 1, "name": "best", "gone": None, "flag": True, "bad": math.inf}, {"y": 1.0}),
    ],
)
def test_what_a_function_returns_becomes_finite_numbers(request_for, tmp_path, returned, metrics):
    task = FunctionTask(function=lambda parameters: returned, metric="y")
    assert task.evaluate(request_for(), quiet).metrics == metrics
    assert json.loads((tmp_path / "0004" / "metrics.json").read_text()) == metrics


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (None, "it returned None. Return {'y': value}."),
        ({}, "'y' is missing: what the function returned has no metric at all."),
        ({"yy": 1.0}, "has only yy. Did you mean 'yy'?"),
        (math.nan, "got nan"),
        ({"y": -math.inf}, "got -inf"),
        ({"y": "0.5"}, "must be a number, got '0.5'"),
        ([1, 2], "must be a number, got [1, 2]"),
    ],
)
def test_what_cannot_be_used_is_a_failure_that_says_why(request_for, returned, reason):
    with pytest.raises(TrialFailed) as caught:
        FunctionTask(function=lambda parameters: returned, metric="y").evaluate(request_for(), quiet)
    assert caught.value.failure.kind == "metric"
    assert reason in caught.value.failure.reason


def test_further_metrics_can_be_required(request_for):
    task = FunctionTask(function=lambda parameters: {"y": 1.0}, metric="y", required=["latency"])
    with pytest.raises(TrialFailed, match="latency"):
        task.evaluate(request_for(), quiet)


def test_the_function_gets_its_parameters_and_a_live_trial(request_for):
    heard = []

    def train(parameters, trial):
        parameters["x"] += 1  # its own copy
        trial.report(0, y=np.float64(1.5))
        (trial.checkpoint / "weights").touch()
        return trial.number * 100 + trial.seed + parameters["x"]

    request = request_for()
    measured = FunctionTask(function=train, metric="y").evaluate(request, lambda *said: heard.append(said))
    assert measured.metrics == {"y": 411.0}
    assert heard == [(0, {"y": 1.5})]
    assert request.parameters == {"x": 3.0}
    assert (request.folder / "checkpoint" / "weights").exists()
    assert (request.folder / "reports.jsonl").read_text() == '{"step": 0, "y": 1.5}\n'


def test_an_optional_second_argument_is_the_functions_own_affair(request_for):
    def train(parameters, epochs=10):
        return float(epochs)

    assert FunctionTask(function=train, metric="y").evaluate(request_for(), quiet).metrics == {"y": 10.0}


def test_pruning_passes_through(request_for):
    def prune(step, metrics):
        raise TrialPruned("enough")

    with pytest.raises(TrialPruned):
        FunctionTask(function=lambda p, trial: trial.report(0, y=1.0), metric="y").evaluate(request_for(), prune)


def test_the_test_function_runs_for_the_test_only(request_for):
    task = FunctionTask(function=lambda p: 1.0, test=lambda p: 2.0, metric="y")
    assert task.has_test
    assert task.evaluate(request_for(), quiet).metrics == {"y": 1.0}
    assert task.evaluate(request_for(purpose="test"), quiet).metrics == {"y": 2.0}
    assert not FunctionTask(function=lambda p: 1.0, metric="y").has_test


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A user's module, whose name no other test has used."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"user_code_{abs(hash(tmp_path)) % 10**9}"
    (tmp_path / f"{name}.py").write_text(
        "print('imported')\nwidth = 3\ndef train(parameters, trial):\n    return parameters['x'] * 2\n"
        "class Model:\n    @staticmethod\n    def fit(parameters):\n        return parameters['x'] * 3\n"
    )
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("address", "value"), [("{}:train", 6.0), ("{}.py:train", 6.0), ("{}:Model.fit", 9.0), ("{}.py:Model.fit", 9.0)]
)
def test_a_function_is_found_by_its_address(request_for, module, tmp_path, address, value):
    task = FunctionTask(function=address.format(module), metric="y", folder=tmp_path)
    assert task.evaluate(request_for(), quiet).metrics == {"y": value}
    assert task.to_table() == {"kind": "function", "function": address.format(module), "folder": str(tmp_path)}


def test_a_task_of_an_address_is_found_again_in_another_process(module, tmp_path):
    task = FunctionTask(function=f"{module}.py:train", metric="y", folder=tmp_path)
    (tmp_path / "task").write_bytes(cloudpickle.dumps(task))
    code = "import pickle; print(pickle.load(open('task', 'rb')).call({'x': 4.0}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["imported", "{'y': 8.0}"], done.stderr


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("train", "'module:name' or 'file.py:name'"),
        ("no_such_module_anywhere:train", "no module 'no_such_module_anywhere'"),
        ("no_such_file.py:train", "no file"),
        ("{}:tain", "no function 'tain' in {}. Did you mean 'train'? It has: Model, train."),
        ("{}:width", "must be a function, but it is 3"),
    ],
)
def test_a_wrong_address_is_told_with_the_nearest(module, tmp_path, address, message):
    with pytest.raises(InputError) as caught:
        FunctionTask(function=address.format(module), metric="y", folder=tmp_path)
    assert message.format(module) in caught.value.message
    assert caught.value.keys == ("function",)


def test_what_the_users_module_lacks_is_not_blamed_on_the_address(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "lacking_code.py").write_text("import torchh\ndef train(p): return 1.0\n")
    with pytest.raises(InputError, match=r"must be importable, but it raises ModuleNotFoundError.*torchh"):
        FunctionTask(function="lacking_code:train", metric="y", folder=tmp_path)


def test_a_closure_travels(request_for):
    factor = 5.0
    task = pickle.loads(cloudpickle.dumps(FunctionTask(function=lambda p: p["x"] * factor, metric="y")))
    assert task.evaluate(request_for(), quiet).metrics == {"y": 15.0}


def test_the_lines_that_reproduce_a_trial_do(request_for, module, tmp_path):
    task = FunctionTask(function=f"{module}:train", metric="y", folder=tmp_path)
    request = request_for(parameters={"x": 2.5})
    task.evaluate(request, quiet)
    done = subprocess.run([sys.executable, "-c", task.reproduce(request)], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["imported", "{'y': 5.0}"], done.stderr
    assert (request.folder / "again" / "metrics.json").exists()


def test_lines_that_need_the_users_function_say_so(request_for):
    lines = FunctionTask(function=lambda p: 1.0, metric="y").reproduce(request_for())
    assert "# <lambda> is the function that was tuned" in lines
    compile(lines, "lines", "exec")


@pytest.mark.parametrize("address", ["__main__:train", "somewhere:outer.<locals>.train", "somewhere:<lambda>"])
def test_a_function_from_within_a_program_cannot_be_found_by_name_and_that_is_said(address: str) -> None:
    with pytest.raises(InputError, match=r"cannot be imported by name. Run that program again, or .* ts.load"):
        FunctionTask(function=address, metric="y")
