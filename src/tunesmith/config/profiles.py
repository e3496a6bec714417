"""Profiles: how trials run on a machine, under a name that study.toml's `executor` can give.

Those of some public machines come with tunesmith, in `machines/`; a profile of the user of the same name goes before.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import tomlkit

from .. import plugins
from ..errors import InputError, OutputError, message_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MACHINES = Path(__file__).with_name("machines")


def user_folder() -> Path:
    """Return the folder of the user's own settings."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tunesmith"


def profile_path(name: str) -> Path:
    """Return the file of a profile, which may not exist.

    Raises:
        InputError: The name cannot be that of a file.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"a profile's name must be letters, digits, '-' and '_', got {name!r}.", keys=("profile",))
    return user_folder() / "profiles" / f"{name}.toml"


def profile_names() -> list[str]:
    """Return the names of all profiles, sorted."""
    folders = (user_folder() / "profiles", _MACHINES)
    return sorted({path.stem for folder in folders for path in folder.glob("*.toml")})


def read_profile(name: str) -> dict[str, Any] | None:
    """Return the settings of a profile, which are those of `[execution]`, or None if there is none.

    Raises:
        InputError: Its file cannot be read, or names no executor.
    """
    if not _NAME.fullmatch(name):
        return None
    path = next((path for path in (profile_path(name), _MACHINES / f"{name}.toml") if path.exists()), None)
    if path is None:
        return None
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the profile {path} cannot be read: {message_of(error)}.") from None
    if not isinstance(table.get("executor"), str):
        raise InputError(f'the profile {path} must name an executor, as executor = "slurm:8".')
    return table


def profile_named(executor: str) -> tuple[str, str] | None:
    """Return the profile and the slots that an executor setting names, as `"mine"`, `"mine:16"` or `"ssh:mine"`.

    Args:
        executor: The setting.

    Returns:
        The name of the profile, which may not exist, and the slots or an empty text; None for the name of an executor.
    """
    name, _, rest = executor.partition(":")
    if name == "ssh" and rest and not rest.isdecimal():
        name, _, rest = rest.partition(":")
    elif name in plugins.names("executors"):
        return None
    return name, rest


def executor_of(executor: Any) -> Any:
    """Return a setting of an executor with the profile that it names, if it names one, as a table.

    >>> executor_of("crux:32")["slots"]
    32
    >>> executor_of("process:4")
    'process:4'
    """
    named = profile_named(executor) if isinstance(executor, str) else None
    profile = read_profile(named[0]) if named is not None else None
    if named is None or profile is None:
        return executor
    name, _, slots = profile.pop("executor").partition(":")
    return {"name": name, "slots": int(named[1] or slots or 1), **profile}


def write_profile(name: str, table: dict[str, Any]) -> Path:
    """Write a profile, readable by the user alone; return its file.

    Raises:
        InputError: The name cannot be that of a file.
        OutputError: The file cannot be written.
    """
    path = profile_path(name)
    document = tomlkit.document()
    document.add(tomlkit.comment(f'A profile of tunesmith: executor = "{name}" in [execution] of a study.toml.'))
    for key, value in table.items():
        if isinstance(value, dict):
            inner = tomlkit.inline_table()
            inner.update(value)
            document.add(key, inner)
        else:
            document.add(key, value)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_text(tomlkit.dumps(document), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from None
    return path
