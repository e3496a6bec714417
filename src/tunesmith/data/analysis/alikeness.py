"""How alike the rows of a group are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.arrays import Floats, Indices


@dataclass(frozen=True)
class Alikeness:
    """The intraclass correlation of a column within groups.

    Args:
        correlation: 0 if the rows of a group are no more alike than any others, 1 if they are equal.
        chance: How probable a correlation as large as this is without groups.
    """

    correlation: float
    chance: float


def alikeness(values: Floats, groups: Indices) -> Alikeness:
    """Return how alike the rows of a group are: the intraclass correlation of a one-way analysis of variance.

    Args:
        values: Shape `(rows,)`; NaN is left out.
        groups: The group of each row, from 0, shape `(rows,)`.

    Returns:
        The correlation ICC(1) for groups of unequal size (Donner, 1986, section 2), with the chance of its F test.
    """
    from scipy.stats import f as f_distribution
    from scipy.stats import rankdata

    known = ~np.isnan(values)
    if known.sum() < 3:
        return Alikeness(0.0, 1.0)
    ranks = rankdata(values[known])
    _, numbers, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    rows, many = len(ranks), len(sizes)
    if many < 2 or rows == many or ranks.min() == ranks.max():
        return Alikeness(0.0, 1.0)
    means = np.bincount(numbers, ranks) / sizes
    within = float(((ranks - means[numbers]) ** 2).sum() / (rows - many))
    between = float((sizes * (means - ranks.mean()) ** 2).sum() / (many - 1))
    if within <= 1e-12 * between:
        return Alikeness(1.0, 0.0)
    usual = (rows - (sizes**2).sum() / rows) / (many - 1)
    correlation = (between - within) / (between + (usual - 1) * within)
    return Alikeness(float(correlation), float(f_distribution.sf(between / within, many - 1, rows - many)))


def smoothness(values: Floats, groups: Indices) -> float:
    """Return the correlation of the means of neighbouring groups; near 0 where the order of groups says nothing.

    The groups of a measured number are ordered, those of a key are not.

    Args:
        values: Shape `(rows,)`; NaN is left out.
        groups: The group of each row, from 0, ordered by the value that names it; shape `(rows,)`.
    """
    known = ~np.isnan(values)
    _, numbers, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    means = np.bincount(numbers, values[known]) / sizes
    if len(means) < 4 or means[1:].std() == 0 or means[:-1].std() == 0:
        return 0.0
    return float(np.corrcoef(means[1:], means[:-1])[0, 1])
