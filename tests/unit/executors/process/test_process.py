import subprocess
import sys

import pytest

from tunesmith import plugins
from tunesmith.core.trial import Measurement, TrialRequest
from tunesmith.errors import InputError
from tunesmith.executors.base import Capabilities
from tunesmith.executors.process import ProcessExecutor
from tunesmith.tasks.function import FunctionTask


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"slots": 0}, "slots"),
        ({"slots": 1.5}, "slots"),
        ({"slots": True}, "slots"),
        ({"gpus": [0], "gpus_per_trial": 2}, "gpus_per_trial"),
        ({"threads_per_trial": 0}, "threads_per_trial"),
        ({"grace_seconds": -1}, "grace_seconds"),
        ({"grace_seconds": float("nan")}, "grace_seconds"),
        ({"log_bytes": 100}, "log_bytes"),
        ({"environment": {"A": 1}}, "environment"),
        ({"environment": {"A=B": "1"}}, "environment"),
        ({"slot": 2}, "slot"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options, key):
    with pytest.raises(InputError) as caught:
        plugins.create("executors", "process", options)
    assert key in caught.value.keys


def test_it_tells_what_it_can_do_before_anything_is_started():
    executor = plugins.create("executors", "process", {"slots": 3, "gpus": "0,1", "preload": False})
    assert executor.capabilities == Capabilities(slots=3, can_stop=True, enforces=frozenset({"seconds", "memory"}))


def test_it_must_be_opened_first(tmp_path):
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path)
    with pytest.raises(RuntimeError, match="opened"):
        ProcessExecutor().submit(FunctionTask(function=lambda parameters: 1.0, metric="y"), request)


def test_leaving_without_having_begun_is_fine():
    with ProcessExecutor() as executor:
        executor.open(lambda *said: None)
        executor.stop(3)


def test_a_worker_starts_without_the_heavy_libraries():
    code = (
        "import sys, tunesmith.executors.process.worker;"
        "print(sorted({'numpy', 'scipy', 'sklearn', 'pandas', 'langgraph'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_a_trial_knows_the_grace(tmp_path):
    class GraceTask(FunctionTask):
        def evaluate(self, request, report):
            return Measurement(metrics={"y": request.grace_seconds})

    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path / "0000")
    with ProcessExecutor(grace_seconds=0.75, gpus=[]) as executor:
        executor.open(lambda *said: None)
        task = GraceTask(function=lambda parameters: 1.0, metric="y")
        assert executor.submit(task, request).result(timeout=60).metrics == {"y": 0.75}
