"""`result.json`: how an attempt at a trial ended."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypedDict

from .names import RESULT_FILE


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
    """Return how an attempt ended, or None if it has no readable result.

    Args:
        folder: The trial's folder.
        attempt: The result of any other attempt is ignored.
    """
    try:
        result: Result = json.loads((folder / RESULT_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and result.get("attempt") == attempt else None
