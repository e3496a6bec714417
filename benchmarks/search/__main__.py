"""`python -m benchmarks.search`: install the peers, run what is missing, print the tables."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from . import environments, references, report, runner, store
from .problems import SETS

PEERS = ("optuna:tpe", "optuna:tpe-multivariate", "optuna:gp", "flaml:blendsearch", "smac:hpo")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    installing = verbs.add_parser("install", help="make the peers' environments")
    installing.add_argument("peers", nargs="*", default=list(environments.PEERS), help="which; all by default")
    running = verbs.add_parser("run", help="run what the store lacks")
    running.add_argument("--contenders", nargs="+", default=["random", "tunesmith", *PEERS], help="as optuna:tpe")
    running.add_argument("--problems", nargs="+", default=["judging"], help="names, or tuning or judging")
    running.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    running.add_argument("--slots", type=int, nargs="+", default=[1, 4, 12], help="how many trials run at once")
    running.add_argument("--trials", type=int, help="how long a run is, by default 100, with several slots 150; "
                         "with a pruner: whole trainings' worth of steps")  # fmt: skip
    running.add_argument("--jobs", type=int, default=1, help="how many processes")
    running.add_argument("--again", action="store_true", help="also what is done; the later counts")
    running.add_argument("--store", type=Path, default=store.STORE, help="the file of runs")
    telling = verbs.add_parser("tables", help="print the tables of what the store holds")
    telling.add_argument("--contenders", nargs="+", help="which; all by default")
    telling.add_argument("--problems", nargs="+", default=["judging"], help="names, or tuning or judging")
    telling.add_argument("--seeds", type=int, nargs="+", help="which; by default all that are there")
    telling.add_argument("--store", type=Path, default=store.STORE, help="the file of runs")
    telling.add_argument("--write", action="store_true", help=f"write {report.RESULTS.name} in benchmarks/results")
    measuring = verbs.add_parser("references", help="measure what counts as good on the real trainings")
    measuring.add_argument("--draws", type=int, default=2000, help="random configurations; 0 looks at the store alone")
    measuring.add_argument("--store", type=Path, default=store.STORE, help="the file of runs")
    for verb in (running, telling):
        verb.add_argument("--data", type=Path, default=os.environ.get("TUNESMITH_BENCHMARK_DATA"),
                          help="the folder of tables; or set TUNESMITH_BENCHMARK_DATA")  # fmt: skip
    options = parser.parse_args()
    if options.verb in ("run", "tables") and options.data is None:
        parser.error("say where the tables are: --data DIR, or set TUNESMITH_BENCHMARK_DATA.")
    if options.verb == "install":
        environments.install(options.peers)
    elif options.verb == "references":
        if options.draws:
            references.measure(options.draws)
        references.improve(store.least_losses(store.read(options.store)))
    elif options.verb == "run":
        planned = runner.plan(
            _named(options.problems), options.contenders, options.slots, options.seeds, options.trials
        )
        runner.run(planned, data=options.data, jobs=options.jobs, again=options.again, store=options.store)
    else:
        records = {
            key: record
            for key, record in store.read(options.store).items()
            if options.seeds is None or key.seed in options.seeds
        }
        text = report.report(records, options.data, _named(options.problems), options.contenders)
        print(text)
        if options.write:
            report.RESULTS.write_text(text)


def _named(names: list[str]) -> list[str]:
    return [problem for name in names for problem in SETS.get(name, (name,))]


if __name__ == "__main__":
    main()
