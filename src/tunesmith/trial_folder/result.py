"""`result.json`: how an attempt at a trial ended."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

from ..core.metrics import metric_value
from ..core.schema import expect_table
from ..core.trial import Failure, Measurement
from ..core.values import finite, shown, whole
from ..errors import InputError
from ..journal.records import from_table
from .names import RESULT_FILE

log = logging.getLogger(__name__)


class Result(TypedDict, total=False):
    """How an attempt ended, as plain data for pipes and files.

    Keys:
        attempt: From 1.
        state: `complete`, `pruned` or `failed`.
        metrics: Final numbers by name; empty unless complete.
        artifacts: Relative paths by name; empty unless complete.
        failure: `kind`, `reason`, `log_tail`, and `systematic` if it is so; None unless failed.
        seconds: Wall-clock time.
        peak_memory_bytes: The most resident memory, or None if unknown.
        reports: Number of reports.
    """

    attempt: int
    state: Literal["complete", "pruned", "failed"]
    metrics: Mapping[str, float]
    artifacts: Mapping[str, str]
    failure: Mapping[str, Any] | None
    seconds: float | None
    peak_memory_bytes: int | None
    reports: int


def write_result(folder: Path, result: Result) -> None:
    """Write how an attempt ended, so that a later session finds it.

    The file is replaced atomically. It is not synced to disk: only the journal must survive a power cut.

    Raises:
        OSError: The folder is missing or the disk is full.
    """
    draft = f"{folder}/{RESULT_FILE}.{os.getpid()}.tmp"
    with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123  (a trial costs less without Path objects)
        file.write(json.dumps(result))
    os.replace(draft, f"{folder}/{RESULT_FILE}")  # noqa: PTH105


def read_result(folder: Path, attempt: int) -> Result | None:
    """Return how an attempt ended, or None if it has no usable result; a damaged one is logged.

    Args:
        folder: The trial's folder.
        attempt: The result of any other attempt is ignored.
    """
    path = folder / RESULT_FILE
    try:
        result = json.loads(path.read_bytes())
        if not isinstance(result, dict):
            raise ValueError(f"it must be a table, got {shown(result)}")
        if result.get("attempt") != attempt:
            return None
        return _checked(result)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError, InputError) as error:
        log.warning("%s cannot be used, and the attempt counts as lost: %s", path, error)
        return None


def _checked(result: dict[str, Any]) -> Result:
    """Return a result from a file, or raise `ValueError` or `InputError` if a part of it is missing or wrong."""
    if (seconds := result.get("seconds")) is not None and finite(seconds, "seconds") < 0:
        raise ValueError(f"seconds must not be negative, got {seconds}.")
    if (peak := result.get("peak_memory_bytes")) is not None:
        whole(peak, "peak_memory_bytes", least=0)
    match result.get("state"):
        case "complete":
            for name, value in expect_table(result.get("metrics"), "metrics").items():
                metric_value(name, value)
            from_table(Measurement, {"metrics": {}, "artifacts": result.get("artifacts", {})})
        case "failed":
            from_table(Failure, result.get("failure"))
        case state if state != "pruned":
            raise ValueError(f"state must be complete, pruned or failed, got {shown(state)}.")
    checked: Any = result
    return cast("Result", checked)
