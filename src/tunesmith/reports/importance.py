"""The importance of the parameters, estimated from the trials.

A random forest predicts the rank of a configuration's loss from its encoded parameters. The importance of a parameter
is the increase in the out-of-bag error when that parameter is permuted (Breiman, "Random Forests", 2001, section 10).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Flags, Floats
from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording

LEAST_CONFIGURATIONS = 10
MOST_CONFIGURATIONS = 1000
TREES = 100


@dataclass(frozen=True)
class Importance:
    """The importance of each parameter.

    Args:
        shares: The share of each parameter, the most important first; they sum to 1. None where there is no estimate.
        quality: The out-of-bag R² of the forest: 1 is perfect, 0 no better than guessing; it can be negative.
        configurations: The number of configurations used, complete and pruned.
        reason: Why there is no estimate; empty where there is one.
    """

    shares: Mapping[str, float] | None
    quality: float | None
    configurations: int
    reason: str = ""

    @property
    def certainty(self) -> str:
        """How far the shares can be trusted, in a sentence."""
        quality = self.quality or 0.0
        advice = "it is little better than guessing, so do not rely on it"
        if quality >= 0.2:
            advice = "take the order as a hint"
        if quality >= 0.5:
            advice = "the order is credible, the shares are approximate"
        explained = wording.share(max(quality, 0.0))
        configurations = wording.count(self.configurations, "configuration")
        return (
            f"Estimated from {configurations} by a random forest, which explains {explained} of the variance of their "
            f"ranks (out of bag): {advice}."
        )


def importance(history: History, *, seed: int = 0) -> Importance:
    """Return the importance of each parameter for the loss.

    Losses are replaced by their ranks, because a forest that is fitted to raw losses learns nothing but the outliers.
    Pruned trials rank behind complete ones and behind those pruned later: without them, a study with a strict pruner
    would leave few trials to learn from, and only good ones. Repeats count as one configuration with their mean.
    Studies with more than `MOST_CONFIGURATIONS` are sampled, which bounds the time to a second or two.

    An inactive parameter is set to the middle of its range and is permuted among the active configurations only: its
    activity follows from its parents, so the effect of switching it on is theirs.

    Args:
        history: The study's history.
        seed: The seed of the forest and the permutations.
    """
    points, ranks = _configurations(history)
    if len(ranks) < LEAST_CONFIGURATIONS:
        reason = f"it takes {LEAST_CONFIGURATIONS} configurations with a result, and there are {len(ranks)}"
        return Importance(None, None, len(ranks), reason)
    if ranks.min() == ranks.max():
        return Importance(None, None, len(ranks), "all configurations have the same result")
    rng = np.random.default_rng(seed)
    if len(ranks) > MOST_CONFIGURATIONS:
        kept = np.sort(rng.choice(len(ranks), MOST_CONFIGURATIONS, replace=False))
        points, ranks = points[kept], ranks[kept]
    active = ~np.isnan(points)
    errors, quality = _permuted_errors(np.where(active, points, 0.5), active, ranks, rng, seed)
    if not errors.sum() > 0:
        return Importance(None, quality, len(ranks), "no parameter has an effect that stands out from chance")
    shares = errors / errors.sum()
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
    level_of = {result: level for level, result in enumerate(sorted(set(results)))}
    levels = np.array([level_of[result] for result in results], dtype=np.intp)
    counts = np.bincount(levels)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2
    return points, mean_ranks[levels] / max(len(results), 1)


def _result(losses: Floats, trials: list[Trial]) -> tuple[int, float]:
    """Return the sort key of a configuration: its last step (later is better), then its loss."""
    complete = [float(losses[trial.number]) for trial in trials if trial.state is State.COMPLETE]
    if complete:
        # Divided before the sum, which would overflow near the largest float.
        return (-sys.maxsize, math.fsum(loss / len(complete) for loss in complete))
    furthest = max(trials, key=lambda trial: trial.reports[-1].step)
    return (-furthest.reports[-1].step, float(losses[furthest.number]))


def _permuted_errors(
    points: Floats, active: Flags, ranks: Floats, rng: np.random.Generator, seed: int
) -> tuple[Floats, float]:
    """Return the mean increase in squared error by parameter, shape `(parameters,)`, at least 0, and the quality."""
    from sklearn.ensemble import RandomForestRegressor  # It takes a second, which a report of few trials saves.

    forest = RandomForestRegressor(TREES, max_features=0.5, min_samples_leaf=2, random_state=seed, oob_score=True)
    forest.fit(points, ranks)
    errors = np.zeros(points.shape[1])
    varying = [p for p in range(points.shape[1]) if np.ptp(points[:, p]) > 0]
    for tree, seen in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.setdiff1d(np.arange(len(ranks)), seen)
        if len(unseen) < 2:
            continue
        rows = points[unseen].astype(np.float32)
        error = np.mean((tree.predict(rows, check_input=False) - ranks[unseen]) ** 2)
        for column in varying:
            among = np.flatnonzero(active[unseen, column])
            before = rows[:, column].copy()
            rows[among, column] = before[rng.permutation(among)]
            errors[column] += np.mean((tree.predict(rows, check_input=False) - ranks[unseen]) ** 2) - error
            rows[:, column] = before
    return np.maximum(errors / TREES, 0.0), float(forest.oob_score_)
