"""Folds of the training rows for validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError
from .problem import Problem

HOLD_OUT_ROWS = 50_000
"""The number of rows above which one part is held out instead of folds."""
_MOST_HELD_OUT = 10_000
_FOLDS = 5
_STRATA = 10  # Ranges of a number that are spread evenly over folds of groups.


def assign_folds(
    problems: Sequence[Problem],
    target: Floats,
    *,
    seed: int,
    repeats: int = 1,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> np.ndarray:
    """Return the fold in which each row is held out.

    There are five folds up to 50,000 rows, above that one of a tenth of the rows, at most 10,000. Targets are spread
    evenly: classes by their shares, numbers by their ranks. A row that is alone in its class is never held out.

    Args:
        problems: What is predicted.
        target: Encoded, shape `(rows, problems)`.
        seed: The seed of the shuffle.
        repeats: The number of times that all rows are dealt anew; 1 above 50,000 rows and with `times`.
        groups: The group of each row as a code, shape `(rows,)`. No group is in two folds.
        times: The time of each row, ascending, shape `(rows,)`. Folds follow each other, and the first half of the
            rows is never held out; above 50,000 rows the last tenth is held out.

    Returns:
        Shape `(repeats, rows)`; -1 where a row is never held out, in all repeats alike.

    Raises:
        InputError: There are too few rows, groups or times to hold some out.
    """
    rows = len(target)
    if times is not None:
        assigned = _in_order(problems, target, times)[None]
    else:
        is_large = rows > HOLD_OUT_ROWS
        folds = rows // min(_MOST_HELD_OUT, rows // 10) if is_large else _FOLDS
        generators = [np.random.default_rng((seed, number)) for number in range(1 if is_large else repeats)]
        if groups is None:
            assigned = np.stack([_dealt(problems, target, min(folds, rows), random) for random in generators])
        else:
            assigned = np.stack([_grouped(problems, target, groups, folds, random) for random in generators])
        if rows > HOLD_OUT_ROWS:
            assigned[assigned > 0] = -1
    if not (assigned >= 0).any(axis=1).all():
        raise InputError(f"a table must have more rows, so that some can be held out for validation, got {rows}.")
    return assigned.astype(np.int8)


def _dealt(problems: Sequence[Problem], target: Floats, folds: int, random: np.random.Generator) -> np.ndarray:
    """Return folds dealt to the rows in the order of their targets, so that similar rows are in different folds."""
    rows = len(target)
    rarest = sorted(range(len(problems)), key=lambda index: _least(problems[index], target[:, index]))
    order = np.lexsort((random.random(rows), *(target[:, index] for index in reversed(rarest))))
    rounds = -(-rows // folds)
    if all(problem.is_classification for problem in problems):
        dealt = np.tile(random.permutation(folds), rounds)
    else:
        dealt = random.permuted(np.tile(np.arange(folds), (rounds, 1)), axis=1).ravel()
    assigned = np.empty(rows, dtype=np.int64)
    assigned[order] = dealt[:rows]
    for index, problem in enumerate(problems):
        if problem.is_classification:
            _keep_in_training(assigned, target[:, index], folds)
    return assigned


def _least(problem: Problem, target: Floats) -> float:
    """Return the number of rows of the rarest class; numbers come last."""
    return float(np.bincount(target.astype(int)).min()) if problem.is_classification else np.inf


def _keep_in_training(assigned: np.ndarray, classes: Floats, folds: int) -> None:
    """Change folds so that no class is held out as a whole: a single row of a class never is."""
    codes = classes.astype(int)
    counts = np.zeros((codes.max() + 1, folds + 1), dtype=int)  # The last one counts rows that are never held out.
    np.add.at(counts, (codes, assigned), 1)
    for code in np.flatnonzero(((counts > 0).sum(axis=1) == 1) & (counts[:, -1] == 0)):
        own = np.flatnonzero(codes == code)
        assigned[own[0]] = -1 if len(own) == 1 else (assigned[own[0]] + 1) % folds


def _grouped(
    problems: Sequence[Problem], target: Floats, groups: np.ndarray, folds: int, random: np.random.Generator
) -> np.ndarray:
    """Return folds of whole groups: each goes, the largest first, where it makes sizes and classes most even."""
    _, codes = np.unique(groups, return_inverse=True)
    sizes = np.bincount(codes)
    if len(sizes) < 2:
        raise InputError("the group column must have two or more values, got one.")
    folds = min(folds, len(sizes))
    if len(target) > HOLD_OUT_ROWS:
        return _grouped_part(codes, sizes, len(target) // folds, random)
    strata = _strata(problems[0], target[:, 0])
    counts = np.zeros((len(sizes), strata.max() + 2))
    np.add.at(counts, (codes, strata), 1.0)
    counts[:, -1] = sizes
    scaled = counts / np.maximum(counts.sum(axis=0), 1.0) ** 2
    totals = np.zeros((folds, counts.shape[1]))
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for group in np.lexsort((random.random(len(sizes)), -sizes)):
        fold_of[group] = np.argmin(totals @ scaled[group])
        totals[fold_of[group]] += counts[group]
    return fold_of[codes]


def _grouped_part(codes: np.ndarray, sizes: np.ndarray, rows: int, random: np.random.Generator) -> np.ndarray:
    """Return fold 0 for random groups of about so many rows, and 1 for the others."""
    order = random.permutation(len(sizes))
    taken = np.cumsum(sizes[order]) <= rows
    if not taken.any():
        taken[np.argmin(sizes[order])] = True
    fold_of = np.ones(len(sizes), dtype=np.int64)
    fold_of[order[taken]] = 0
    assigned: np.ndarray = fold_of[codes]
    return assigned


def _strata(problem: Problem, target: Floats) -> np.ndarray:
    """Return the class of each row, or the tenth of the rows in which its number lies."""
    if problem.is_classification:
        return target.astype(int)
    edges = np.quantile(target, np.linspace(0, 1, _STRATA + 1)[1:-1])
    return np.searchsorted(edges, target)


def _in_order(problems: Sequence[Problem], target: Floats, times: np.ndarray) -> np.ndarray:
    """Return folds that follow each other in time; rows of one time stay together."""
    rows = len(target)
    last = min(_MOST_HELD_OUT, rows // 10) if rows > HOLD_OUT_ROWS else rows // 2
    start = max(rows - last, _first_with_classes(problems, target))
    folds = 1 if rows > HOLD_OUT_ROWS else _FOLDS
    borders = np.linspace(start, rows, folds + 1).astype(int)[:-1]
    sides = np.searchsorted(times, times[np.minimum(borders, rows - 1)], side="left")
    borders = np.unique(sides[(sides > 0) & (borders < rows)])
    if not len(borders):
        raise InputError("the time column must have more different values, so that later rows can be held out.")
    assigned = np.full(rows, -1, dtype=np.int64)
    for fold, border in enumerate(borders):
        assigned[border:] = fold
    return assigned


def _first_with_classes(problems: Sequence[Problem], target: Floats) -> int:
    """Return the first row before which all classes have occurred, but for those that appear in the last fifth."""
    first = 1
    for index, problem in enumerate(problems):
        if problem.is_classification:
            _, seen = np.unique(target[:, index], return_index=True)
            first = max(first, *(int(row) + 1 for row in seen if row < 0.8 * len(target)))
    return first
