"""`python -m benchmarks.tabular`: install the peers, run what is missing, print the tables."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from . import report, runner, store
from .environments import CONTENDERS, ENVIRONMENTS
from .tables import HELD_OUT, read_tables


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tabular", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    installing = verbs.add_parser("install", help="make the contenders' environments")
    installing.add_argument("environments", nargs="*", default=list(ENVIRONMENTS.requirements), help="all by default")
    running = verbs.add_parser("run", help="run what the store lacks, one contender at a time")
    running.add_argument("--seconds", type=float, nargs="+", default=[60.0], help="the budgets of a run")
    running.add_argument("--cores", type=int, default=2, help="threads and processes that a contender may use")
    running.add_argument("--again", action="store_true", help="also what is done; the later counts")
    telling = verbs.add_parser("tables", help="print the tables of what the store holds")
    telling.add_argument("--write", action="store_true", help=f"write {report.RESULTS.name} in benchmarks/results")
    for verb in (running, telling):
        verb.add_argument("--contenders", nargs="+", default=list(CONTENDERS))
        verb.add_argument("--tables", nargs="+", help="names, or open or held-out; all by default")
        verb.add_argument("--store", type=Path, default=store.STORE, help="the file of runs")
        verb.add_argument("--data", type=Path, default=os.environ.get("TUNESMITH_BENCHMARK_TABLES"),
                          help="the folder of tables; or set TUNESMITH_BENCHMARK_TABLES")  # fmt: skip
    options = parser.parse_args()
    if options.verb == "install":
        ENVIRONMENTS.install(options.environments)
        return
    if options.data is None:
        parser.error("say where the tables are: --data DIR, or set TUNESMITH_BENCHMARK_TABLES.")
    tables = read_tables(options.data)
    groups = {"held-out": HELD_OUT, "open": [name for name in tables if name not in HELD_OUT]}
    names = [name for asked in options.tables or tables for name in groups.get(asked, [asked])]
    if options.verb == "run":
        _run(options, {name: tables[name] for name in names})
        return
    installed = {name: ENVIRONMENTS.installed_mb(CONTENDERS[name].environment) for name in options.contenders}
    text = report.report(
        store.read(options.store), {name: tables[name] for name in names}, options.contenders, installed
    )
    print(text)
    if options.write:
        report.RESULTS.write_text(text)


def _run(options: argparse.Namespace, tables: dict) -> None:
    for seconds in options.seconds:
        for name, table in tables.items():
            for contender in options.contenders:
                key = store.Key(name, contender, seconds)
                if key in store.read(options.store) and not options.again:
                    continue
                run = runner.run(CONTENDERS[contender], table, seconds, options.cores)
                store.append(key, run, options.store)
                print(f"{name} {contender} {seconds:g} s: loss {run.loss:.5g} after {run.seconds:.1f} s, "
                      f"{run.ms_per_1000_rows:.0f} ms per 1,000 rows {run.error[-300:]}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
