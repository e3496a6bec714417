"""`python -m benchmarks.executors`: what each executor adds to a trial, beside the engine below it.

- **trials a second** of a function that does nothing, and **latency**: the median time of one such trial alone.
- **busy**: the share of the time in which two slots train, in a study of trials that train for one second.
- **again**: the time from the end of a trial's worker or job, killed from inside, to the trial's next start.
- **bytes**: what a trial writes into its folder, which is what travels where there is no shared folder.

Slurm and PBS are measured where their commands work.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from json import dumps, loads
from pathlib import Path
from typing import Any

import numpy as np

import tunesmith as ts
from tunesmith import plugins
from tunesmith.core.trial import Trial, TrialRequest
from tunesmith.tasks.function import FunctionTask

from .machine import describe

_BUSY_TRIALS = 20
_SLOW = ("jobs", "slurm")
"""A trial takes seconds there, and fewer are measured."""
RESULTS = Path(__file__).parent / "results" / "executors.md"
EXECUTORS: dict[str, dict[str, Any]] = {
    "process": {},
    "pool": {},
    "pool, isolated": {"isolated": True},
    "dask": {},
    "parsl": {},
    "jobs": {"poll_seconds": 1.0},
    "slurm": {"poll_seconds": 1.0},
}
NEEDS = {"slurm": "sbatch"}
KILL: dict[str, str] = {"parsl": "parent", "jobs": "parent", "slurm": "job"}
"""What of an executor is killed to measure how soon its trial runs again."""


def nothing(parameters: Mapping[str, Any]) -> float:
    """Do nothing."""
    return 0.0


def one_second(parameters: Mapping[str, Any], trial: Trial) -> float:
    """Take a second, and note from when to when."""
    assert trial.folder is not None
    began = time.time()
    time.sleep(1.0)
    (trial.folder / "span").write_text(f"{began} {time.time()}")
    return float(parameters["x"])


def die_once(parameters: Mapping[str, Any], trial: Trial) -> float:
    """Note when it starts, and end its worker or its job at the first time."""
    place = Path(os.environ["BENCHMARK_PLACE"])
    starts = place / "starts"
    with starts.open("a") as file:
        file.write(f"{time.time()}\n")
    if len(starts.read_text().split()) == 1:
        (place / "killed").write_text(str(time.time()))
        if os.environ["BENCHMARK_KILL"] == "job":
            subprocess.run(["scancel", os.environ["SLURM_JOB_ID"]], check=True)
        else:
            os.kill(os.getppid(), 9)
        time.sleep(600)
    return 0.0


def _executor(name: str) -> Any:
    return plugins.create("executors", name.partition(",")[0], {"slots": 2, **EXECUTORS[name]})


def _overhead(name: str, trials: int, folder: Path) -> tuple[float, float, float]:
    """Return trials a second, the latency of one in seconds, and the bytes that a trial leaves."""
    task = FunctionTask(function=nothing, metric="y")
    with _executor(name) as executor:
        executor.open(lambda number, attempt, step, metrics: None, folder=folder)

        def submit(number: int) -> Any:
            place = folder / "trials" / f"{number:04d}"
            return executor.submit(task, TrialRequest(number=number, attempt=1, parameters={}, seed=0, folder=place))

        submit(0).result(300)  # The first one waits for workers and imports.
        alone = []
        for number in range(1, 8):
            began = time.perf_counter()
            submit(number).result(300)
            alone.append(time.perf_counter() - began)
        rate = _rate(lambda number: submit(100 + number), trials)
    written = [path.stat().st_size for path in (folder / "trials" / "0001").rglob("*") if path.is_file()]
    return rate, statistics.median(alone), float(sum(written))


def _rate(submit: Callable[[int], Any], trials: int) -> float:
    """Return tasks a second with two at a time."""
    began = time.perf_counter()
    numbers = iter(range(trials))
    running = {submit(number) for number in islice(numbers, 2)}
    while running:
        done, running = concurrent.futures.wait(running, return_when="FIRST_COMPLETED")
        running |= {submit(number) for number in islice(numbers, len(done))}
    return trials / (time.perf_counter() - began)


@contextmanager
def _bare(name: str, folder: Path) -> Iterator[Callable[[], Any] | None]:
    """Yield how to submit nothing to the engine alone; None if it has no engine in this sense."""
    if name.startswith("pool"):
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            yield lambda: pool.submit(nothing, {})
    elif name in ("dask", "parsl"):
        executor = _executor(name)
        with executor:
            executor.open(lambda number, attempt, step, metrics: None, folder=folder)
            engine = executor.make_pool()
            yield lambda: engine.submit(nothing, {})
            engine.shutdown()
    elif name == "slurm":

        class Jobs:
            """`sbatch --wait`, without anything else."""

            pool = concurrent.futures.ThreadPoolExecutor(2)

            def submit(self) -> Any:
                words = ["sbatch", "--wait", "--output=/dev/null", "--wrap=true"]
                return self.pool.submit(subprocess.run, words, stdout=subprocess.DEVNULL, check=True)

        yield Jobs().submit
    else:
        yield None


def measure(name: str, trials: int) -> dict[str, float]:
    """Return the figures of an executor."""
    row: dict[str, float] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        row["per_second"], row["latency"], row["bytes"] = _overhead(name, trials, folder / "overhead")
        with _bare(name, folder / "bare") as submit:
            if submit is not None:
                submit().result(300)
                began = time.perf_counter()
                submit().result()
                row["bare_latency"] = time.perf_counter() - began
                row["bare_per_second"] = _rate(lambda number: submit(), trials)
        _study(one_second, name, folder / "busy", trials=_BUSY_TRIALS)
        row["busy"] = _busy([file.read_text().split() for file in (folder / "busy" / "trials").glob("*/span")])
        if name in KILL:
            os.environ |= {"BENCHMARK_PLACE": place, "BENCHMARK_KILL": KILL[name]}
            _study(die_once, name, folder / "again", trials=1)
            row["again"] = float((folder / "starts").read_text().split()[1]) - float((folder / "killed").read_text())
    return row


def _busy(texts: Sequence[Sequence[str]]) -> float:
    """Return how much of two slots some spans fill, without the first and the last two."""
    begins, ends = np.sort(np.array(texts, dtype=float), axis=0).T
    first, last = begins[2], ends[-3]
    return float(np.clip(np.minimum(ends, last) - np.maximum(begins, first), 0, None).sum() / (2 * (last - first)))


def _study(function: Callable[..., float], name: str, folder: Path, *, trials: int) -> ts.Study:
    return ts.tune(
        function,
        space={"x": ts.Float(0.0, 1.0)},
        objective="minimize y",
        budget=ts.Budget(trials=trials),
        folder=folder,
        executor=_executor(name),
        proposer="random",
        progress=False,
    )


def report(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return the table in Markdown."""
    lines = [
        "# Executors",
        "",
        "How to read the table: ../README.md.",
        "",
        describe(),
        "",
        "| executor | trials a second | the engine alone | latency, ms | the engine alone, ms | busy, 2 slots of 1 s "
        "| seconds until a lost trial runs again | bytes a trial |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for name, row in rows.items():
        cells = [
            _cell(row.get("per_second"), "{:.1f}"),
            _cell(row.get("bare_per_second"), "{:,.1f}"),
            _cell(row.get("latency"), "{:.0f}", 1e3),
            _cell(row.get("bare_latency"), "{:.1f}", 1e3),
            _cell(row.get("busy"), "{:.1%}"),
            _cell(row.get("again"), "{:.1f}"),
            _cell(row.get("bytes"), "{:,.0f}"),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: float | None, form: str, factor: float = 1.0) -> str:
    return "" if value is None else form.format(factor * value)


def main() -> None:
    """Measure, each executor in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.executors", description=__doc__)
    parser.add_argument("--executors", nargs="+", default=list(EXECUTORS), choices=list(EXECUTORS))
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(dumps(measure(options.one, options.trials)))
        return
    rows = {}
    for name in options.executors:
        if name in NEEDS and shutil.which(NEEDS[name]) is None:
            print(f"{name} is left out: {NEEDS[name]} is not here", flush=True)
            continue
        trials = options.trials // (4 if name in _SLOW else 1)
        words = [sys.executable, "-m", "benchmarks.executors", "--one", name, "--trials", str(trials)]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
        rows[name] = loads(done.stdout.splitlines()[-1])
        print(name, rows[name], flush=True)
    text = report(rows)
    print(text)
    if options.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
