"""The line of shell that runs a trial again, pasted into a shell."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunesmith.core.trial import TrialRequest
from tunesmith.tasks.command import CommandTask

SCRIPT = """
import json, os, pathlib, sys
folder = pathlib.Path(os.environ["TUNESMITH_TRIAL_DIR"])
(folder / "metrics.json").write_text('{"y": 1.0}')
seen = [sys.argv[1:], os.environ["MINE"], os.getcwd(), sorted(p.name for p in (folder / "checkpoint").iterdir())]
(folder / "seen.json").write_text(json.dumps(seen))
"""
_NAMES = st.text("a -$`'\"\\\n\t\x1b\u202e!*?~#;&|<>(){}[]=%é", min_size=1, max_size=10).filter(str.strip)


@pytest.mark.parametrize("shell", [False, True])
@settings(max_examples=10)
@example("two words", "-n")
@example("$(touch hacked) `touch hacked`", '"; touch hacked; "')
@example("it's\nhere", "\x1b[2J")
@given(name=_NAMES, value=_NAMES)
def test_it_runs_the_same_trial_in_any_folder_and_nothing_else(shell: bool, name: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, name)
        (checkpoint := folder / "trials" / "0000" / "checkpoint").mkdir(parents=True)
        (checkpoint / name).touch()
        (folder / "train.py").write_text(SCRIPT)
        (folder / f"{name}.json").write_text('{"lr": 0.1}')
        task = CommandTask(
            command=shlex.join([sys.executable, "-S", "train.py", "{config}", "{trial_dir}", "{value}"])
            if not shell
            else f"{sys.executable} -S train.py {{config}} {{trial_dir}} {{value}}",
            shell=shell,
            config=f"{name}.json",
            metric="y",
            folder=folder,
            environment={"MINE": value},
        )
        trial = folder / "trials" / "0001"
        trial.mkdir()
        request = TrialRequest(
            number=1,
            attempt=1,
            parameters={"lr": 0.5, "value": value},
            seed=7,
            folder=trial,
            inherits=checkpoint.parent,
        )
        (trial / "checkpoint").mkdir()
        (trial / "checkpoint" / name).touch()
        task.evaluate(request, lambda step, metrics: None)
        line = task.reproduce(request)
        subprocess.run(["sh", "-c", line], cwd=root, check=True, capture_output=True, timeout=60)
        again = trial / "again"
        first, second = (json.loads((place / "seen.json").read_text()) for place in (trial, again))
        first[0] = [word.replace(str(trial), str(again)) for word in first[0]]
        assert second == first
        assert json.loads((again / f"{name}.json").read_text()) == {"lr": 0.5}
        assert line.replace("\n", "").isprintable()
        assert not list(Path(root).rglob("hacked"))
