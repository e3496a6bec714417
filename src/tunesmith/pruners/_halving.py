"""The decision at one rung of successive halving."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from ..core.trial import Trial
from ..history.history import History
from ._rungs import loss_name, loss_value, rung_reached


def reason_to_halve(
    history: History, trial: Trial, *, first: int, reduction: int, competes: Callable[[int], bool] | None = None
) -> str | None:
    """Return the reason to stop a trial at the rung that its last report reached, or None.

    Args:
        history: The study so far.
        trial: A running trial with a report.
        first: The step of the first rung; each further one is `reduction` times as high.
        reduction: One in `reduction` trials continues.
        competes: Tells by number which other trials it is compared with; all by default.
    """
    rung = rung_reached(history, trial, first, reduction)
    loss = history.loss_of(trial, trial.reports[-1])
    if rung is None or loss is None:
        return None
    losses = _losses_at(history, rung, rung * reduction)
    others = [value for n, value in losses.items() if n != trial.number and (competes is None or competes(n))]
    count = len(others) + 1
    better = sum(value < loss for value in others)
    if count < reduction or better < count // reduction:
        return None
    cut = sorted(others)[count // reduction - 1]
    return (
        f"step {trial.reports[-1].step}: {loss_name(history)} {loss_value(history, loss)}, worse than the cut of "
        f"{loss_value(history, cut)} (top {count // reduction} of {count})"
    )


def _losses_at(history: History, rung: int, next_rung: int) -> dict[int, float]:
    """Return each trial's first finite loss at or above a rung and below the next, by trial number."""
    losses: dict[int, float] = {}
    steps = history.steps
    for step in reversed(steps[bisect_left(steps, rung) : bisect_left(steps, next_rung)]):
        losses.update(history.at_step(step))  # The first step comes last and overwrites the later ones.
    return losses
