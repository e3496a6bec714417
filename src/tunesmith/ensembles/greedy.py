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
    """Return the largest number of members for a number of rows, so that selection does not over-fit.

    The numbers are those of AutoGluon 1.5.
    """
    known_rows, known_members = [100, 500, 2500, 10_000], [4, 8, 15, 40]
    return round(float(np.exp(np.interp(np.log(rows), np.log(known_rows), np.log(known_members)))))


def select(predictions: Mapping[int, Floats], loss: Callable[[Floats], float]) -> dict[int, float]:
    """Return the weights of an ensemble's members, which sum to 1.

    With few rows the weights are shrunk towards the mean of the best five: selection follows noise there.

    Args:
        predictions: Out-of-fold predictions by trial, shape `(rows, outputs)` each.
        loss: The loss of a prediction; smaller is better.
    """
    losses = {number: loss(predicted) for number, predicted in predictions.items()}
    ranked = sorted(losses, key=lambda number: (losses[number], number))
    rows = len(predictions[ranked[0]])
    candidates = ranked[: most_members(rows)]
    chosen = _greedy(candidates, predictions, loss)
    share = min(1.0, rows / _FEW_ROWS)
    best = ranked[:_BEST_AVERAGED]
    weights = {number: share * chosen.count(number) / len(chosen) for number in candidates}
    for number in best:
        weights[number] = weights.get(number, 0.0) + (1 - share) / len(best)
    return {number: weight for number, weight in weights.items() if weight > 0}


def _greedy(candidates: list[int], predictions: Mapping[int, Floats], loss: Callable[[Floats], float]) -> list[int]:
    """Return the members in the order of their addition, up to the step of the lowest loss."""
    total = np.zeros_like(predictions[candidates[0]])
    chosen: list[int] = []
    history: list[float] = []
    for step in range(1, _STEPS + 1):
        losses = {number: round(loss((total + predictions[number]) / step), _DIGITS) for number in candidates}
        number = min(candidates, key=lambda number: (losses[number], number not in chosen))
        chosen.append(number)
        history.append(losses[number])
        total = total + predictions[number]
    return chosen[: int(np.argmin(history)) + 1]
