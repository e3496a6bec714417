"""A small study, and the command line as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

TRAIN = """
import argparse, json, os, time
parser = argparse.ArgumentParser()
parser.add_argument("--place", type=float, default=0.9)
parser.add_argument("--kind", default="plain")
parser.add_argument("--sharp", type=float, default=1.0)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", required=True)
parser.add_argument("--epochs", type=int, default=9)
parser.add_argument("--sleep", type=float, default=0.005)
args = parser.parse_args()
floor = (args.place - 0.3) ** 2 + (0.1 if args.kind == "plain" else 0.02 * args.sharp) + 0.001 * args.seed
with open(os.path.join(args.out, "reports.jsonl"), "a") as reports:
    for epoch in range(1, args.epochs + 1):
        loss = floor + 0.5 / epoch
        reports.write(json.dumps({"step": epoch, "loss": loss}) + "\\n")
        reports.flush()
        time.sleep(args.sleep)
json.dump({"loss": loss}, open(os.path.join(args.out, "metrics.json"), "w"))
print(f"done with place={args.place}")
"""

STUDY = """
[study]
name = "small"
objective = "minimize loss"

[task]
command = "PYTHON -S -E train.py --out {trial_dir} --seed {seed} {args}"

[space]
place = { type = "float", low = 0.0, high = 1.0, default = 0.9 }
kind = { type = "choice", options = ["plain", "fancy"] }
sharp = { type = "float", low = 0.1, high = 2.0, log = true, when = { kind = "fancy" } }

[budget]
trials = 24

[search]
pruner = "asha"
parallel = 1
""".replace("PYTHON", sys.executable)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with a study.toml and the script that it tunes."""
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


Tunesmith = Callable[..., "subprocess.CompletedProcess[str]"]


def command(*words: str | Path) -> list[str]:
    """Return a `tunesmith` command, run by the interpreter of the tests."""
    return [sys.executable, "-m", "tunesmith", *map(str, words)]


@pytest.fixture(scope="session")
def interpreter() -> Iterator[subprocess.Popen[str]]:
    """See `forking_interpreter`."""
    script = Path(__file__).with_name("forking_interpreter.py")
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.communicate()


@pytest.fixture
def tunesmith(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, interpreter: subprocess.Popen[str]
) -> Tunesmith:
    """Run the command line in the test's folder and check its exit status."""
    place = tmp_path_factory.mktemp("output")

    def call(
        *words: str | Path, status: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        output = [place / "stdout", place / "stderr"]
        for path in output:
            path.write_text("")
        asked = {
            "words": [*map(str, words)],
            "folder": str(tmp_path),
            "environment": dict(os.environ if env is None else env),
            "output": [*map(str, output)],
        }
        assert interpreter.stdin is not None
        assert interpreter.stdout is not None
        interpreter.stdin.write(json.dumps(asked) + "\n")
        interpreter.stdin.flush()
        code = json.loads(interpreter.stdout.readline())
        out, errors = (path.read_text() for path in output)
        assert code == status, f"exit status {code}\n{out}\n{errors}"
        assert "Traceback" not in errors
        return subprocess.CompletedProcess([*map(str, words)], code, out, errors)

    return call


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the live processes of a study's trials."""
    processes = []
    for process in psutil.process_iter():
        try:
            inside = process.environ().get("TUNESMITH_TRIAL", "").startswith(os.path.realpath(folder))
            if inside and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
        except (psutil.Error, OSError):
            continue
    return processes
