"""Several processes and one study: commands take turns, a run refuses them, and a study whose folder vanishes stops."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tunesmith as ts
from tests.integration.conftest import command, processes_of
from tests.waiting import wait_until

AT_ONCE = 4


def all_at_once(folder: Path, *calls: list[str]) -> list[str]:
    """Run commands at the same time, and return what each printed; all must succeed."""
    started = [subprocess.Popen(call, cwd=folder, stdout=subprocess.PIPE, text=True) for call in calls]
    printed = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(calls)
    return printed


def test_commands_at_the_same_time_take_turns(study: Path) -> None:
    folder = study / "studies" / "small"
    asked = all_at_once(study, *[command("ask", "study.toml")] * AT_ONCE)
    assert sorted(text.splitlines()[0] for text in asked) == [f"trial {n}  (seed 0)" for n in range(AT_ONCE)]
    all_at_once(
        study,
        *[command("tell", folder, str(number), f"loss={number}") for number in range(AT_ONCE)],
        command("note", folder, "0", "at the same time"),
        command("add", folder, '{"place": 0.25, "kind": "plain"}', "loss=7"),
    )
    loaded = ts.load(folder)
    assert [trial.metrics["loss"] for trial in loaded.trials] == [0.0, 1.0, 2.0, 3.0, 7.0]
    assert loaded.trials[0].notes == ("at the same time",)


CHANGES: dict[str, Callable[[Path], object]] = {
    "was removed": shutil.rmtree,
    "jsonl was removed": lambda folder: folder.rename(folder.with_name("moved")),
    "was truncated": lambda folder: os.truncate(folder / "journal.jsonl", 100),
}


@pytest.mark.parametrize(("fault", "change"), CHANGES.items(), ids=["removed", "moved", "truncated"])
def test_a_run_whose_folder_vanishes_stops_with_its_trials(
    study: Path, fault: str, change: Callable[[Path], object]
) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(text.replace("{args}", "{args} --sleep 0.1"))
    folder = study / "studies" / "small"
    with subprocess.Popen(
        command("run"), cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        wait_until(lambda: processes_of(study), "the first trial")
        (folder / "lock").unlink(missing_ok=True)  # No file can be deleted to let another process in.
        refused = subprocess.run(command("run"), cwd=study, capture_output=True, text=True, check=False)
        assert refused.returncode == 2
        assert f"is run by pid {running.pid} on " in refused.stderr
        change(folder)
        printed, error = running.communicate()
    assert running.returncode == 1
    assert error.count("tunesmith: ") == 1
    assert f"{fault}. Restore the study's folder" in error
    assert "tunesmith show" not in printed  # As after a study that has ended well.
    assert processes_of(study) == []


def test_a_child_that_outlives_a_killed_run_does_not_hold_its_lock(tmp_path: Path) -> None:
    script = """
import os, signal, sys
import tunesmith as ts

def train(parameters, trial):
    if trial.number == 1:
        child = os.fork()
        if child == 0:
            signal.pause()
        print(child, file=sys.__stdout__, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return parameters["x"]

ts.tune(train, space={"x": ts.Float(0, 1)}, objective="minimize y", folder=sys.argv[1], budget=ts.Budget(trials=3))
"""
    folder = tmp_path / "study"
    with subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        child = int(running.stdout.readline())
        running.wait()
    try:
        assert running.returncode == -signal.SIGKILL
        resumed = ts.load(folder, lambda parameters: float(parameters["x"]))
        assert len(resumed.run().trials) == 3
    finally:
        os.kill(child, signal.SIGKILL)
