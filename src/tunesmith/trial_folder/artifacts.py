"""`artifacts/`: files that a trial leaves for others, as a model or out-of-fold predictions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..text.cleaning import valid
from .names import ARTIFACTS_FOLDER


def find_artifacts(folder: Path) -> dict[str, str]:
    """Return every file below `artifacts/`, sorted: its path from there to its path from the trial's folder.

    A file whose name is not valid Unicode has no name in a journal, and is left out.

    >>> find_artifacts(Path("no such folder"))
    {}
    """
    root = f"{folder}/{ARTIFACTS_FOLDER}"
    if not os.path.isdir(root):  # noqa: PTH112  (called for every trial)
        return {}
    paths = sorted(path for path in Path(root).rglob("*") if path.is_file())
    names = [path.relative_to(root).as_posix() for path in paths]
    return {name: f"{ARTIFACTS_FOLDER}/{name}" for name in names if valid(name) == name}


def check_artifacts(folder: Path | None, artifacts: Mapping[str, str]) -> None:
    """Check that every artifact of a measurement exists.

    Args:
        folder: The trial's folder; None for a study kept in memory.
        artifacts: Paths relative to the folder, by name.

    Raises:
        InputError: One does not exist.
    """
    for name, path in artifacts.items():
        if folder is None or not (folder / path).exists():
            raise InputError(f"artifact '{name}' must exist in the trial's folder, but there is no {path}.")
