import json
import os
import subprocess
import sys

import pytest

from tunesmith import plugins
from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.errors import TrialPruned
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.function import FunctionTask


def run(tmp_path, function, hear=lambda *said: None, **changes):
    request = TrialRequest(
        **{"number": 3, "attempt": 1, "parameters": {"x": 2.0}, "seed": 5, "folder": tmp_path / "0003"} | changes
    )
    executor = plugins.create("executors", "inline")
    executor.open(hear)
    task = function if isinstance(function, CommandTask) else FunctionTask(function=function, metric="y")
    with executor:
        return executor.submit(task, request)


def test_a_trial_runs_at_once_and_leaves_its_folder(tmp_path):
    future = run(tmp_path, lambda parameters: {"y": parameters["x"] ** 2, "extra": 1})
    assert future.result().metrics == {"y": 4.0, "extra": 1.0}
    folder = tmp_path / "0003"
    assert json.loads((folder / "parameters.json").read_text()) == {"x": 2.0}
    assert json.loads((folder / "metrics.json").read_text()) == {"y": 4.0, "extra": 1.0}
    assert json.loads((folder / "environment.json").read_text())["pid"] == os.getpid()
    result = json.loads((folder / "result.json").read_text())
    assert (result["attempt"], result["state"], result["metrics"]) == (1, "complete", {"y": 4.0, "extra": 1.0})
    assert (folder / "log.txt").read_bytes() == b""


def test_output_goes_to_the_log_and_not_to_the_terminal(tmp_path, capfd):
    def loud(parameters):
        print("naïve", flush=True)
        sys.stderr.write("two\n")
        sys.stdout.buffer.write(b"\xff")
        return 1.0

    run(tmp_path, loud).result()
    assert (tmp_path / "0003" / "log.txt").read_bytes() == "naïve\ntwo\n".encode() + b"\xff"
    assert capfd.readouterr() == ("", "")


def test_an_exception_is_a_failure_with_the_users_part_of_the_traceback(tmp_path):
    def wrong(parameters):
        return parameters["x"] + "text"

    with pytest.raises(TrialFailed) as caught:
        run(tmp_path, wrong).result()
    failure = caught.value.failure
    assert failure.kind == "exception"
    assert failure.reason.startswith("TypeError: unsupported operand")
    assert 'return parameters["x"] + "text"' in failure.log_tail
    assert "tunesmith/tasks" not in failure.log_tail
    assert failure.seconds is not None


def test_a_want_of_memory_is_told_apart(tmp_path):
    def greedy(parameters):
        raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")

    with pytest.raises(TrialFailed) as caught:
        run(tmp_path, greedy).result()
    assert caught.value.failure.kind == "memory"


def test_ctrl_c_passes_through_and_sys_exit_ends_the_trial_alone(tmp_path):
    def leave(parameters):
        raise KeyboardInterrupt

    def exit_early(parameters):
        sys.exit(2)

    with pytest.raises(TrialFailed, match=r"called sys.exit\(2\)"):
        run(tmp_path, exit_early).result()
    (tmp_path / "0003" / "result.json").unlink()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, leave)
    assert not (tmp_path / "0003" / "result.json").exists()


def test_reports_are_heard_at_once_and_can_prune(tmp_path):
    heard = []

    def hear(*said):
        heard.append(said)
        if said[2] == 2:
            raise TrialPruned("enough")

    def train(parameters, trial):
        for step in range(10):
            trial.report(step, y=step / 2)
        return 0.0

    with pytest.raises(TrialPruned):
        run(tmp_path, train, hear).result()
    assert heard == [(3, 1, step, {"y": step / 2}) for step in range(3)]
    lines = (tmp_path / "0003" / "reports.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"step": step, "y": step / 2} for step in range(3)]


def test_another_attempt_keeps_the_log_and_the_checkpoint_only(tmp_path):
    def train(parameters, trial):
        (trial.checkpoint / "weights").touch()
        trial.report(0, y=1.0)
        print("here")
        return 1.0

    run(tmp_path, train).result()
    (tmp_path / "0003" / "stop").touch()
    run(tmp_path, lambda parameters: print("again") or 2.0, attempt=2).result()
    folder = tmp_path / "0003"
    assert (folder / "log.txt").read_text() == "here\n\n[tunesmith: attempt 2 begins]\nagain\n"
    assert (folder / "checkpoint" / "weights").exists()
    assert not (folder / "reports.jsonl").exists()
    assert not (folder / "stop").exists()
    assert json.loads((folder / "result.json").read_text())["attempt"] == 2


def test_a_folder_that_cannot_be_made_is_a_failure_of_setup(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrialFailed) as caught:
        run(tmp_path, lambda parameters: 1.0, folder=tmp_path / "file" / "0003").result()
    assert caught.value.failure.kind == "setup"
    assert "file" in caught.value.failure.reason


def test_a_command_is_pruned_while_it_runs(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import os, time\n"
        "path = os.environ['TUNESMITH_TRIAL_DIR'] + '/reports.jsonl'\n"
        "for step in range(1000):\n"
        "    print(f'{{\"step\": {step}, \"y\": 1.0}}', file=open(path, 'a'), flush=True)\n"
        "    time.sleep(0.05)\n"
    )

    def hear(*said):
        if said[2] >= 3:
            raise TrialPruned("enough")

    task = CommandTask(command=[sys.executable, "train.py", "{trial_dir}"], metric="y", folder=tmp_path)
    with pytest.raises(TrialPruned):
        run(tmp_path, task, hear).result()
    running = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in running


def test_it_must_be_opened_first(tmp_path):
    executor = plugins.create("executors", "inline")
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path)
    with pytest.raises(RuntimeError, match="opened"):
        executor.submit(FunctionTask(function=lambda parameters: 1.0, metric="y"), request)
