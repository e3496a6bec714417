"""From what a trial gave to finite numbers by name, or a failure that says what is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.trial import Failure, check_finite, check_number
from ..errors import InputError, nearest
from ..tasks.base import TrialFailed

METRICS_FILE = "metrics.json"


def bad_metrics(reason: str) -> TrialFailed:
    """Return the failure of a trial whose metrics cannot be used."""
    return TrialFailed(Failure(kind="metric", reason=reason))


def checked(given: Mapping[Any, Any], required: Sequence[str], source: str) -> dict[str, float]:
    """Return the finite numbers among what a trial gave.

    Args:
        given: By name. What is no finite number is left out, unless it is required.
        required: The names that must be there, as finite numbers.
        source: Where they come from, in words, for the message.

    Raises:
        TrialFailed: A required metric is missing, no number, or not finite.
    """
    for name in required:
        if name not in given:
            names = sorted(map(str, given))
            has = f"has only {', '.join(names[:20])}.{nearest(name, names)}" if names else "has no metric at all."
            raise bad_metrics(f"the metric '{name}' is missing: {source} {has}")
        try:
            check_finite(name, given[name])
        except InputError as error:
            raise bad_metrics(f"{source}: {error.message}") from None
    return {str(name): number for name, value in given.items() if (number := _number(value)) is not None}


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the object in a metrics file.

    Raises:
        FileNotFoundError: There is none.
        TrialFailed: It is unreadable, half-written, or holds no JSON object.
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
    """Write metrics where people and programs look for them.

    Raises:
        TrialFailed: The folder has gone or the disk is full.
    """
    try:
        with open(f"{folder}/{METRICS_FILE}", "w", encoding="utf-8") as file:  # noqa: PTH123  (called for every trial)
            file.write(json.dumps(metrics))
    except OSError as error:
        reason = f"{METRICS_FILE} could not be written: {error}"
        raise TrialFailed(Failure(kind="setup", reason=reason)) from None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = check_number("", value)
    except (InputError, OverflowError):
        return None
    return number if math.isfinite(number) else None
