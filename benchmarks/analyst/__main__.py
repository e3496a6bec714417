"""Print how often the analyst finds what is there, and how often it finds what is not.

python -m benchmarks.analyst [--seeds 10] [--first 1000] [--real FOLDER]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tunesmith.data.analysis import Analysis, analyse

from .tables import GROUPED, HARMLESS, LEAKING, TIMED, unnamed_patients

ALARMS = ("group", "time", "row_order", "leak", "target_copy", "drift")


def alarms(analysis: Analysis) -> list[str]:
    """Return what was found of groups, time, leaks and drift, as `KIND COLUMN`."""
    return [f"{f.kind} {' '.join(f.columns)}".strip() for f in analysis.findings if f.kind in ALARMS]


RIGHT: dict[str, tuple[str, ...]] = {"group": ("group",), "time": ("time",), "leak": ("leak", "target_copy")}
TABLES = {
    "group": GROUPED | {"patients, unnamed column": unnamed_patients},
    "time": TIMED,
    "leak": LEAKING,
    "": HARMLESS,
}


def count(kind: str, make: Callable[[np.random.Generator], pd.DataFrame], seeds: range) -> tuple[int, int, list[str]]:
    """Return in how many tables of a sort the right thing was found, in how many `fit` acts, and all other alarms."""
    found, acted, others = 0, 0, []
    for seed in seeds:
        analysis = analyse(make(np.random.default_rng(seed)), "y", seed=seed)
        found += any(finding.kind in RIGHT.get(kind, ()) for finding in analysis.findings)
        acted += any(split is not None and split.confident for split in (analysis.group, analysis.time))
        others += [f"{seed}: {alarm}" for alarm in alarms(analysis) if alarm.split()[0] not in RIGHT.get(kind, ())]
    return found, acted, others


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1000, help="the first seed")
    parser.add_argument("--real", type=Path, help="a folder of folders with train.csv.gz and test.csv.gz")
    parser.add_argument("--only", default="", help="a part of the names of the tables")
    options = parser.parse_args()
    # The thresholds were chosen with the seeds below 100.
    print(f"{'table':34}{'is':8}{'found':>8}{'acted':>8}{'other alarms':>14}{'seconds':>9}")
    for kind, tables in TABLES.items():
        for name, make in tables.items():
            if options.only not in name:
                continue
            started = time.perf_counter()
            found, acted, others = count(kind, make, range(options.first, options.first + options.seeds))
            seconds = (time.perf_counter() - started) / options.seeds
            row = f"{name:34}{kind or '-':8}{found if kind else '-':>8}{acted:>8}{len(others):>14}{seconds:>9.2f}"
            print(row, "; ".join(others[:4]), flush=True)
    for folder in sorted(options.real.iterdir()) if options.real else []:
        if (folder / "train.csv.gz").exists():
            analysis = analyse(folder / "train.csv.gz", "target", test=folder / "test.csv.gz")
            found_here = alarms(analysis)
            row = f"{folder.name:34}{'real':8}{'':16}{len(found_here):>14}{analysis.seconds:>9.2f}"
            print(row, "; ".join(found_here), flush=True)


if __name__ == "__main__":
    main()
