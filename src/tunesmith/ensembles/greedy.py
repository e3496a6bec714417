"""Greedy ensemble selection with replacement (Caruana et al. 2004) on out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from ..core.arrays import Floats, Indices

Loss = Callable[[Floats, Indices | slice], float]
"""The loss of predictions of all rows, on some of them; smaller is better."""

Fits = Callable[[Collection[int]], bool]
"""Whether an ensemble of some members is allowed."""

_STEPS = 40
_DIGITS = 6
_FEW_ROWS = 2000
_MOST_AVERAGED = 5
_PARTS = 10
_MOST_HARM = 2e-3  # Of the loss.
_ALL = slice(None)


def most_members(rows: int) -> int:
    """Return the largest number of members for a number of rows, so that selection does not over-fit.

    The numbers are those of AutoGluon 1.5.
    """
    known_rows, known_members = [100, 500, 2500, 10_000], [4, 8, 15, 40]
    return round(float(np.exp(np.interp(np.log(rows), np.log(known_rows), np.log(known_members)))))


def select(
    predictions: Mapping[int, Floats],
    loss: Loss,
    fits: Fits = lambda members: True,
    costs: Mapping[int, float] | None = None,
) -> dict[int, float]:
    """Return the weights of an ensemble's members, which sum to 1.

    With few rows selection follows noise. The weights are then shrunk towards the mean of those of the best five that
    are not worse than the best beyond one standard error.

    Then members that change little are left out again; see `thin`.

    Args:
        predictions: Out-of-fold predictions by trial, shape `(rows, outputs)` each.
        loss: The loss of a prediction.
        fits: Tells which ensembles are allowed; every single member is.
        costs: What a prediction costs by trial; all the same by default. Costly members are left out first.
    """
    losses = {number: loss(predicted, _ALL) for number, predicted in predictions.items()}
    ranked = sorted(losses, key=lambda number: (losses[number], number))
    rows = len(predictions[ranked[0]])
    candidates = ranked[: most_members(rows)]
    chosen = additions(candidates, predictions, loss, fits)
    share = min(1.0, rows / _FEW_ROWS)
    weights = {number: share * chosen.count(number) / len(chosen) for number in candidates}
    if share < 1:
        equals: list[int] = []
        for number in _equals(ranked[:_MOST_AVERAGED], predictions, loss):
            equals += [number] if fits({*chosen, *equals, number}) else []
        equals = equals or chosen[:1]
        for number in equals:
            weights[number] = weights.get(number, 0.0) + (1 - share) / len(equals)
    weights = {number: weight for number, weight in weights.items() if weight > 0}
    return thin(weights, predictions, loss, costs or dict.fromkeys(weights, 1.0))


def thin(
    weights: dict[int, float], predictions: Mapping[int, Floats], loss: Loss, costs: Mapping[int, float]
) -> dict[int, float]:
    """Return the weights without members whose absence lets the loss grow by 0.2 % at most, all together.

    The first to go is always the one that harms least for what it costs. On seven tables, none of them among those that
    benchmarks hold out, this left two or three of four to nine members: predictions took a third of the time, and the
    loss on test rows did not change (by -0.1 % in the mean).

    Args:
        weights: The weight of each member, which sum to 1.
        predictions: Out-of-fold predictions by trial, shape `(rows, outputs)` each.
        loss: The loss of a prediction.
        costs: What a prediction costs by trial.
    """

    def loss_of(part: Mapping[int, float]) -> float:
        return loss(np.asarray(sum(weight * predictions[number] for number, weight in part.items())), _ALL)

    whole = loss_of(weights)
    while len(weights) > 1:
        harms, rests = {}, {}
        for left_out in weights:
            rest = {number: weight for number, weight in weights.items() if number != left_out}
            rests[left_out] = {number: weight / sum(rest.values()) for number, weight in rest.items()}
            harms[left_out] = loss_of(rests[left_out]) - whole
        bearable = [number for number, harm in harms.items() if harm <= _MOST_HARM * abs(whole)]
        if not bearable:
            break
        weights = rests[min(bearable, key=lambda number: (max(harms[number], 0.0) / costs[number], harms[number]))]
    return weights


def additions(
    candidates: Sequence[int], predictions: Mapping[int, Floats], loss: Loss, fits: Fits = lambda members: True
) -> list[int]:
    """Return the members in the order of their addition, up to the step of the lowest loss.

    Args:
        candidates: Those to choose from, the best first.
        predictions: Out-of-fold predictions by trial, shape `(rows, outputs)` each.
        loss: The loss of a prediction.
        fits: Tells which ensembles are allowed; every single member is.
    """
    total = np.zeros_like(predictions[candidates[0]])
    scale = abs(loss(predictions[candidates[0]], _ALL)) or 1.0
    chosen: list[int] = []
    history: list[float] = []
    for step in range(1, _STEPS + 1):
        allowed = [number for number in candidates if not chosen or number in chosen or fits({*chosen, number})]
        losses = {
            number: round(loss((total + predictions[number]) / step, _ALL) / scale, _DIGITS) for number in allowed
        }
        number = min(allowed, key=lambda number: (losses[number], number not in chosen))
        chosen.append(number)
        history.append(losses[number])
        total = total + predictions[number]
    return chosen[: int(np.argmin(history)) + 1]


def _equals(ranked: Sequence[int], predictions: Mapping[int, Floats], loss: Loss) -> list[int]:
    """Return the trials whose loss is within one standard error of that of the first, over ten parts of the rows."""
    rows = np.random.default_rng(0).permutation(len(predictions[ranked[0]]))
    parts = [part for part in np.array_split(rows, _PARTS) if len(part)]

    def losses(number: int) -> Floats:
        return np.array([loss(predictions[number], part) for part in parts])

    best = losses(ranked[0])
    equals = [ranked[0]]
    for number in ranked[1:]:
        excess = losses(number) - best
        if excess.mean() <= excess.std() / np.sqrt(len(parts)):
            equals.append(number)
    return equals
