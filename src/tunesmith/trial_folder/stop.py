"""`stop`: an empty file that asks a trial to end."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import TrialPruned
from .names import STOP_FILE


def request_stop(folder: Path) -> None:
    """Ask a trial to end at its next report.

    Raises:
        OSError: The folder is missing or cannot be written.
    """
    (folder / STOP_FILE).touch()


def raise_if_stopped(folder: Path) -> None:
    """Raise `TrialPruned` if the trial was asked to end."""
    if os.path.exists(f"{folder}/{STOP_FILE}"):  # noqa: PTH110  (called for every report)
        raise TrialPruned("the study asked this trial to stop.")
