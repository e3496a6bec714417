"""The share of each class, or the mean."""

import numpy as np


def prior(train, target, held_out, held_out_target, *, classes, weight, seed):
    """Look at the target alone."""
    weight = np.ones(len(target)) if weight is None else weight
    if not classes:
        outputs = np.array([np.average(target, weights=weight)])
    else:
        counts = np.bincount(target.astype(int), weights=weight, minlength=classes) + 1
        outputs = counts / counts.sum()
    return lambda frame: np.tile(outputs, (len(frame), 1))
