"""Dealing rows to folds."""

import numpy as np


def assign_folds(target, classes, seed, repeat=0):
    """Return the fold in which each row is held out: five, or above 50,000 rows one of a tenth; -1 for the others.

    Rows are dealt in the order of their targets, so that similar ones are in different folds.
    """
    rows = len(target)
    random = np.random.default_rng((seed, repeat))
    folds = rows // min(10_000, rows // 10) if rows > 50_000 else min(5, rows)
    order = np.lexsort((random.random(rows), target))
    rounds = -(-rows // folds)
    if classes:
        dealt = np.tile(random.permutation(folds), rounds)
    else:
        dealt = random.permuted(np.tile(np.arange(folds), (rounds, 1)), axis=1).ravel()
    fold = np.empty(rows, dtype=int)
    fold[order] = dealt[:rows]
    return np.where(fold > 0, -1, 0) if rows > 50_000 else fold


def splits(fold, ordered=False):
    """Return the rows to train on and those held out, for each fold."""
    parts = [np.flatnonzero(fold == number) for number in range(fold.max() + 1)]
    return [
        (np.arange(held_out[0]) if ordered else np.flatnonzero(fold != fold[held_out[0]]), held_out)
        for held_out in parts
        if len(held_out)
    ]
