"""Which parameters matter, judged from the trials that ran.

A random forest learns the rank of a configuration's loss from its encoded parameters; a parameter's importance is how
much worse the trees predict the configurations they have not seen once that parameter is shuffled (Breiman, "Random
Forests", 2001, section 10: out-of-bag permutation importance).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor

from ..history import History
from ..trial import State

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
        configurations: How many were looked at.
        reason: Why there are no shares; empty where there are.
    """

    shares: Mapping[str, float] | None
    quality: float | None
    configurations: int
    reason: str = ""


def importance(history: History, *, seed: int = 0) -> Importance:
    """Return how much each parameter matters for the loss.

    Only complete trials count, since a pruned trial's last report came earlier than the others'; the repeats of a
    configuration count as one, with their mean. Losses are replaced by their ranks: a single loss of 1e300, or a
    metric over many decades, would otherwise be all that the forest learns. More than `MOST_CONFIGURATIONS` are
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
    points, losses = _configurations(history)
    if len(losses) < LEAST_CONFIGURATIONS:
        reason = f"it takes {LEAST_CONFIGURATIONS} complete configurations, and there are {len(losses)} so far"
        return Importance(None, None, len(losses), reason)
    if losses.min() == losses.max():
        return Importance(None, None, len(losses), "every configuration came to the same result")
    rng = np.random.default_rng(seed)
    if len(losses) > MOST_CONFIGURATIONS:
        kept = np.sort(rng.choice(len(losses), MOST_CONFIGURATIONS, replace=False))
        points, losses = points[kept], losses[kept]
    active = ~np.isnan(points)
    ranks = rankdata(losses) / len(losses)
    gains, quality = _shuffled(np.where(active, points, 0.5), active, ranks, rng, seed)
    if not gains.sum() > 0:
        reason = "no parameter's effect can be told from chance"
        return Importance(None, quality, len(losses), reason)
    shares = gains / gains.sum()
    order = np.argsort(-shares, kind="stable")
    return Importance({history.space.names[p]: float(shares[p]) for p in order}, quality, len(losses))


def _configurations(history: History) -> tuple[Floats, Floats]:
    """Return points of shape `(configurations, parameters)` and mean losses of shape `(configurations,)`."""
    groups: dict[str, list[int]] = {}
    for trial in history.trials:
        known = not (math.isnan(history.losses[trial.number]) or np.isnan(history.points[trial.number]).all())
        if trial.state is State.COMPLETE and known:
            groups.setdefault(history.space.key(trial.parameters), []).append(trial.number)
    points = np.array([history.points[numbers[0]] for numbers in groups.values()])
    # Each loss is divided before the sum, which would overflow near the largest float.
    losses = np.array([np.sum(history.losses[numbers] / len(numbers)) for numbers in groups.values()])
    return points, losses


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
