"""`handed.json`: where a trial goes on that outlives the study's session, as in a job of a batch system."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .names import HANDED_FILE


def note_handed(folder: Path, attempt: int, to: str, **more: Any) -> None:
    """Note that an attempt is in other hands now, and goes on if the study ends.

    Args:
        folder: The trial's folder.
        attempt: From 1.
        to: Who has it, in words, as `"job 54"`.
        more: What the executor needs to find it again.

    Raises:
        OSError: The file cannot be written.
    """
    draft = folder / f".{HANDED_FILE}.{os.getpid()}"
    try:
        draft.write_text(json.dumps({"attempt": attempt, "to": to, **more}))
        draft.replace(folder / HANDED_FILE)
    finally:
        draft.unlink(missing_ok=True)


def read_handed(folder: Path, attempt: int) -> dict[str, Any] | None:
    """Return what `note_handed` wrote about an attempt; None if it was not handed over."""
    try:
        fields: dict[str, Any] = json.loads((folder / HANDED_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return fields if fields.get("attempt") == attempt else None


def handed_to(folder: Path | None, attempt: int) -> str:
    """Return who has an attempt that was handed over, in words; empty if nobody has.

    Args:
        folder: The trial's folder, or None for a study in memory.
        attempt: From 1.
    """
    fields = None if folder is None else read_handed(folder, attempt)
    return "" if fields is None else str(fields["to"])
