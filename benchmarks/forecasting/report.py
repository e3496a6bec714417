"""The tables of `benchmarks.forecasting` in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..machine import describe
from ..ranking import markdown, median_and_most, rank_table, with_best_bold
from .environments import ENVIRONMENTS
from .store import Key, Run

RESULTS = Path(__file__).parents[1] / "results" / "forecasting.md"
_OURS = "tunesmith"


def report(runs: Mapping[Key, Run], sets: Sequence[str], contenders: Sequence[str]) -> str:
    """Return all tables for the budgets that were run.

    Args:
        runs: What was measured.
        sets: The names of the sets, in the order of the rows.
        contenders: The contenders, in the order of the columns.
    """
    parts = [_head()]
    for seconds in sorted({key.seconds for key in runs}):
        chosen = {(key.series, key.contender): run for key, run in runs.items() if key.seconds == seconds}
        present = [name for name in contenders if any(contender == name for _, contender in chosen)]
        complete = [name for name in sets if all((name, contender) in chosen for contender in present)]
        if not complete:
            continue
        parts.append(f"## {seconds:g} seconds")
        for metric in ("mase", "smape"):
            losses = np.array([[getattr(chosen[name, one], metric) for one in present] for name in complete])
            rows = [[name, *with_best_bold(row)] for name, row in zip(complete, losses.tolist(), strict=True)]
            parts.append(markdown([{"mase": "MASE", "smape": "sMAPE, %"}[metric], *present], rows))
            if _OURS in present:
                parts.append(rank_table(losses, present, [_OURS]))
        parts.append(_costs(chosen, complete, present, seconds))
    return "\n\n".join(parts) + "\n"


def _head() -> str:
    packages = ("statsforecast", "autogluon.timeseries", "torch")
    found = ENVIRONMENTS.versions(("statsforecast", "autogluon"), packages)
    return "\n".join(
        [
            "# Forecasts of time series",
            "",
            "How to read the tables: ../README.md.",
            "",
            describe(("tunesmith", "lightgbm", "scikit-learn", "pandas")),
            f"- the peers: {', '.join(f'{name} {version}' for name, version in found.items())}",
        ]
    )


def _costs(
    chosen: Mapping[tuple[str, str], Run], names: Sequence[str], contenders: Sequence[str], seconds: float
) -> str:
    """Return time and memory, medians over sets and the worst, and what should be known."""
    rows = []
    for contender in contenders:
        runs = [chosen[name, contender] for name in names]
        remarks = [f"{name}: {run.remark}" for name, run in zip(names, runs, strict=True) if _is_partial(run.remark)]
        rows.append(
            [
                contender,
                median_and_most([run.seconds for run in runs]),
                str(sum(not run.seconds <= seconds * 1.05 for run in runs)),
                str(sum(run.mase != run.mase for run in runs)),
                median_and_most([run.peak_mb for run in runs]),
                "; ".join(remarks),
            ]
        )
    return markdown(["contender", "seconds", "late by 5 %", "failed", "peak MB", "not all series in time"], rows)


def _is_partial(remark: str) -> bool:
    """Tell whether a remark says that fewer series were forecast than there are."""
    words = remark.split()
    return len(words) > 2 and words[0] != words[2]
