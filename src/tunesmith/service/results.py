"""Results of trials that another program runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.metrics import report_values
from ..core.trial import Failure
from ..errors import InputError
from ..study.study import Study


def outcome_of(metrics: Mapping[str, Any] | None, failed: str | None, hint: str = "") -> dict[str, Any] | Failure:
    """Return the outcome of a trial from its metrics or from the reason why it failed.

    Args:
        metrics: The metrics by name.
        failed: The reason of the failure.
        hint: What to do, for the message of the error.

    Raises:
        InputError: Both or neither are given.
    """
    if bool(metrics) == (failed is not None):
        count = "both" if metrics else "neither"
        raise InputError(f"expected either metrics or a reason for the failure, got {count}. {hint}".strip())
    if failed is not None:
        return Failure(kind="told", reason=failed)
    return dict(metrics or {})


def report_step(study: Study, number: int, step: int, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Record a running trial's intermediate metrics, and return whether to stop it, and why.

    Raises:
        InputError: The trial does not exist or is not running, or a metric is not a number.
    """
    reason = study.engine.report(number, *report_values(step, metrics))
    return {"prune": reason is not None, "reason": reason}
