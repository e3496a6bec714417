"""The gain from early stopping on real learning curves, with random proposals.

Configurations come from a table of curves in a random order, one at a time. Each is trained step by step until the
pruner stops it or it is complete. Only complete trainings count as results. The budget is in steps: 20 full trainings
are 20 times the steps of one.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith import plugins
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialReported, TrialStarted
from tunesmith.pruners.base import Pruner

BUDGETS = (20, 50, 100)
PRUNERS: dict[str, Any] = {
    "none": None,
    "median": "median",
    "curve": "curve",
    "hyperband": "hyperband",
    "asha": "asha",
    "asha, min_steps = 1": {"name": "asha", "min_steps": 1},
}
_WORST = 1.5

Curves = NDArray[np.float64]


def curves(data: Path) -> Iterator[tuple[str, str, Curves]]:
    """Yield each table's collection, name, and losses of shape `(configurations, steps)`, infinite where diverged."""
    for path in sorted((data / "hpo_taskset").glob("*.npz")):
        yield "TaskSet", path.stem, _finite_or_worst(np.load(path)["valid"])
    lcbench = np.load(data / "hpo_yahpo" / "lcbench" / "lcbench_table_12x1000x52.npz")
    for name, accuracy in zip(lcbench["instances"], lcbench["val_accuracy"], strict=True):
        yield "LCBench", str(name), _finite_or_worst(-accuracy)
    with gzip.open(data / "nas_nlp_rnn" / "nb_nlp_wikitext2.json.gz") as file:
        runs = [run["val"] for run in json.load(file)]
    length = max(map(len, runs))
    padded = [[*(np.nan if y is None else y for y in run), *[np.nan] * (length - len(run))] for run in runs]
    yield "NAS-Bench-NLP", "wikitext-2", _finite_or_worst(np.array(padded))


def regrets(losses: Curves, pruner: Pruner | None, seed: int) -> list[float]:
    """Return the normalised regret of the best complete training after each of the `BUDGETS`.

    Args:
        losses: Losses as returned by `curves`.
        pruner: The pruner, called after each step; None never stops.
        seed: The seed of the order of configurations.
    """
    ends, steps = losses[:, -1], losses.shape[1]
    least, median = ends.min(), np.median(ends)
    history = History(SearchSpace({"index": Int(0, len(losses) - 1)}), Objective.parse("minimize y"))
    results: list[tuple[int, float]] = []
    spent = 0
    for index in np.random.default_rng(seed).permutation(len(losses)):
        if spent >= BUDGETS[-1] * steps:
            break
        trained = _train(history, int(index), losses[index], pruner)
        spent += trained
        if trained == steps:
            results.append((spent, (ends[index] - least) / (median - least)))
    within = [[regret for when, regret in results if when <= budget * steps] for budget in BUDGETS]
    return [min([*regrets_then, _WORST]) for regrets_then in within]


def table(data: Path, seeds: Iterable[int] = range(10), collections: Iterable[str] | None = None) -> str:
    """Return a Markdown table: each pruner's mean regret after 20, 50 and 100 full trainings' worth of steps.

    Args:
        data: The folder with hpo_taskset, hpo_yahpo and nas_nlp_rnn.
        seeds: One order of configurations per seed.
        collections: The names of the collections; all by default.
    """
    seeds = list(seeds)
    wanted: dict[str, list[Curves]] = {}
    for collection, _, losses in curves(data):
        if collections is None or collection in collections:
            wanted.setdefault(collection, []).append(losses)
    heads = [f"{collection} {budget}" for collection in wanted for budget in BUDGETS]
    lines = ["| pruner | " + " | ".join(heads) + " |", "| --- |" + " ---: |" * len(heads)]
    for name, setting in PRUNERS.items():
        pruner = None if setting is None else plugins.resolve("pruners", setting)
        means = [
            np.mean([regrets(losses, pruner, seed) for losses in tables for seed in seeds], axis=0)
            for tables in wanted.values()
        ]
        lines.append(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in np.concatenate(means)) + " |")
    return "\n".join(lines)


def _train(history: History, index: int, curve: NDArray[np.float64], pruner: Pruner | None) -> int:
    """Train one configuration step by step; return how many steps it took."""
    number = len(history.trials)
    history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"index": index}), time=0.0))
    history.apply(TrialStarted(trial=number, attempt=1, time=0.0))
    for step, loss in enumerate(curve.tolist(), start=1):
        metrics = {"y": loss if np.isfinite(loss) else None}
        history.apply(TrialReported(trial=number, step=step, metrics=metrics, time=0.0))
        if pruner is not None and step < len(curve) and pruner.should_prune(history, history.trials[number]):
            final = {} if metrics["y"] is None else metrics
            history.apply(TrialFinished(trial=number, state=State.PRUNED, metrics=final, time=0.0))
            return step
    if metrics["y"] is None:
        failure = {"kind": "metric", "reason": "it diverged."}
        history.apply(TrialFinished(trial=number, state=State.FAILED, failure=Failure(**failure), time=0.0))
    else:
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics=metrics, time=0.0))
    return len(curve)


def _finite_or_worst(losses: NDArray[Any]) -> Curves:
    losses = losses.astype(np.float64)
    return np.where(np.isfinite(losses), losses, np.inf)
