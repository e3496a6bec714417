"""Sends files that the script writes to the same place in every run to the trial's own place.

A script that finds its folder by `Path(__file__).resolve()` leaves the trial's working folder of links, and would write
into the user's. What a library writes in C goes there still.
"""

from __future__ import annotations

import os

from .opening import WRITES, redirect_opening

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def start(project: str, work: str, files: Sequence[str]) -> None:
    """Open the trial's version of some files, to write it, and to read it once it is written.

    Args:
        project: The folder of the script.
        work: The trial's working folder.
        files: Their paths, relative to either.
    """
    redirect_opening(_Places(project, work, files).redirect)


class _Places:
    def __init__(self, project: str, work: str, files: Sequence[str]) -> None:
        self._places = {os.path.join(os.path.realpath(project), file): os.path.join(work, file) for file in files}
        self._names = {os.path.basename(file) for file in files}

    def redirect(self, path: Any, flags: int) -> str | None:
        """Return the trial's version of a file that is to be opened, or None."""
        try:
            folder, name = os.path.split(os.fsdecode(path))
        except TypeError:  # A file descriptor.
            return None
        place = self._places.get(os.path.join(os.path.realpath(folder), name)) if name in self._names else None
        if place is None or not (flags & WRITES or os.path.exists(place)):
            return None
        os.makedirs(os.path.dirname(place), exist_ok=True)
        return place
