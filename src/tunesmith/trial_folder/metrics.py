"""`metrics.json`, and the checks that turn what a trial returned into finite numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.trial import Failure, TrialFailed, check_finite, check_number
from ..errors import InputError, nearest
from .names import METRICS_FILE


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
        values: By name. A value that is not a finite number is left out, unless it is required.
        required: Names that must be present, with finite numbers.
        source: Where the values come from, in words, for the message.

    Raises:
        TrialFailed: A required metric is missing, or not a finite number.
    """
    for name in required:
        if name not in values:
            names = sorted(map(str, values))
            has = f"has only {', '.join(names[:20])}.{nearest(name, names)}" if names else "has no metric at all."
            raise bad_metrics(f"the metric '{name}' is missing: {source} {has}")
        try:
            check_finite(name, values[name])
        except InputError as error:
            raise bad_metrics(f"{source}: {error.message}", systematic=number_or_none(values[name]) is None) from None
    numbers = {str(name): number_or_none(value) for name, value in values.items()}
    return {name: number for name, number in numbers.items() if number is not None and math.isfinite(number)}


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the object in a metrics file.

    Raises:
        FileNotFoundError: The file does not exist.
        TrialFailed: It cannot be read, is incomplete, or does not hold a JSON object.
    """
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise bad_metrics(f"{path.name} must hold a JSON object, but it cannot be read: {error}") from None
    if not isinstance(values, dict):
        raise bad_metrics(f"{path.name} must hold a JSON object of metrics by name, but it holds {values!r:.80}.")
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
        reason = f"{METRICS_FILE} could not be written: {error}"
        raise TrialFailed(Failure(kind="setup", reason=reason)) from None


def number_or_none(value: object) -> float | None:
    """Return a number as a float, which may be infinite or NaN; None for anything else, booleans included."""
    try:
        return None if isinstance(value, bool) else check_number("", value)
    except (InputError, OverflowError):
        return None
