"""Columns as arrays."""

import numpy as np
from scipy.special import softmax

LARGEST = float(np.finfo(np.float32).max)


def is_category(column):
    """Whether a column holds categories."""
    return str(column.dtype) == "category"


def encoded(frame):
    """Return numbers and the codes of categories, NaN where missing; shape (rows, columns)."""
    columns = [
        np.where(frame[name].cat.codes < 0, np.nan, frame[name].cat.codes)
        if is_category(frame[name])
        else np.clip(frame[name].to_numpy(dtype=float), -LARGEST, LARGEST)
        for name in frame
    ]
    return np.column_stack(columns).astype(np.float32)


def sets_of_levels(frame):
    """Return the positions of the columns that a booster treats as sets of levels."""
    return [i for i, name in enumerate(frame) if is_category(frame[name]) and len(frame[name].cat.categories) <= 1000]


def fills(frame, array):
    """Return what replaces missing values: -1 for categories, and for numbers the median.

    Where numbers are often missing, it is one below the least.
    """
    found = np.full(array.shape[1], -1, dtype=np.float32)
    for index, name in enumerate(frame):
        known = array[:, index][~np.isnan(array[:, index])]
        if is_category(frame[name]) or not len(known):
            continue
        least, most = float(known.min()), float(known.max())
        often = len(known) < 0.98 * len(array)
        found[index] = max(-LARGEST, least - max(1.0, (most - least) / 10)) if often else np.median(known)
    return found


def filled(array, values):
    """Return an array with its missing values replaced."""
    return np.where(np.isnan(array), values, array)


def all_classes(shares, known, classes):
    """Return the probabilities of all classes from those of the classes that a model has seen."""
    every = np.zeros((len(shares), classes))
    every[:, np.asarray(known, dtype=int)] = shares
    return every


def outputs(sums, classes):
    """Return probabilities from the sums of a booster, or the numbers."""
    sums = np.asarray(sums, dtype=float)
    if not classes:
        return sums.reshape(-1, 1)
    return softmax(np.column_stack([np.zeros(len(sums)), sums]) if classes == 2 else sums, axis=1)


def patience(rows, learning_rate):
    """Return the rounds without improvement after which a booster stops."""
    return round(max(20, min(100, 1_000_000 / max(rows, 1))) * max(1.0, 0.05 / learning_rate))
