"""Notebooks as the command of a trial, in real kernels."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import nbformat
import psutil
import pytest
from tests.waiting import wait_until

from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Measurement, TrialFailed, TrialRequest
from tunesmith.errors import InputError, TrialPruned
from tunesmith.notebooks.execution import run
from tunesmith.tasks.command import CommandTask

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "tunesmith.notebooks"]


def notebook_in(folder: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_markdown_cell("# Training"), *map(nbformat.v4.new_code_cell, sources)]
    path = folder / "train.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def evaluate(folder: Path, *sources: str) -> Measurement:
    notebook = notebook_in(folder, "lr = 0.1\nbest = True", *sources)
    before = notebook.read_bytes()
    task = CommandTask(
        command=[*COMMAND, "{config}", "{trial_dir}/executed.ipynb"],
        config="train.ipynb",
        metric="val_loss",
        folder=folder,
        names=["lr"],
    )
    task.check(SearchSpace({"lr": Float(0.0, 1.0)}))
    trial = folder / "0001"
    request = TrialRequest(number=1, attempt=1, parameters={"lr": 0.5}, seed=7, folder=trial)
    try:
        return task.evaluate(request, lambda step, metrics: None)
    finally:
        assert notebook.read_bytes() == before


def outputs(folder: Path) -> list[str]:
    cells = json.loads((folder / "0001" / "executed.ipynb").read_text())["cells"]
    return ["".join(out.get("text", out.get("ename", ""))) for each in cells for out in each.get("outputs", [])]


def test_a_trial_is_a_run_of_the_edited_notebook(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("here")
    cells = ["print(open('data.txt').read())", "!true\nprint('val_loss:', lr)", "import sys; sys.exit()", "1 / 0"]
    assert evaluate(tmp_path, *cells).metrics == {"val_loss": 0.5}
    assert outputs(tmp_path)[0] == "here\n"
    assert outputs(tmp_path)[1] == "val_loss: 0.5\n"


def test_a_cell_that_fails_is_the_failure_with_its_traceback(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TrialFailed, match="exit status 1"):
        evaluate(tmp_path, "print('val_loss: 3')", "def train():\n    raise ValueError(f'bad rate {lr}')\ntrain()")
    shown = capfd.readouterr().out
    assert "Cell 4 failed:" in shown
    assert "----> 2     raise ValueError(f'bad rate {lr}')" in shown
    assert shown.endswith("ValueError: bad rate 0.5\n")
    assert outputs(tmp_path) == ["val_loss: 3\n", "ValueError"]


def test_a_kernel_that_is_killed_kills_the_trial_alike(tmp_path: Path) -> None:
    with pytest.raises(TrialFailed, match="killed from outside by SIGKILL; Linux does so when memory runs out"):
        evaluate(tmp_path, "print('here', flush=True)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert outputs(tmp_path) == ["here\n"]


def test_a_trial_that_is_stopped_leaves_no_kernel(tmp_path: Path) -> None:
    busy = "import os, time\nopen('pid', 'w').write(f'{os.getpid()} ')\nprint('busy')\nwhile True: time.sleep(0.1)"

    def stop() -> None:
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith(" "), "the kernel")
        (tmp_path / "0001" / "stop").touch()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(TrialPruned):
        evaluate(tmp_path, "print('before')", busy)
    thread.join()
    kernel = int((tmp_path / "pid").read_text())
    wait_until(lambda: not psutil.pid_exists(kernel) or psutil.Process(kernel).status() == "zombie", "its end")
    assert outputs(tmp_path)[0] == "before\n"


@pytest.mark.parametrize(
    ("name", "target", "kernel", "message"),
    [
        ("train.ipynb", "train.ipynb", None, "must be another file, but .*train.ipynb is .*train.ipynb itself"),
        ("nowhere.ipynb", "out.ipynb", None, "must be readable, but .*nowhere.ipynb is not: No such file"),
        ("text.ipynb", "out.ipynb", None, "must be valid, but .*text.ipynb is not"),
        ("train.ipynb", "out.ipynb", "pyton3", r"no Jupyter kernel 'pyton3'\. Did you mean 'python3'\?"),
    ],
)
def test_what_cannot_be_run_is_refused(
    tmp_path: Path, name: str, target: str, kernel: str | None, message: str
) -> None:
    notebook_in(tmp_path, "1")
    (tmp_path / "text.ipynb").write_text("no JSON")
    with pytest.raises(InputError, match=message):
        run(tmp_path / name, tmp_path / target, kernel=kernel)
    assert not (tmp_path / "out.ipynb").exists()
