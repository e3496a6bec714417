"""`python -m benchmarks.advice`: the gain from a language model's advice, and the cost of bad advice.

Scripted models of every quality (`tunesmith.testing.oracles`), and real ones (`--model`), advise the default proposer
over HTTP, on the tables of `benchmarks.search`. Each run is paired with a run of the same seed without a model.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tunesmith.testing.oracles import ORACLES

from .machine import describe
from .search import runner, store
from .search.problems import SETS, BenchProblem, problems
from .search.statistics import Floats, best_after, over_problems
from .search.store import Key, Record

RESULTS = Path(__file__).parent / "results" / "advice.md"
STORE = Path(__file__).parent / ".store" / "advice.jsonl"
TRIALS = 50
CHECKPOINTS = (10, 25, 50)
ALONE = "tunesmith"

Records = Mapping[Key, Record]


def tables_of(chosen: str) -> list[str]:
    """Return the tabular problems of a set; the real trainings would have to run four hundred times more."""
    return [name for name in SETS[chosen] if not name.startswith(("sklearn", "nas"))]


def real_models(arguments: argparse.Namespace) -> list[str]:
    """Return the contenders that real models advise, each with and without the names of the parameters."""
    arms = []
    for text in arguments.model:
        model = json.loads(text) if text.startswith("{") else text
        for hidden in (False, True) if arguments.hide_names else (False,):
            options = {"model": model, "usd": arguments.usd} | ({"hidden": True} if hidden else {})
            arms.append(f"advised:model{json.dumps(options)}")
    return arms


def label(arm: str) -> str:
    """Return the name of a contender in the table.

    >>> label('advised:model{"model": "ollama:llama3.3", "usd": 1.0, "hidden": true}')
    'advised, ollama:llama3.3, names hidden'
    """
    _, _, options = arm.partition("model{")
    if not options:
        return arm.replace(":", ", ")
    settings = json.loads("{" + options)
    name = settings["model"] if isinstance(settings["model"], str) else settings["model"]["name"]
    return f"advised, {name}{', names hidden' if settings.get('hidden') else ''}"


def report(records: Records, known: Mapping[str, BenchProblem], arms: Sequence[str], seeds: Sequence[int]) -> str:
    """Return the table; the first arm is the one without a model."""
    pairs = [
        (name, seed)
        for name in known
        for seed in seeds
        if all(Key(name, arm, 1, seed, TRIALS) in records for arm in arms)
    ]
    names = [name for name in known if any(pair[0] == name for pair in pairs)]
    groups = [known[name].group for name in names]
    values = [np.array([_regrets(records, known[n], arm, pairs) for arm in arms]) for n in names]
    figures = over_problems(values, groups)
    costs = over_problems([arm_values - arm_values[:1] for arm_values in values], groups)
    goal = figures.mean[0, -1]
    lines = [
        "# The value of advice\n",
        describe() + "\n",
        f"Mean normalised regret ({len(names)} tables, {len(pairs)} pairs). *Cost* is the difference to the same seeds "
        f"without a model after {TRIALS} trials, with a 95 % interval over problems; *as good after* is the first "
        f"number of trials at which the mean is no worse than that without a model after {TRIALS}.\n",
        f"|  | {' | '.join(f'{count} trials' for count in CHECKPOINTS)} | cost | as good after | proposing, s per 50 |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    every = [np.array([_regrets(records, known[n], arm, pairs, range(1, TRIALS + 1)) for arm in arms]) for n in names]
    curves = over_problems(every, groups, draws=1).mean
    for index, arm in enumerate(arms):
        cells = " | ".join(f"{mean:.3f}" for mean in figures.mean[index])
        low, middle, high = (part[index, -1] for part in (costs.low, costs.mean, costs.high))
        cost = "" if arm == ALONE else f"{middle:+.3f} [{low:+.3f}, {high:+.3f}]"
        reached = np.flatnonzero(curves[index] <= goal + 1e-12)
        seconds = np.median([records[Key(n, arm, 1, seed, TRIALS)].proposing for n, seed in pairs])
        lines.append(f"| {label(arm)} | {cells} | {cost} | {reached[0] + 1 if reached.size else 'not'} "
                     f"| {seconds:.2f} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _regrets(
    records: Records,
    problem: BenchProblem,
    arm: str,
    pairs: Sequence[tuple[str, int]],
    checkpoints: Sequence[int] = CHECKPOINTS,
) -> Floats:
    """Return the mean regret at each checkpoint over a problem's seeds, shape `(checkpoints,)`."""
    runs = [records[Key(name, arm, 1, seed, TRIALS)] for name, seed in pairs if name == problem.name]
    return np.mean([[problem.regret(best_after(run, count)) for count in checkpoints] for run in runs], axis=0)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.advice", description=__doc__)
    parser.add_argument("--problems", choices=sorted(SETS), default="judging")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--oracles", nargs="*", default=list(ORACLES), choices=ORACLES)
    parser.add_argument("--model", action="append", default=[], metavar="NAME",
                        help="also a real model, as ollama:llama3.3, or a table in JSON")  # fmt: skip
    parser.add_argument("--hide-names", action="store_true", help="and again with the parameters named p1, p2, ...")
    parser.add_argument("--usd", type=float, default=1.0, help="the most that a run with a real model may spend")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--again", action="store_true", help="also what is done; the later counts")
    parser.add_argument("--store", type=Path, default=STORE, help="the file of runs")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    parser.add_argument("--data", type=Path, default=os.environ.get("TUNESMITH_BENCHMARK_DATA"),
                        help="the folder of tables; or set TUNESMITH_BENCHMARK_DATA")  # fmt: skip
    arguments = parser.parse_args()
    if arguments.data is None:
        parser.error("say where the tables are: --data DIR, or set TUNESMITH_BENCHMARK_DATA.")
    names = tables_of(arguments.problems)
    arms = [ALONE, *(f"advised:{name}" for name in arguments.oracles), *real_models(arguments)]
    wanted = runner.plan(names, arms, [1], arguments.seeds, TRIALS)
    runner.run(wanted, data=arguments.data, jobs=arguments.jobs, again=arguments.again, store=arguments.store)
    known = {name: problem for name, problem in problems(arguments.data).items() if name in names}
    text = report(store.read(arguments.store), known, arms, arguments.seeds)
    print(text)
    if arguments.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
