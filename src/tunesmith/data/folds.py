"""Folds of the training rows for validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.arrays import Floats
from .problem import Problem

_HOLD_OUT_ROWS = 20_000
_MOST_HELD_OUT = 10_000
_FOLDS = 5


def assign_folds(problems: Sequence[Problem], target: Floats, *, seed: int) -> np.ndarray:
    """Return the fold in which each row is held out: five up to 20,000 rows, above that one of a tenth of the rows.

    Args:
        problems: Classes are spread evenly over the folds if there is one problem.
        target: Encoded, shape `(rows, problems)`.
        seed: The seed of the shuffle.

    Returns:
        Shape `(1, rows)`; -1 where a row is never held out.
    """
    from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

    rows = len(target)
    features, classes = np.zeros(rows), target[:, 0]
    stratified = len(problems) == 1 and problems[0].is_classification
    least = int(np.bincount(classes.astype(int)).min()) if stratified else 0
    if rows > _HOLD_OUT_ROWS:
        size = min(_MOST_HELD_OUT, rows // 10)
        split = StratifiedShuffleSplit if least >= 2 else ShuffleSplit
        splits = split(n_splits=1, test_size=size, random_state=seed).split(features, classes)
    elif least >= 2:
        splits = StratifiedKFold(min(_FOLDS, least), shuffle=True, random_state=seed).split(features, classes)
    else:
        splits = KFold(min(_FOLDS, rows), shuffle=True, random_state=seed).split(features)
    assigned = np.full((1, rows), -1, dtype=np.int8)
    for fold, (_, held_out) in enumerate(splits):
        assigned[0, held_out] = fold
    return assigned
