"""The files that the agent and the connector share, in the study's folder on the other machine."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OPTIONS_FILE = "agent.json"
"""The executor's name and options, and the folder of the code."""
LOCK_FILE = "agent.lock"
"""Locked while an agent runs."""
ERROR_FILE = "agent.error"
"""Why the agent could not start."""
LOG_FILE = "agent.log"
CLOSE_FILE = "close"
"""Asks the agent to end once no trial runs."""
INBOX = "inbox"
"""A request for each attempt at a trial, `NAME.json`, and files `NAME.stop` and `NAME.started`."""
OUTCOMES = "outcomes"
"""The result of each attempt, `NAME.json`, or `NAME.refused` while the disk has no room for it.

`NAME.waits` says why it waits for its turn."""
TASKS = "tasks"
"""Pickled tasks, named by their hashes."""


def write_json(path: Path, fields: Mapping[str, Any]) -> None:
    """Write a file atomically: others see all of it or nothing.

    Raises:
        OSError: The disk is full, or the folder is missing.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(json.dumps(fields, default=str))
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the content of a file of `write_json`, or None if there is none."""
    try:
        fields: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return fields


def lock(path: Path) -> int | None:
    """Lock a file until this process ends or the descriptor is closed; return the descriptor, or None if it is locked.

    Raises:
        OSError: The file cannot be created.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
