"""Results of trials that another program runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.trial import Failure, State, check_number
from ..errors import InputError
from ..study.study import Study


def outcome_of(metrics: Mapping[str, Any] | None, failed: str | None, hint: str = "") -> dict[str, float] | Failure:
    """Return the outcome of a trial from its metrics or from the reason why it failed.

    Args:
        metrics: The metrics by name.
        failed: The reason of the failure.
        hint: What to do, for the message of the error.

    Raises:
        InputError: Both or neither are given, or a metric is not a number.
    """
    if bool(metrics) == (failed is not None):
        count = "both" if metrics else "neither"
        raise InputError(f"expected either metrics or a reason for the failure, got {count}. {hint}".strip())
    if failed is not None:
        return Failure(kind="told", reason=failed)
    return {name: check_number(name, value) for name, value in (metrics or {}).items()}


def report_step(study: Study, number: int, step: int, metrics: Mapping[str, float]) -> dict[str, Any]:
    """Record a running trial's intermediate metrics, and return whether to stop it, and why.

    Raises:
        InputError: The trial does not exist or is not running.
    """
    state = study.engine.trial(number).state
    if state is not State.RUNNING:
        raise InputError(f"only a running trial can report, but trial {number} is {state}.")
    reason = study.engine.record_report(number, step, metrics)
    return {"prune": reason is not None, "reason": reason}
