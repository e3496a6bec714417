"""Trials of a history that a surrogate can learn from, and their ranking."""

from __future__ import annotations

import numpy as np

from ..core.arrays import Indices
from ..history.history import History


def ranked_trials(history: History) -> Indices:
    """Return the numbers of the trials in the space that have a loss, the best first.

    Feasible trials come first, then complete before pruned ones; pruned trials rank by their last step, then by loss.
    """
    numbers = in_space(history, np.flatnonzero(np.isfinite(history.losses)))
    return numbers[np.lexsort((history.losses[numbers], -history.reach[numbers], history.violations[numbers]))]


def failed_trials(history: History) -> Indices:
    """Return the numbers of the trials in the space that ended without a loss."""
    unknown = np.flatnonzero(np.isnan(history.losses))
    return in_space(history, np.array([n for n in unknown if history.trials[n].state.settled], dtype=np.intp))


def pending_trials(history: History) -> Indices:
    """Return the numbers of the trials in the space that are running or waiting."""
    return in_space(history, np.array([t.number for t in (*history.running, *history.waiting)], dtype=np.intp))


def in_space(history: History, numbers: Indices) -> Indices:
    """Return those of some trials that lie in the space; the user's own configuration may not."""
    return numbers[~np.isnan(history.points_of(numbers)).all(axis=1)]
