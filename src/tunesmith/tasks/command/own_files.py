"""A working folder of links, so that every trial has its own version of the files that a script always overwrites."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ...core.trial import check_relative
from ...errors import InputError


def check_own_files(paths: Sequence[str]) -> None:
    """Check that paths name files or folders inside the working folder.

    Raises:
        InputError: One does not.
    """
    if isinstance(paths, str) or not all(isinstance(path, str) for path in paths):
        raise InputError(f'own_files must be a list of paths, as ["model.pt"], got {paths!r}.', keys=("own_files",))
    for path in paths:
        try:
            check_relative(path, "a file in own_files")
        except InputError as error:
            raise error.inside("own_files") from None


def link_folder(source: Path, target: Path, own: Sequence[str]) -> None:
    """Make a folder of links to everything in another one but some files, which a script then creates for itself.

    A folder among them is made empty, where the source has it. What the target holds already, as from an earlier
    attempt, is kept. The branch that leads to the target is left out, so that no link leads into itself.

    Args:
        source: An existing folder.
        target: The folder to make.
        own: The paths that are not linked, relative to the source.

    Raises:
        OSError: A folder cannot be read or written.
    """
    source = source.resolve()
    below: dict[str, list[str]] = {}
    for path in own:
        first, *rest = PurePosixPath(path).parts
        below.setdefault(first, []).append("/".join(rest))
    target.mkdir(parents=True, exist_ok=True)
    inside = target.resolve()
    for entry in source.iterdir():
        place = target / entry.name
        if entry.name in below:
            inner = below[entry.name]
            if "" in inner and entry.is_dir():
                place.mkdir(exist_ok=True)
            elif "" not in inner and entry.is_dir():
                link_folder(entry, place, inner)
        elif not inside.is_relative_to(entry) and not (place.exists() or place.is_symlink()):
            place.symlink_to(entry)


if __name__ == "__main__":
    link_folder(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
