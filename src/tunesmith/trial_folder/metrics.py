"""`metrics.json`, and the checks that turn what a trial returned into finite numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.metrics import usable_metrics
from ..core.trial import Failure, TrialFailed
from ..core.values import NotFinite, shown
from ..errors import InputError, message_of
from .names import METRICS_FILE

_MAX_BYTES = 16_000_000


def bad_metrics(reason: str, *, systematic: bool = True) -> TrialFailed:
    """Return the error for metrics that cannot be used.

    Args:
        reason: Why.
        systematic: Whether other trials will lack them too; not so for one that diverged.
    """
    return TrialFailed(Failure(kind="metric", reason=reason, systematic=systematic))


def finite_metrics(values: Mapping[Any, Any], required: Sequence[str], source: str) -> dict[str, float]:
    """Return the finite numbers among a trial's values, by name.

    Args:
        values: By name. A value that is not a finite number is left out, with a line in the trial's log, unless it is
            required.
        required: Names that must be present, with finite numbers.
        source: Where the values come from, in words, for the message.

    Raises:
        TrialFailed: A required metric is missing, or not a finite number.
    """
    try:
        metrics, faults = usable_metrics(values, required, source)
    except InputError as error:
        raise bad_metrics(error.message, systematic=not isinstance(error, NotFinite)) from None
    if faults:
        more = "" if len(faults) == 1 else f" So are {len(faults) - 1} more."
        print(f"[tunesmith: a value is left out of the metrics: {faults[0]}{more}]")
    return metrics


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the object in a metrics file.

    Raises:
        FileNotFoundError: The file does not exist.
        TrialFailed: It cannot be read, is incomplete or larger than 16 MB, or does not hold a JSON object.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES / 1e6:.0f} MB")
        values = json.loads(content)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise bad_metrics(f"{path.name} must hold a JSON object, but it cannot be read: {error}") from None
    if not isinstance(values, dict):
        raise bad_metrics(f"{path.name} must hold a JSON object of metrics by name, but it holds {shown(values)}.")
    return values


def write_metrics(folder: Path, metrics: Mapping[str, float]) -> None:
    """Write `metrics.json`.

    Raises:
        TrialFailed: The folder is missing or the disk is full.
    """
    try:
        with open(f"{folder}/{METRICS_FILE}", "w", encoding="utf-8") as file:  # noqa: PTH123  (called for every trial)
            file.write(json.dumps(metrics))
    except OSError as error:
        reason = f"{METRICS_FILE} could not be written: {message_of(error)}"
        raise TrialFailed(Failure(kind="setup", reason=reason)) from None
