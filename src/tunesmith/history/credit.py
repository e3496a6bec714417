"""What each proposer has earned: how good its trials were when they came, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.trial import Trial
from .history import History

_SEEN = 200  # Older trials have lost their credit.
_OVERHEAD = 10.0  # Seconds that count for every trial, so that those of a few seconds all cost the same.
_EARLY = 20  # Trials, before a search draws together.
_SLIGHT = 1e-3  # Of the way from the middle of the early losses to the best: to better by less is to find the same.
_MOST = 3  # Doublings, or halvings, of an ordinary trial's cost.


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What one proposer has earned.

    Args:
        proposer: Its name.
        trials: How many of the last trials were its own, the older the less; those that still run among them.
        gain: Of those, how many gained something: 1 for a new best, 1/2 for a second best, 1/3 for a third.
        cost: How many ordinary trials' time the settled ones took. A trial counts as 1, or as the power of 2 that its
            proposer's trials reach on average: small differences of time are chance, and with them the same seed would
            not give the same study again.
    """

    proposer: str
    trials: float
    gain: float
    cost: float


def assign_credit(
    history: History, proposers: Sequence[str], *, half_life: float, until: int | None = None
) -> list[Credit]:
    """Return what each proposer has earned with its settled and its pending trials.

    A trial gains 1 over its rank among the trials that were proposed before it, so that credit has no scale and does
    not dry up between one new best and the next. Losses that are equal, or as good as equal, rank after the ones that
    came before: who finds the same again has gained little. Feasible trials rank before others; a failed one gains
    nothing; one that still runs counts as a trial of its proposer already, so that its slot is not given to the same
    proposer twice, and at no cost yet.

    Args:
        history: All that is known.
        proposers: Their names.
        half_life: After so many more trials a gain counts half.
        until: As it was after so many trials, but with what is known of them now; after all of them by default.
    """
    recent, pending = _recent(history, len(history.trials) if until is None else until)
    weights = 0.5 ** (np.arange(len(recent)) / half_life)
    gains = _gains(history, np.array([trial.number for trial in recent], dtype=np.intp))
    seconds = np.array([trial.seconds for trial in recent], dtype=float)
    found = []
    for name in proposers:
        own = np.array([trial.proposal.proposer == name for trial in recent], dtype=bool)
        known = float(weights[own].sum())
        found.append(
            Credit(
                proposer=name,
                trials=known + sum(trial.proposal.proposer == name for trial in pending),
                gain=float((weights * gains)[own].sum()),
                cost=known * _price(seconds, own),
            )
        )
    return found


def _recent(history: History, end: int) -> tuple[list[Trial], list[Trial]]:
    """Return the last settled trials among the first `end`, the latest first, and those that ran beside them."""
    settled: list[Trial] = []
    pending: list[Trial] = []
    for trial in reversed(history.trials[:end]):
        if len(settled) == _SEEN:
            break
        if trial.proposal.repeat_of is None:
            (settled if trial.state.settled else pending).append(trial)
    return settled, pending


def _gains(history: History, numbers: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return 1 over the rank of each of some trials among those before it, shape `(numbers,)`; 0 without a loss."""
    first = np.array([trial.proposal.repeat_of is None for trial in history.trials], dtype=bool)
    known = np.isfinite(history.losses) & first
    if not known.any():
        return np.zeros(len(numbers))
    losses = history.losses / max(np.abs(history.losses[known]).max(), 1e-300)  # Differences of huge ones overflow.
    slight = _SLIGHT * (np.median(losses[known][:_EARLY]) - losses[known].min())
    # Each trial has its place in the ranking, and those asked about a bar too: who came before and lies under it is
    # better, or as good. Sorted together, and a bar after the trials that equal it.
    order = np.concatenate([np.flatnonzero(known), numbers])
    is_bar = np.arange(len(order)) >= np.count_nonzero(known)
    keys = (is_bar, losses[order] + slight * is_bar, -history.reach[order], history.violations[order])
    sorted_places = np.empty(len(order), dtype=np.intp)
    sorted_places[np.lexsort(keys)] = np.arange(len(order))
    place = np.full(len(losses), len(order))
    place[order[~is_bar]] = sorted_places[~is_bar]
    bars = zip(numbers.tolist(), sorted_places[is_bar].tolist(), strict=True)
    ahead = [np.count_nonzero(place[:number] < bar) for number, bar in bars]
    return np.where(known[numbers], 1.0 / (1.0 + np.array(ahead, dtype=float)), 0.0)


def _price(seconds: NDArray[np.float64], own: NDArray[np.bool_]) -> float:
    """Return what a proposer's trials cost on average against the median of all, as a power of 2; 1 where not known."""
    known = ~np.isnan(seconds)
    if not (known & own).any():
        return 1.0
    ordinary = float(np.median(seconds[known])) + _OVERHEAD
    doublings = np.log2((float(seconds[known & own].mean()) + _OVERHEAD) / ordinary)
    return float(2.0 ** np.clip(np.trunc(doublings), -_MOST, _MOST))
