"""Ctrl-C at any moment: one line, status 130, a closed session, and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import command
from tests.waiting import wait_until
from tunesmith import load

SCRIPT = """
import pathlib, sys, time
pathlib.Path(sys.argv[1], "began").touch()
time.sleep(60)
"""
STUDY = """
[study]
objective = "minimize y"
[task]
command = "python train.py {trial_dir} {x}"
metrics = "stdout"
[space]
x = { type = "float", low = 0.0, high = 1.0 }
[budget]
trials = 3
"""


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `tunesmith run` on a study whose trials do not end by themselves, and waits for the first."""
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "study.toml").write_text(STUDY)

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command("run", "--folder", "s", *arguments),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        began = tmp_path / "s" / "trials" / "0000" / "began"
        wait_until(lambda: began.exists() or process.poll() is not None)
        return process

    return start


@pytest.mark.parametrize("executor", ["inline", "process"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_closes_the_session(
    running: Callable[..., subprocess.Popen[str]], tmp_path: Path, executor: str, number: signal.Signals
) -> None:
    process = running("--executor", executor)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (
        130,
        "tunesmith: interrupted; 0 settled trials are kept. "
        f"Resume with: tunesmith run study.toml --folder s --executor {executor}\n",
    )
    history = load(tmp_path / "s").history
    assert not history.session_open
    assert [str(trial.state) for trial in history.trials] == ["waiting"]


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_pressing_ctrl_c_again_and_again_adds_no_traceback(
    running: Callable[..., subprocess.Popen[str]], tmp_path: Path, executor: str
) -> None:
    process = running("--executor", executor)

    def has_ended() -> bool:
        process.send_signal(signal.SIGINT)
        return process.poll() is not None

    wait_until(has_ended, poll_seconds=0.005)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()
    assert all(line.startswith("tunesmith: interrupted") for line in errors.splitlines()), errors
    assert not load(tmp_path / "s").history.session_open


@pytest.mark.parametrize("module", ["click", "numpy"])
def test_ctrl_c_during_an_import_is_one_line(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    (tmp_path / "study.toml").write_text(STUDY)
    ended = subprocess.run(
        [sys.executable, "-m", "tunesmith", "run"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr == "tunesmith: interrupted. Run the same command again to continue.\n"
