"""The decision at one rung of successive halving."""

from __future__ import annotations

from bisect import bisect_left

from ..core.trial import Trial
from ..history.curves import Members
from ..history.history import History
from ._rungs import loss_name, loss_value, rung_reached


def reason_to_halve(
    history: History, trial: Trial, *, first: int, reduction: int, members: Members | None = None
) -> str | None:
    """Return the reason to stop a trial at the rung that its last report reached, or None.

    Args:
        history: The study so far.
        trial: A running trial with a report.
        first: The step of the first rung; each further one is `reduction` times as high.
        reduction: One in `reduction` trials continues.
        members: The trials that it is compared with; all by default.
    """
    rung = rung_reached(history, trial, first, reduction)
    loss = history.loss_of(trial, trial.reports[-1])
    if rung is None or loss is None:
        return None
    standing = history.curves.rung(rung, rung * reduction, members)
    count = len(standing.losses) + (trial.number not in standing.losses)
    better = bisect_left(standing.ordered, loss)
    if count < reduction or better < count // reduction:
        return None
    cut = standing.ordered[count // reduction - 1]
    return (
        f"step {trial.reports[-1].step}: {loss_name(history)} {loss_value(history, loss)}, worse than the cut of "
        f"{loss_value(history, cut)} (top {count // reduction} of {count})"
    )
