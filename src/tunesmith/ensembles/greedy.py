"""Greedy ensemble selection with replacement (Caruana et al. 2004) on out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..core.arrays import Floats

_STEPS = 40
_DIGITS = 6
_FEW_ROWS = 2000
_BEST_AVERAGED = 5


def most_members(rows: int) -> int:
    """Return the largest number of members for a number of rows, so that selection does not over-fit (AutoGluon 1.5)."""
    known_rows, known_members = [100, 500, 2500, 10_000], [4, 8, 15, 40]
    return round(float(np.exp(np.interp(np.log(rows), np.log(known_rows), np.log(known_members)))))


def select(
    predictions: Mapping[int, Floats], target: Floats, loss: Callable[[Floats, Floats], float]
) -> dict[int, float]:
    """Return the weights of an ensemble's members, which sum to 1.

    With few rows the weights are shrunk towards the mean of the best five: selection follows noise there.

    Args:
        predictions: Out-of-fold predictions by trial, shape `(rows, outputs)`.
        target: Encoded, shape `(rows,)`.
        loss: Smaller is better.
    """
    losses = {number: loss(target, predicted) for number, predicted in predictions.items()}
    ranked = sorted(losses, key=lambda number: (losses[number], number))
    candidates = ranked[: most_members(len(target))]
    chosen = _greedy(candidates, predictions, target, loss)
    share = min(1.0, len(target) / _FEW_ROWS)
    best = ranked[:_BEST_AVERAGED]
    weights = {number: share * chosen.count(number) / len(chosen) for number in candidates}
    for number in best:
        weights[number] = weights.get(number, 0.0) + (1 - share) / len(best)
    return {number: weight for number, weight in weights.items() if weight > 0}


def _greedy(
    candidates: list[int],
    predictions: Mapping[int, Floats],
    target: Floats,
    loss: Callable[[Floats, Floats], float],
) -> list[int]:
    """Return the members in the order of their addition, up to the step of the lowest loss."""
    total = np.zeros_like(predictions[candidates[0]])
    chosen: list[int] = []
    history: list[float] = []
    for step in range(1, _STEPS + 1):
        scores = {
            number: round(loss(target, (total + predictions[number]) / step), _DIGITS) for number in candidates
        }
        number = min(candidates, key=lambda number: (scores[number], number not in chosen))
        chosen.append(number)
        history.append(scores[number])
        total = total + predictions[number]
    return chosen[: int(np.argmin(history)) + 1]
