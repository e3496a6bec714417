"""Which parameters matter, judged from the trials that ran.

A random forest learns the rank of a configuration's loss from its encoded parameters; a parameter's importance is how
much worse the trees predict the configurations they have not seen once that parameter is shuffled (Breiman, "Random
Forests", 2001, section 10: out-of-bag permutation importance).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor

from ..core.trial import State, Trial
from ..history.history import History

LEAST_CONFIGURATIONS = 10
MOST_CONFIGURATIONS = 1000
TREES = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """What each parameter contributes.

    Args:
        shares: By parameter, the most important first; they sum to 1. None where nothing can be said.
        quality: The share of the ranks' variance that the forest predicts on configurations it has not seen
            (out-of-bag R²): 1 is perfect, 0 no better than guessing, and it can be negative.
        configurations: How many were looked at, complete and pruned.
        reason: Why there are no shares; empty where there are.
    """

    shares: Mapping[str, float] | None
    quality: float | None
    configurations: int
    reason: str = ""


def importance(history: History, *, seed: int = 0) -> Importance:
    """Return how much each parameter matters for the loss.

    Losses are replaced by ranks: a single loss of 1e300, or a metric over many decades, would otherwise be all that
    the forest learns. A pruned trial ranks behind the complete ones and behind what was pruned later, since it was
    stopped for being worse; without them a study with a keen pruner would have little to learn from, and only from
    good trials. The repeats of a configuration count as one, with their mean. More than `MOST_CONFIGURATIONS` are
    sampled, which bounds the time to a second or two.

    A parameter that is not active stands at the middle of its range, not at a value of its own: whether it is
    active follows from its parents, and so the effect of switching it on is theirs. It is shuffled only among the
    configurations in which it is active.

    Args:
        history: All that is known.
        seed: Of the forest and the shuffling; the same seed gives the same shares.

    Returns:
        The shares, or the reason why there are none.
    """
    points, ranks = _configurations(history)
    if len(ranks) < LEAST_CONFIGURATIONS:
        reason = f"it takes {LEAST_CONFIGURATIONS} configurations with a result, and there are {len(ranks)} so far"
        return Importance(None, None, len(ranks), reason)
    if ranks.min() == ranks.max():
        return Importance(None, None, len(ranks), "every configuration came to the same result")
    rng = np.random.default_rng(seed)
    if len(ranks) > MOST_CONFIGURATIONS:
        kept = np.sort(rng.choice(len(ranks), MOST_CONFIGURATIONS, replace=False))
        points, ranks = points[kept], ranks[kept]
    active = ~np.isnan(points)
    gains, quality = _shuffled(np.where(active, points, 0.5), active, ranks, rng, seed)
    if not gains.sum() > 0:
        reason = "no parameter's effect can be told from chance"
        return Importance(None, quality, len(ranks), reason)
    shares = gains / gains.sum()
    order = np.argsort(-shares, kind="stable")
    return Importance({history.space.names[p]: float(shares[p]) for p in order}, quality, len(ranks))


def _configurations(history: History) -> tuple[Floats, Floats]:
    """Return points of shape `(configurations, parameters)` and ranks of shape `(configurations,)` in (0, 1]."""
    groups: dict[str, list[Trial]] = {}
    points, losses = history.points, history.losses
    known = ~np.isnan(losses) & ~np.isnan(points).all(axis=1)
    for trial in history.trials:
        ended = trial.state is State.COMPLETE or (trial.state is State.PRUNED and trial.reports)
        if known[trial.number] and ended:
            groups.setdefault(history.space.key(trial.parameters), []).append(trial)
    points = points[[trials[0].number for trials in groups.values()]]
    results = [_result(losses, trials) for trials in groups.values()]
    places = {result: place for place, result in enumerate(sorted(set(results)))}
    return points, rankdata([places[result] for result in results]) / max(len(results), 1)


def _result(losses: Floats, trials: list[Trial]) -> tuple[int, float]:
    """Return what a configuration is ranked by: how far it got (further is less), then its loss."""
    complete = [float(losses[trial.number]) for trial in trials if trial.state is State.COMPLETE]
    if complete:
        # Each loss is divided before the sum, which would overflow near the largest float.
        return (-sys.maxsize, math.fsum(loss / len(complete) for loss in complete))
    furthest = max(trials, key=lambda trial: trial.reports[-1].step)
    return (-furthest.reports[-1].step, float(losses[furthest.number]))


def _shuffled(
    points: Floats, active: NDArray[np.bool_], ranks: Floats, rng: np.random.Generator, seed: int
) -> tuple[Floats, float]:
    """Return the mean gain in squared error by parameter, shape `(parameters,)`, at least 0, and the quality."""
    forest = RandomForestRegressor(TREES, max_features=0.5, min_samples_leaf=2, random_state=seed, oob_score=True)
    forest.fit(points, ranks)
    gains = np.zeros(points.shape[1])
    varying = [p for p in range(points.shape[1]) if np.ptp(points[:, p]) > 0]
    for tree, seen in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.setdiff1d(np.arange(len(ranks)), seen)
        if len(unseen) < 2:
            continue
        rows = points[unseen].astype(np.float32)
        error = np.mean((tree.predict(rows, check_input=False) - ranks[unseen]) ** 2)
        for place in varying:
            among = np.flatnonzero(active[unseen, place])
            before = rows[:, place].copy()
            rows[among, place] = before[rng.permutation(among)]
            gains[place] += np.mean((tree.predict(rows, check_input=False) - ranks[unseen]) ** 2) - error
            rows[:, place] = before
    return np.maximum(gains / TREES, 0.0), float(forest.oob_score_)
