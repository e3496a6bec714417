"""One rung of successive halving."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from ..core.trial import Trial
from ..errors import InputError
from ..history.history import History
from ._curves import in_words, rung_reached


def check_rungs(reduction: int, min_steps: int | None) -> None:
    """Check the options that rungs follow from, or raise `InputError`."""
    for name, value, least in (("reduction", reduction, 2), ("min_steps", min_steps, 1)):
        if value is not None and value < least:
            raise InputError(f"{name} must be at least {least}, but {value} was given.", keys=(name,))


def halved(
    history: History, trial: Trial, *, first: int, reduction: int, races: Callable[[int], bool] | None = None
) -> str | None:
    """Return why a trial is to stop at the rung that its last report reached, or None.

    Args:
        history: All that is known.
        trial: A running trial with a report.
        first: The step of the first rung; each further one is `reduction` times as high.
        reduction: One in so many goes on.
        races: Tells by number which other trials it is compared with; all by default.
    """
    rung = rung_reached(history, trial, first, reduction)
    loss = history.loss_of(trial, trial.reports[-1])
    if rung is None or loss is None:
        return None
    came = _came_to(history, rung, rung * reduction)
    others = [value for n, value in came.items() if n != trial.number and (races is None or races(n))]
    count = len(others) + 1
    better = sum(value < loss for value in others)
    if count < reduction or better < count // reduction:
        return None
    cut = sorted(others)[count // reduction - 1]
    return (
        f"at step {trial.reports[-1].step} its {in_words(history, loss)} is not among the best {count // reduction} of "
        f"the {count} trials that came so far; that takes {in_words(history, cut)}."
    )


def _came_to(history: History, rung: int, above: int) -> dict[int, float]:
    """Return the loss that each trial came to a rung with, by trial number; only finite ones."""
    losses: dict[int, float] = {}
    steps = history.steps
    for step in reversed(steps[bisect_left(steps, rung) : bisect_left(steps, above)]):
        losses.update(history.at_step(step))  # from the last to the first, which counts
    return losses
