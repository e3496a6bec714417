"""`python -m benchmarks.forecasting`: install the peers, run what is missing, print the tables."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from . import report, runner, store
from .environments import CONTENDERS, ENVIRONMENTS
from .series_sets import read_sets


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasting", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    installing = verbs.add_parser("install", help="make the contenders' environments")
    installing.add_argument("environments", nargs="*", default=list(ENVIRONMENTS.requirements), help="all by default")
    running = verbs.add_parser("run", help="run what the store lacks, one contender at a time")
    running.add_argument("--seconds", type=float, nargs="+", default=[120.0], help="the budgets of a run")
    running.add_argument("--cores", type=int, default=2, help="threads and processes that a contender may use")
    running.add_argument("--again", action="store_true", help="also what is done; the later counts")
    telling = verbs.add_parser("tables", help="print the tables of what the store holds")
    telling.add_argument("--write", action="store_true", help=f"write {report.RESULTS.name} in benchmarks/results")
    for verb in (running, telling):
        verb.add_argument("--contenders", nargs="+", default=list(CONTENDERS))
        verb.add_argument("--sets", nargs="+", help="names; all by default")
        verb.add_argument("--store", type=Path, default=store.STORE, help="the file of runs")
        verb.add_argument("--data", type=Path, default=os.environ.get("TUNESMITH_BENCHMARK_SERIES"),
                          help="the folder of series; or set TUNESMITH_BENCHMARK_SERIES")  # fmt: skip
    options = parser.parse_args()
    if options.verb == "install":
        ENVIRONMENTS.install(options.environments)
        return
    if options.data is None:
        parser.error("say where the series are: --data DIR, or set TUNESMITH_BENCHMARK_SERIES.")
    sets = read_sets(options.data)
    names = options.sets or list(sets)
    if options.verb == "run":
        _run(options, {name: sets[name] for name in names})
        return
    text = report.report(store.read(options.store), names, options.contenders)
    print(text)
    if options.write:
        report.RESULTS.write_text(text)


def _run(options: argparse.Namespace, sets: dict) -> None:
    for seconds in options.seconds:
        for name, series in sets.items():
            for contender in options.contenders:
                key = store.Key(name, contender, seconds)
                if key in store.read(options.store) and not options.again:
                    continue
                run = runner.run(CONTENDERS[contender], series, seconds, options.cores)
                store.append(key, run, options.store)
                print(f"{name} {contender} {seconds:g} s: MASE {run.mase:.4g}, sMAPE {run.smape:.4g} after "
                      f"{run.seconds:.1f} s {run.remark} {run.error[-300:]}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
