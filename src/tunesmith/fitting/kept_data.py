"""The prepared data in a study's folder: written once, and compared with what a later session is given."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from ..core.values import shown
from ..errors import InputError


def keep(save: Callable[[Path], None], folder: Path) -> None:
    """Write prepared data to a folder at once, unless another session has been faster.

    Args:
        save: Writes them to a folder that it makes.
        folder: Where to.
    """
    for left in folder.parent.glob(f"{folder.name}.*"):
        number = left.name.split(".")[1]
        if not (number.isdecimal() and psutil.pid_exists(int(number))):
            shutil.rmtree(left, ignore_errors=True)  # That of a session which was killed.
    own = folder.with_name(f"{folder.name}.{os.getpid()}")
    save(own)
    try:
        own.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(own)


def check_same(stored: Mapping[str, Any], given: Mapping[str, Any], folder: Path) -> None:
    """Check that a later session is given the data and options of the first one.

    Raises:
        InputError: Something is different.
    """
    different = sorted(name for name in {*stored, *given} if stored.get(name) != given.get(name))
    if different:
        name = different[0]
        change = f"was {_told(stored.get(name))} and is now {_told(given.get(name))}"
        raise InputError(
            f"a study goes on with the same data and options, but in {folder} the {name} "
            f"{'rows are others' if name == 'test' else 'are others' if name == 'data' else change}. "
            "Choose another folder, or start over."
        )


def _told(option: object) -> str:
    if option is None or option == []:
        return "not given"
    return ", ".join(map(shown, option)) if isinstance(option, list) else shown(option)
