"""`python -m benchmarks.slots`: how many slots one controller keeps busy, search included, on one core.

The trials are simulated: each takes between 1 and 60 seconds of waiting (log-uniform, drawn from its number) and no
processor time, as a trial on another machine does. Busy is the share of slots that have a trial, from the moment at
which 99 % have one, or from half the time on if that many never have, to the end.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from json import dumps, loads
from pathlib import Path
from typing import Any, Self

import numpy as np

import tunesmith as ts
from tunesmith.core.trial import Measurement, OnReport, TrialRequest
from tunesmith.executors.base import Capabilities

from .machine import describe

RESULTS = Path(__file__).parent / "results" / "slots.md"
SPACE = {
    "lr": ts.Float(1e-5, 1e-1, log=True),
    "decay": ts.Float(1e-6, 1e-1, log=True),
    "width": ts.Int(16, 1024, log=True),
    "layers": ts.Int(1, 8),
    "dropout": ts.Float(0.0, 0.6),
    "batch": ts.Choice([16, 32, 64, 128, 256]),
    "optimizer": ts.Choice(["adam", "sgd"]),
    "momentum": ts.Float(0.0, 0.99, when={"optimizer": "sgd"}),
}
SECONDS = (1.0, 60.0)
MEAN_SECONDS = (SECONDS[1] - SECONDS[0]) / np.log(SECONDS[1] / SECONDS[0])
_BUSY_ENOUGH = 0.95
"""The trials take no processor time: if slots are less busy, they wait for proposals."""


@dataclass(eq=False)
class SimulatedExecutor:
    """Trials that only take time.

    Attributes:
        busy: The moments at which the number of running trials changed, and that number.
    """

    slots: int
    busy: list[tuple[float, int]] = field(default_factory=list)
    _ends: list[tuple[float, int, Future[Measurement], Measurement]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _count: itertools.count[int] = field(default_factory=itertools.count)
    _closed: bool = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(slots=self.slots, can_stop=True, reports="none")

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        threading.Thread(target=self._settle, daemon=True).start()

    def submit(self, task: Any, request: TrialRequest) -> Future[Measurement]:
        rng = np.random.default_rng(request.number)
        seconds = float(np.exp(rng.uniform(*np.log(SECONDS))))
        measurement = Measurement(metrics={"loss": _loss(request.parameters)}, seconds=seconds)
        future: Future[Measurement] = Future()
        future.set_running_or_notify_cancel()
        with self._changed:
            now = time.monotonic()
            heapq.heappush(self._ends, (now + seconds, next(self._count), future, measurement))
            self.busy.append((now, len(self._ends)))
            self._changed.notify()
        return future

    def recover(self, request: TrialRequest) -> None:
        return None

    def stop(self, number: int) -> None:
        with self._changed:  # Only called at the end, for all.
            self._closed = True
            self._changed.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop(0)

    def _settle(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._ends or self._ends[0][0] > time.monotonic()):
                    self._changed.wait(self._ends[0][0] - time.monotonic() if self._ends else None)
                if self._closed:
                    for _, _, future, _ in self._ends:
                        future.set_exception(ts.TrialPruned("the study ended."))
                    return
                _, _, future, measurement = heapq.heappop(self._ends)
                self.busy.append((time.monotonic(), len(self._ends)))
            future.set_result(measurement)


def _loss(parameters: Any) -> float:
    place = [(np.log10(parameters["lr"]) + 3) ** 2, 10 * (parameters["dropout"] - 0.2) ** 2]
    place += [(np.log2(parameters["width"]) - 7) ** 2 / 8, (parameters["layers"] - 3) ** 2 / 10]
    return float(sum(place)) + (0.2 if parameters["optimizer"] == "sgd" else 0.0)


def measure(slots: int, proposer: str, seconds: float) -> dict[str, float]:
    """Run one study on the first core, and return its figures."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    executor = SimulatedExecutor(slots)
    with tempfile.TemporaryDirectory() as folder:
        began, spent = time.monotonic(), time.process_time()
        study = ts.tune(
            lambda parameters: 0.0,
            space=SPACE,
            objective="minimize loss",
            budget=ts.Budget(minutes=seconds / 60.0, trials=1_000_000),
            folder=Path(folder) / "study",
            executor=executor,
            proposer=proposer,
            progress=False,
        )
        spent = time.process_time() - spent
        trials = len(study.trials)
        best = study.best
    moments, running = np.array(executor.busy).T
    end = began + seconds
    is_full = running >= 0.99 * slots
    full = int(np.argmax(is_full if is_full.any() else moments > began + seconds / 2))
    kept = moments[full:] < end
    moments, running = moments[full:][kept], running[full:][kept]
    lengths = np.diff(np.append(moments, end))
    return {
        "busy": float((running * lengths).sum() / lengths.sum() / slots),
        "filled_seconds": float(moments[0] - began) if is_full.any() else float("nan"),
        "trials": trials,
        "per_second": float((np.diff(running) > 0).sum() / lengths.sum()),
        "wanted_per_second": slots / MEAN_SECONDS,
        "cpu_ms": 1e3 * spent / max(1, trials),
        "best": float("nan") if best is None else best.metrics["loss"],
    }


def report(rows: Sequence[tuple[int, str, dict[str, float]]], seconds: float) -> str:
    """Return the table in Markdown."""
    lines = [
        "# Many slots",
        "",
        "How to read the table: ../README.md.",
        "",
        describe(),
        f"- each row is one study of {seconds:g} seconds, on one core",
        "",
        "| slots | proposer | busy | proposals a second | needed | seconds to fill | trials | CPU ms a trial | limit |",
        "| --: | --- | --: | --: | --: | --: | --: | --: | --- |",
    ]
    for slots, proposer, row in rows:
        filled = f"{row['filled_seconds']:.1f}" if row["filled_seconds"] == row["filled_seconds"] else "never"
        lines.append(
            f"| {slots:,} | {proposer} | {row['busy']:.1%} | {row['per_second']:.1f} | {row['wanted_per_second']:.1f} "
            f"| {filled} | {row['trials']:,} | {row['cpu_ms']:.1f} "
            f"| {'' if row['busy'] > _BUSY_ENOUGH else 'the search'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, each study in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slots", description=__doc__)
    parser.add_argument("--slots", type=int, nargs="+", default=[2, 64, 512, 2_000])
    parser.add_argument("--proposers", nargs="+", default=["portfolio"])
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(dumps(measure(**loads(options.one))))
        return
    rows = []
    for proposer in options.proposers:
        for slots in options.slots:
            asked = dumps({"slots": slots, "proposer": proposer, "seconds": options.seconds})
            words = [sys.executable, "-m", "benchmarks.slots", "--one", asked]
            done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
            rows.append((slots, proposer, loads(done.stdout.splitlines()[-1])))
            print(*rows[-1], flush=True)
    text = report(rows, options.seconds)
    print(text)
    if options.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
