"""The tables of `benchmarks.tabular` in Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..machine import describe
from ..ranking import markdown, median_and_most, number, rank_table, with_best_bold
from .environments import ENVIRONMENTS
from .store import Key, Run
from .tables import HELD_OUT, BenchTable

RESULTS = Path(__file__).parents[1] / "results" / "tabular.md"
_OURS = ("tunesmith", "tunesmith[boosters]", "tunesmith[boosters,torch]")
_SLOW = "autogluon-best"  # The time of its predictions is the bar.


def report(
    runs: Mapping[Key, Run],
    tables: Mapping[str, BenchTable],
    contenders: Sequence[str],
    installed: Mapping[str, float],
) -> str:
    """Return all tables for the budgets that were run.

    Args:
        runs: What was measured.
        tables: The tables by name.
        contenders: The contenders, in the order of the columns.
        installed: The size of each one's environment, in 10^6 bytes.
    """
    parts = [_head()]
    for seconds in sorted({key.seconds for key in runs}):
        chosen = {(key.table, key.contender): run for key, run in runs.items() if key.seconds == seconds}
        present = [name for name in contenders if any(contender == name for _, contender in chosen)]
        complete = [name for name in tables if all((name, contender) in chosen for contender in present)]
        if not complete:
            continue
        parts += [
            f"## {seconds:g} seconds",
            _losses(chosen, [tables[name] for name in complete], present),
            _ranks(chosen, complete, present),
            _costs(chosen, complete, present, seconds, installed),
        ]
    return "\n\n".join(parts) + "\n"


def _head() -> str:
    packages = ("flaml", "autogluon.tabular", "lightgbm", "catboost", "xgboost-cpu", "scikit-learn", "torch")
    found = ENVIRONMENTS.versions(("flaml", "autogluon"), packages)
    return "\n".join(
        [
            "# Models of tables",
            "",
            "How to read the tables: ../README.md.",
            "",
            describe(("tunesmith", "lightgbm", "catboost", "scikit-learn", "pandas")),
            f"- the peers: {', '.join(f'{name} {version}' for name, version in found.items())}",
        ]
    )


def _losses(chosen: Mapping[tuple[str, str], Run], tables: Sequence[BenchTable], contenders: Sequence[str]) -> str:
    """Return the losses of the test rows; the best is bold. A star marks tables held out of every choice."""
    rows = []
    for table in tables:
        losses = [chosen[table.name, contender].loss for contender in contenders]
        star = "*" if table.name in HELD_OUT else ""
        rows.append([f"{table.name}{star}", table.metric, *with_best_bold(losses)])
    return markdown(["table", "metric", *contenders], rows)


def _ranks(chosen: Mapping[tuple[str, str], Run], names: Sequence[str], contenders: Sequence[str]) -> str:
    """Return mean ranks, and on how many tables ours are better."""
    losses = np.array([[chosen[name, contender].loss for contender in contenders] for name in names])
    return rank_table(losses, contenders, [name for name in _OURS if name in contenders])


def _costs(
    chosen: Mapping[tuple[str, str], Run],
    names: Sequence[str],
    contenders: Sequence[str],
    seconds: float,
    installed: Mapping[str, float],
) -> str:
    """Return time, memory, size and prediction time: medians over tables, and the worst."""
    rows = []
    for contender in contenders:
        runs = [chosen[name, contender] for name in names]
        late = sum(not run.seconds <= seconds * 1.05 for run in runs)
        failed = sum(math.isnan(run.loss) for run in runs)
        rows.append(
            [
                contender,
                median_and_most([run.seconds for run in runs]),
                f"{late}",
                f"{failed}",
                median_and_most([run.peak_mb for run in runs]),
                median_and_most([run.model_mb for run in runs]),
                median_and_most([run.ms_per_1000_rows for run in runs]),
                _ratio([chosen[name, contender].ms_per_1000_rows / _slow(chosen, name) for name in names]),
                number(installed.get(contender, math.nan)),
            ]
        )
    head = ["contender", "seconds", "late by 5 %", "failed", "peak MB", "model MB", "ms per 1,000 rows"]
    head += [f"the same / {_SLOW}", "install MB"]
    return markdown(head, rows)


def _slow(chosen: Mapping[tuple[str, str], Run], name: str) -> float:
    run = chosen.get((name, _SLOW))
    return math.nan if run is None else run.ms_per_1000_rows


def _ratio(values: Sequence[float]) -> str:
    """Return the geometric mean and the median of ratios."""
    known = [value for value in values if not math.isnan(value)]
    return f"{np.exp(np.log(known).mean()):.2f} (median {np.median(known):.2f})" if known else "-"
