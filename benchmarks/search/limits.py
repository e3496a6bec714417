"""`python -m benchmarks.search.limits`: trials wasted on failures and violated bounds, and the fronts that are found.

Prints three tables in Markdown. All searches run serially, on problems that need no other library.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.core.objective import Metric, Objective
from tunesmith.core.pareto import hypervolume
from tunesmith.core.trial import TrialFailed
from tunesmith.history.history import History
from tunesmith.testing.problems import Problem
from tunesmith.testing.searches import search

from .limited_problems import bounded, out_of_memory, two_metrics
from .problems import BenchProblem, problems

RESULTS = Path(__file__).parents[1] / "results" / "limits.md"
PROPOSERS = ("random", "evolution", "tpe", "region", "gp", "portfolio")
REAL = "lcbench_126026"  # In the tuning set.
FIRST = 20  # These trials may fail, as the search has to learn from failures.

Floats = NDArray[np.float64]


def wasted(history: History) -> float:
    """Return the share of the trials after the first 20 that failed or violated a bound."""
    return float(np.mean(~(history.violations[FIRST:] == 0)))


def least(history: History, trials: int) -> float:
    """Return the lowest loss of the first trials that neither failed nor violated a bound, or infinity."""
    losses, feasible = history.losses[:trials], history.violations[:trials] == 0
    return float(losses[feasible].min(initial=np.inf))


def failures(seeds: Sequence[int], names: Iterable[str] = PROPOSERS) -> str:
    """Return the table of problems that run out of memory."""
    return _limits_table(out_of_memory(), seeds, names, trials=80, word="failed")


def bounds(seeds: Sequence[int], real: BenchProblem | None, names: Iterable[str] = PROPOSERS) -> str:
    """Return the table of problems with a bound."""
    return _limits_table(bounded(real), seeds, names, trials=60, word="not allowed")


def fronts(seeds: Sequence[int], real: BenchProblem | None, names: Iterable[str] = PROPOSERS) -> str:
    """Return the table of fronts: the dominated volume, as a share of that of all searches together."""
    sizes, front_problems = (30, 60), two_metrics(real)
    lines: dict[str, list[str]] = {}
    for problem in front_problems:
        drawn = np.array(_random_values(problem))
        corner, weights = np.median(drawn, axis=0), (1 / drawn.std(axis=0)).tolist()
        names_of = [metric.name for metric in problem.objective.metrics]
        summed = Objective(tuple(Metric(name, weight=weight) for name, weight in zip(names_of, weights, strict=True)))
        rows = {name: (name, problem) for name in names}
        rows["gp, on a weighted sum"] = ("gp", replace(problem, objective=summed))
        values = {
            row: [search(searched, name, seed=seed, trials=sizes[-1]).values for seed in seeds]
            for row, (name, searched) in rows.items()
        }
        whole = hypervolume(np.concatenate([run for runs in values.values() for run in runs]), corner)
        for row, runs in values.items():
            shares = [np.mean([hypervolume(run[:size], corner) for run in runs]) / whole for size in sizes]
            lines.setdefault(row, []).extend(f"{share:.3f}" for share in shares)
    heads = [f"{problem.name}, {size} trials" for problem in front_problems for size in sizes]
    return _markdown(["proposer", *heads], [[row, *cells] for row, cells in lines.items()])


def _limits_table(
    limited: Sequence[Problem], seeds: Sequence[int], names: Iterable[str], *, trials: int, word: str
) -> str:
    rows = []
    for name in names:
        shares, regrets = [], []
        for problem in limited:
            histories = [search(problem, name, seed=seed, trials=trials) for seed in seeds]
            middle = _middle(problem)
            shares.append(np.mean([wasted(history) for history in histories]))
            regrets.append(np.mean([_regret(problem, least(history, trials), middle) for history in histories]))
        cells = [f"{share:.1%}, {regret:.3f}" for share, regret in zip(shares, regrets, strict=True)]
        rows.append([name, f"{np.mean(shares):.1%}, {np.mean(regrets):.3f}", *cells])
    heads = [problem.name.removeprefix("failing ") for problem in limited]
    return _markdown([f"{word} after {FIRST}, regret at {trials}", "mean", *heads], rows)


def _regret(problem: Problem, loss: float, middle: float) -> float:
    """Return a loss on a scale on which 0 is the optimum and 1 the median of random trials, clipped at 1.5."""
    return float(np.clip((loss - problem.optimum) / (middle - problem.optimum), 0.0, 1.5))


def _middle(problem: Problem) -> float:
    return float(np.median([values[0] for values in _random_values(problem)]))


def _random_values(problem: Problem, count: int = 500) -> list[tuple[float, ...]]:
    """Return the metrics of random trials, without those that fail or violate a bound."""
    rng, values = np.random.default_rng(0), []
    for _ in range(count):
        try:
            metrics = problem.evaluate(problem.space.sample(rng), 0)
        except TrialFailed:
            continue
        if problem.objective.violation(metrics) == 0:
            values.append(problem.objective.values(metrics))
    return values


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search.limits", description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TUNESMITH_BENCHMARK_DATA"),
                        help="the folder of tables; without it, the real trainings are left out")  # fmt: skip
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    options = parser.parse_args()
    real = None if options.data is None else problems(Path(options.data))[REAL]
    parts: list[tuple[str, str, Callable[[], str]]] = [
        ("A third of the volume runs out of memory", _FAILURES, lambda: failures(options.seeds)),
        ("A metric has a bound", _BOUNDS, lambda: bounds(options.seeds, real)),
        ("Two objectives", _FRONTS, lambda: fronts(options.seeds, real)),
    ]
    text = f"# Limits and fronts\n\nMeans over {len(options.seeds)} seeds; from `python -m benchmarks.search.limits`.\n"
    for title, notes, table in parts:
        text += f"\n## {title}\n\n{notes}\n\n{table()}\n"
    print(text)
    if options.write:
        RESULTS.write_text(text)


_FAILURES = """Goal: at most 10 % failed trials after the first 20. The regret is that of the best trial: 0 is the best
that does not fail, and 1 the median of random trials. *Best at its edge*: beyond the edge, where trials fail, the loss
would be even lower."""
_BOUNDS = """The share of trials that violate a bound, and the regret of the best that does not. Such a trial is not
wasted: the size of the violation shows where the bound holds."""
_FRONTS = """The dominated volume, up to the median of random trials, as a share of what all searches of the table
dominate together. *gp* maximises the expected gain in it; in a weighted sum, each metric is divided by its standard
deviation."""

if __name__ == "__main__":
    main()
