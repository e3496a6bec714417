"""Splits of the training rows for validation."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Floats
from .problem import Problem

Fold = tuple[np.ndarray, np.ndarray]
"""The rows to train on and those to predict, as indices."""

_HOLD_OUT_ROWS = 20_000
_MOST_HELD_OUT = 10_000


def folds(problem: Problem, target: Floats, *, seed: int) -> list[Fold]:
    """Return the folds: five up to 20,000 rows, above that one hold-out of a tenth.

    Args:
        problem: Classes are spread evenly over the folds.
        target: Encoded, shape `(rows,)`.
        seed: The seed of the shuffle, the same for all trials, so that their predictions can be combined.
    """
    from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

    rows = np.zeros(len(target))
    if len(target) > _HOLD_OUT_ROWS:
        held_out = min(_MOST_HELD_OUT, len(target) // 10)
        split = StratifiedShuffleSplit if problem.is_classification else ShuffleSplit
        return list(split(n_splits=1, test_size=held_out, random_state=seed).split(rows, target))
    least = int(np.bincount(target.astype(int)).min()) if problem.is_classification else len(target)
    count = min(5, len(target))
    if problem.is_classification and least >= 2:
        return list(StratifiedKFold(min(count, least), shuffle=True, random_state=seed).split(rows, target))
    return list(KFold(count, shuffle=True, random_state=seed).split(rows))
