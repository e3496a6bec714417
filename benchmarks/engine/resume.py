"""The time that a study needs to resume after `kill -9`: a real process, killed while trials run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

Figures = dict[str, float]

KILLS = 3

_STUDY_TOML = """\
[study]
name = "killed"
objective = "minimize loss"
folder = "study"

[task]
command = "echo loss={dropout} {args}"

[space]
lr = { type = "float", low = 1e-5, high = 1e-1, log = true }
dropout = { type = "float", low = 0.0, high = 0.5 }
layers = { type = "int", low = 1, high = 8 }
width = { type = "int", low = 16, high = 1024, log = true }
activation = { type = "choice", options = ["relu", "gelu", "tanh"] }
optimizer = { type = "choice", options = ["adam", "sgd"] }
momentum = { type = "float", low = 0.0, high = 0.99, when = { optimizer = "sgd" } }
beta = { type = "float", low = 0.8, high = 0.999, when = { optimizer = "adam" } }

[budget]
trials = 1000000

[search]
parallel = 2
judge = { name = "rules", repeats = 0 }
"""

_TUNE = """\
import sys
import tunesmith as ts
from benchmarks.engine import problem
ts.tune(problem.nothing, space=problem.tunesmith_space(), objective="minimize loss", folder=sys.argv[1],
        budget=ts.Budget(trials=1000000), proposer=sys.argv[2], judge={"name": "rules", "repeats": 0})
"""

_OPTUNA = """\
import sys, time
from pathlib import Path
from benchmarks.engine import problem
folder, sampler = Path(sys.argv[1]), sys.argv[2]
study = problem.optuna_study(folder, sampler, "journal")
def objective(trial):
    (folder / "started").write_text(str(time.time()))
    return problem.nothing(problem.optuna_parameters(trial))
study.optimize(objective)
"""


def resume_python(folder: Path, trials: int) -> Figures:
    """Kill and resume a study of `ts.tune`, filled with random trials and resumed with TPE."""
    command = [sys.executable, "-c", _TUNE, str(folder / "study")]
    journal = folder / "study" / "journal.jsonl"
    _fill([*command, "random"], lambda: _count(journal, b'"event":"trial_finished"'), trials)
    return _kills([*command, "tpe"], lambda since: _first_start(journal, since))


def resume_command_line(folder: Path, trials: int) -> Figures:
    """Kill and resume `tunesmith run study.toml`, whose trials are commands, two at once."""
    (folder / "study.toml").write_text(_STUDY_TOML)
    journal = folder / "study" / "journal.jsonl"
    command = [sys.executable, "-m", "tunesmith", "run", str(folder / "study.toml"), "--quiet", "--proposer"]
    _fill([*command, "random"], lambda: _count(journal, b'"event":"trial_finished"'), trials)
    return _kills([*command, "tpe"], lambda since: _first_start(journal, since))


def resume_optuna(folder: Path, trials: int) -> Figures:
    """Kill and resume an Optuna study in a journal file."""
    from . import problem

    study = problem.optuna_study(folder, "random", "memory")
    study.optimize(lambda trial: problem.nothing(problem.optuna_parameters(trial)), n_trials=trials)
    problem.optuna_study(folder, "random", "journal").add_trials(study.trials)
    started = folder / "started"
    started.write_text("0")
    command = [sys.executable, "-c", _OPTUNA, str(folder), "tpe"]
    return _kills(command, lambda since: _read_time(started, since))


def _fill(command: Sequence[str], settled: Callable[[], int], trials: int) -> None:
    """Let a study run until it has this many trials, and kill it."""
    process = _start(command)
    while settled() < trials:
        if process.poll() is not None:
            raise RuntimeError(f"the study ended too soon, with status {process.returncode}")
        time.sleep(0.5)
    _kill(process)


def _kills(command: Sequence[str], first_start: Callable[[float], float | None]) -> Figures:
    """Resume and kill it several times; return the median of the seconds from the start to the first trial."""
    seconds = []
    for _ in range(KILLS):
        since = time.time()
        process = _start(command)
        while (started := first_start(since)) is None:
            if process.poll() is not None:
                raise RuntimeError(f"the study did not go on: status {process.returncode}")
            time.sleep(0.02)
        seconds.append(started - since)
        _kill(process)
    return {"seconds": median(seconds)}


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2])


def _kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def _count(path: Path, what: bytes) -> int:
    return path.read_bytes().count(what) if path.exists() else 0


def _first_start(journal: Path, since: float) -> float | None:
    """Return the time in the journal at which the first trial after a given time was started."""
    with journal.open("rb") as file:
        file.seek(max(0, journal.stat().st_size - 20_000))
        lines = file.read().split(b"\n")[1:-1]
    events = [json.loads(line) for line in lines]
    return next((e["time"] for e in events if e["event"] == "trial_started" and e["time"] > since), None)


def _read_time(path: Path, since: float) -> float | None:
    text = path.read_text()
    return float(text) if text and float(text) > since else None
