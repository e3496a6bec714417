"""Credit of proposers: the gain and the cost of their trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from ..core.trial import Trial
from .history import History

_MOST_TRIALS = 200  # Older trials no longer count.
_OVERHEAD = 10.0  # Seconds added to every trial, so that trials of a few seconds all cost the same.
_EARLY = 20  # The number of trials before a search concentrates.
_TOLERANCE = 1e-3  # Share of the way from the median early loss to the best; smaller improvements are ties.
_MOST_DOUBLINGS = 3  # Of an ordinary trial's cost, up or down.


@dataclass(frozen=True, kw_only=True)
class Credit:
    """The credit of one proposer.

    Args:
        proposer: The proposer's name.
        trials: The number of its recent trials, decaying with age; pending trials included.
        gain: The gain of these trials: 1 for a new best, 1/2 for a second best, 1/3 for a third.
        cost: The cost of its settled trials, in ordinary trials. The mean cost per trial is rounded to a power of 2:
            small differences of time are chance, and would make the search irreproducible.
    """

    proposer: str
    trials: float
    gain: float
    cost: float


def assign_credit(
    history: History, proposers: Sequence[str], *, half_life: float, until: int | None = None
) -> list[Credit]:
    """Return the credit of each proposer.

    A trial gains 1 over its rank among the trials proposed before it, so that credit has no scale and does not dry up
    between new bests. Ties and near-ties rank after earlier trials: finding the same again gains little. Infeasible
    trials rank after feasible ones. Failed trials gain nothing. Pending trials count as trials of no cost yet, so that
    parallel slots are not all given to one proposer.

    Args:
        history: The study so far.
        proposers: The proposers' names.
        half_life: The number of later trials after which a gain counts half.
        until: The number of trials to take into account; all by default. Outcomes are those known now.
    """
    recent, pending = _recent(history, len(history.trials) if until is None else until)
    weights = 0.5 ** (np.arange(len(recent)) / half_life)
    gains = _gains(history, np.array([trial.number for trial in recent], dtype=np.intp))
    seconds = np.array([trial.seconds for trial in recent], dtype=float)
    assigned = []
    for name in proposers:
        own = np.array([trial.proposal.proposer == name for trial in recent], dtype=bool)
        settled = float(weights[own].sum())
        assigned.append(
            Credit(
                proposer=name,
                trials=settled + sum(trial.proposal.proposer == name for trial in pending),
                gain=float((weights * gains)[own].sum()),
                cost=settled * _relative_cost(seconds, own),
            )
        )
    return assigned


def _recent(history: History, end: int) -> tuple[list[Trial], list[Trial]]:
    """Return the last settled trials among the first `end`, latest first, and the pending ones among them."""
    settled: list[Trial] = []
    pending: list[Trial] = []
    for trial in reversed(history.trials[:end]):
        if len(settled) == _MOST_TRIALS:
            break
        if trial.proposal.repeat_of is None:
            (settled if trial.state.settled else pending).append(trial)
    return settled, pending


def _gains(history: History, numbers: Indices) -> Floats:
    """Return 1 over the rank of some trials among earlier ones, shape `(numbers,)`; 0 without a loss."""
    no_repeat = np.array([trial.proposal.repeat_of is None for trial in history.trials], dtype=bool)
    known = np.isfinite(history.losses) & no_repeat
    if not known.any():
        return np.zeros(len(numbers))
    losses = history.losses / max(np.abs(history.losses[known]).max(), 1e-300)  # Differences of huge ones overflow.
    tolerance = _TOLERANCE * (np.median(losses[known][:_EARLY]) - losses[known].min())
    # All known trials and, for each trial asked about, a threshold (its loss plus the tolerance) are sorted together.
    # Earlier trials below the threshold are ahead of the trial; a threshold sorts after trials that equal it.
    order = np.concatenate([np.flatnonzero(known), numbers])
    is_threshold = np.arange(len(order)) >= np.count_nonzero(known)
    keys = (is_threshold, losses[order] + tolerance * is_threshold, -history.reach[order], history.violations[order])
    positions = np.empty(len(order), dtype=np.intp)
    positions[np.lexsort(keys)] = np.arange(len(order))
    position = np.full(len(losses), len(order))
    position[order[~is_threshold]] = positions[~is_threshold]
    thresholds = zip(numbers.tolist(), positions[is_threshold].tolist(), strict=True)
    ahead = [np.count_nonzero(position[:number] < threshold) for number, threshold in thresholds]
    return np.where(known[numbers], 1.0 / (1.0 + np.array(ahead, dtype=float)), 0.0)


def _relative_cost(seconds: Floats, own: Flags) -> float:
    """Return a proposer's mean cost per trial relative to the median of all, as a power of 2; 1 if unknown."""
    known = ~np.isnan(seconds)
    if not (known & own).any():
        return 1.0
    ordinary = float(np.median(seconds[known])) + _OVERHEAD
    doublings = np.log2((float(seconds[known & own].mean()) + _OVERHEAD) / ordinary)
    return float(2.0 ** np.clip(np.trunc(doublings), -_MOST_DOUBLINGS, _MOST_DOUBLINGS))
