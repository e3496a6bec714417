"""Which trials there is something to learn from, and how they rank."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..history.history import History

Places = NDArray[np.intp]


def ranked(history: History) -> Places:
    """Return the numbers of the trials in the space that have a loss, the best first.

    Those that break a constraint come after those that do not, and pruned trials after complete ones: among themselves
    by how far they came, then by loss.
    """
    numbers = within(history, np.flatnonzero(np.isfinite(history.losses)))
    return numbers[np.lexsort((history.losses[numbers], -history.reach[numbers], history.violations[numbers]))]


def lost(history: History) -> Places:
    """Return the numbers of the trials in the space that ended without a loss."""
    unknown = np.flatnonzero(np.isnan(history.losses))
    return within(history, np.array([n for n in unknown if history.trials[n].state.settled], dtype=np.intp))


def pending(history: History) -> Places:
    """Return the numbers of the trials in the space that run or wait."""
    return within(history, np.array([t.number for t in (*history.running, *history.waiting)], dtype=np.intp))


def within(history: History, numbers: Places) -> Places:
    """Return those of some trials that lie in the space; the user's own configuration may not."""
    return numbers[~np.isnan(history.points_of(numbers)).all(axis=1)]
