"""Settings: defaults, the user's config.toml, study.toml, environment variables and flags, in rising precedence.

Every value has an origin, so that `--dry-run` can show it and an error can name the file and line.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from .. import plugins
from ..core.schema import expect_keys, expect_table
from ..core.values import shown, whole
from ..errors import InputError
from ..llm.options import ModelOptions
from .profiles import profile_named, profile_names, read_profile, user_folder
from .toml_lines import line_of

TABLES = {
    "study": ("name", "objective", "seed", "folder"),
    "task": None,
    "space": None,
    "forbidden": None,
    "budget": ("trials", "minutes", "target", "patience", "seconds_per_trial", "memory_gb", "usd"),
    "search": ("proposer", "pruner", "judge", "parallel"),
    "execution": None,
    "trackers": None,
    "agents": tuple(option.name for option in fields(ModelOptions)),
}
"""The tables of study.toml and their keys; None if the reader of the table checks them."""

_LONGEST_NAME, _LONGEST_PATH = 200, 4000  # Bytes; Linux allows 255 and 4,096.

DEFAULTS: dict[str, dict[str, Any]] = {
    "study": {"seed": 0},
    "search": {"proposer": "portfolio", "pruner": "none", "judge": "rules", "parallel": 1},
    "execution": {"executor": "process", "retries": 2},
}

FLAGS = {
    **{name: ("budget", name) for name in TABLES["budget"] or ()},
    **{name: ("search", name) for name in ("proposer", "pruner", "parallel")},
    "executor": ("execution", "executor"),
    **{name: ("agents", name) for name in ("model", "record", "replay")},
    "seed": ("study", "seed"),
    "folder": ("study", "folder"),
}
"""Flag to the table and key it sets; the environment variable is `TUNESMITH_` and the name in capitals."""


@dataclass
class Settings:
    """The settings of a study.

    Args:
        tables: The merged tables.
        source: The absolute path of study.toml.
        text: The text of study.toml.
        forbidden: The combinations of values that are forbidden.
        origins: The origin of each setting, by table and key.
    """

    tables: dict[str, dict[str, Any]]
    source: Path
    text: str
    forbidden: list[Any] = field(default_factory=list)
    origins: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The study's folder: by default `studies/<name>` beside study.toml."""
        folder = self.tables["study"].get("folder")
        if folder is None:
            return self.source.parent / "studies" / self.name
        # In study.toml, a path is relative to the file; elsewhere, to the working directory.
        base = self.source.parent if self.origins[("study", "folder")] == self.source.name else Path.cwd()
        return base / Path(folder).expanduser()

    @property
    def name(self) -> str:
        """The study's name; by default that of the folder of study.toml."""
        return str(self.tables["study"].get("name", self.source.parent.name))

    def _location(self, error: InputError) -> str:
        """Return the location of an error's keys: `study.toml:14`, a flag, a variable, or only the file."""
        if len(error.keys) >= 2:
            origin = self.origins.get((error.keys[0], error.keys[1]))
            if origin is not None and origin != self.source.name:
                return origin
        line = line_of(self.text, error.keys)
        return self.source.name if line is None else f"{self.source.name}:{line}"

    def located(self, error: InputError) -> InputError:
        """Return the error with its location before the message."""
        keys = ".".join(f'"{key}"' if "." in key else key for key in error.keys)
        return type(error)(f"{self._location(error)}: {keys + ': ' if keys else ''}{error.message}")


def read_settings(path: Path, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read a study.toml and merge it with the other sources of settings.

    Args:
        path: The study.toml.
        flags: Values by name, as in `FLAGS`; None for a flag that is not set.

    Returns:
        The settings. The keys of their tables are checked; the values are checked where they are used.

    Raises:
        InputError: A file is missing or not TOML, or a key is unknown. The message starts with the location.
    """
    path = Path(path).absolute()
    text, document = _read(path)
    settings = _defaults(path, text)
    try:
        expect_keys(document, TABLES)
        forbidden = document.pop("forbidden", [])
        if not isinstance(forbidden, list):
            raise InputError("forbidden must be a list of tables, each written as [[forbidden]].", keys=("forbidden",))
        _check_whole_numbers(forbidden, "forbidden")
        settings.forbidden = [_flat_condition(expect_table(clause, "forbidden")) for clause in forbidden]
        _merge(settings, document, path.name)
        settings.tables["space"] = _flat_space(settings.tables["space"])
        _merge_flags(settings, flags)
        _merge_profile(settings)
        _merge_slots(settings)
        _check_name(settings.tables["study"].get("name", "study"))
        _check_folder(settings.tables["study"].get("folder", "."))
    except InputError as error:
        raise settings.located(error) from None
    return settings


def usual_settings(folder: Path, flags: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings of a study without a study.toml: the user's own file, variables and flags.

    Args:
        folder: The folder of the future study.toml, which may contain a file `.env`.
        flags: Values by name, as in `FLAGS`; None for a flag that is not set.

    Raises:
        InputError: The user's file is not TOML, or a key in it is unknown.
    """
    settings = _defaults(folder / "study.toml", "")
    _merge_flags(settings, flags)
    return settings


def _defaults(source: Path, text: str) -> Settings:
    """Return the defaults, and the user's own file over them."""
    settings = Settings({name: {} for name in TABLES if name != "forbidden"}, source, text)
    _merge(settings, DEFAULTS, "default")
    _merge_user_file(settings, _user_file())
    return settings


def _merge_flags(settings: Settings, flags: Mapping[str, Any] | None) -> None:
    """Merge the environment variables, and the flags over them."""
    values = {f"--{n.replace('_', '-')}": (n, v) for n, v in (flags or {}).items() if v is not None}
    for origin, (name, value) in (_variables(settings.source.parent) | values).items():
        table, key = FLAGS[name]
        settings.tables[table][key] = value
        settings.origins[(table, key)] = origin


def _merge_profile(settings: Settings) -> None:
    """Merge the profile that `executor` names, as `"mine"`, `"mine:16"` or `"ssh:mine"`, below the settings there."""
    execution = settings.tables["execution"]
    executor = execution["executor"]
    if not isinstance(executor, str):
        return
    named = profile_named(executor)
    if named is None:
        return
    name, rest = named
    profile = read_profile(name)
    if profile is None:
        known = f"{', '.join(profile_names())}; write your own with: tunesmith setup"
        raise InputError(
            f"unknown executor {shown(executor)}. Known: {', '.join(plugins.names('executors'))}. Profiles: {known}.",
            keys=("execution", "executor"),
        )
    for key, value in profile.items():
        if settings.origins.get(("execution", key), "default") == "default":
            execution[key] = value
            settings.origins[("execution", key)] = f"profile {name}"
    execution["executor"] = profile["executor"].partition(":")[0] + f":{rest}" if rest else profile["executor"]


def _merge_slots(settings: Settings) -> None:
    """Let the slots that `executor` names, as `"process:4"`, be the number of trials at once: they go before it."""
    executor = settings.tables["execution"]["executor"]
    slots = executor.partition(":")[2] if isinstance(executor, str) else ""
    if slots.isdecimal():
        settings.tables["search"]["parallel"] = int(slots)
        settings.origins[("search", "parallel")] = settings.origins.get(("execution", "executor"), settings.source.name)


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    name = path if path == _user_file() else path.name
    try:
        text = path.read_text(encoding="utf-8-sig")  # Some editors begin a file with a byte order mark.
        if "\0" in text[:2]:  # UTF-16 without one.
            raise _not_utf8(path)
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(f"a study file must exist, but there is no {path}. Write one with: tunesmith init") from None
    except IsADirectoryError:
        raise InputError(f"a study file must be a file, but {path} is a folder.") from None
    except UnicodeDecodeError:
        raise _not_utf8(path) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name} must be valid TOML: {error}.") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits.
        digits = re.search(r"[\d_]{4300,}", text)
        line = "" if digits is None else f":{text.count(chr(10), 0, digits.start()) + 1}"
        raise InputError(
            f"{name}{line}: a whole number must fit into 64 bits, got one of thousands of digits."
        ) from None


def _not_utf8(path: Path) -> InputError:
    return InputError(f"{path.name} must be UTF-8 text. Save it as UTF-8.")


def _check_name(name: Any) -> None:
    """Raise an error for a name that a folder cannot have."""
    fits = isinstance(name, str) and name.strip(". ") and "/" not in name and name.isprintable()
    if not fits or len(name.encode()) > _LONGEST_NAME:
        raise InputError(
            f"name must be text without '/', as the name of a folder, got {shown(name)}.", keys=("study", "name")
        )


def _check_folder(folder: Any) -> None:
    if not isinstance(folder, str | os.PathLike) or not 0 < len(str(folder)) < _LONGEST_PATH or "\0" in str(folder):
        raise InputError(f"folder must be a path, got {shown(folder)}.", keys=("study", "folder"))


def _user_file() -> Path:
    return user_folder() / "config.toml"


def _variables(folder: Path) -> dict[str, tuple[str, Any]]:
    """Return the names and values of the variables `TUNESMITH_*` in `.env` and the environment, by variable."""
    texts = {**dotenv_values(folder / ".env"), **{key: text for key, text in os.environ.items() if text}}
    variables = {f"TUNESMITH_{name.upper()}": name for name in FLAGS}
    return {key: (name, _value(text)) for key, name in variables.items() if (text := texts.get(key))}


def _value(text: str) -> Any:
    """Return a number if the text is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _check_whole_numbers(entry: Any, *keys: str) -> None:
    """Raise an error for a whole number beyond 64 bits, as TOML demands."""
    if isinstance(entry, Mapping):
        for key, inner in entry.items():
            _check_whole_numbers(inner, *keys, key)
    elif isinstance(entry, list):
        for inner in entry:
            _check_whole_numbers(inner, *keys)
    elif isinstance(entry, int) and not isinstance(entry, bool):
        whole(entry, keys[-1], *keys)


def _merge(settings: Settings, document: Mapping[str, Any], origin: str) -> None:
    """Merge tables over the present ones, key by key."""
    for name, entry in document.items():
        known = TABLES.get(name)
        table = expect_table(entry, name)
        if known is not None:
            expect_keys(table, known, name)
        settings.tables[name] |= table
        settings.origins |= {(name, key): origin for key in table}
        _check_whole_numbers(table, name)


def _merge_user_file(settings: Settings, user: Path) -> None:
    if not user.exists():
        return
    text, document = _read(user)
    try:
        expect_keys(document, (name for name in TABLES if name != "forbidden"))
        _merge(settings, document, str(user))
    except InputError as error:
        line = line_of(text, error.keys)
        raise InputError(
            f"{user}{'' if line is None else f':{line}'}: {'.'.join(error.keys)}: {error.message}"
        ) from None


def _flat_space(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Undo the nesting that TOML makes of an unquoted `model.lr = {...}`: a table without a type is a level."""
    flat: dict[str, Any] = {}
    for key, entry in table.items():
        is_level = isinstance(entry, Mapping) and "type" not in entry
        if is_level and entry and all(isinstance(inner, Mapping) for inner in entry.values()):
            flat |= _flat_space(entry, f"{prefix}{key}.")
        elif isinstance(entry, Mapping) and isinstance(entry.get("when"), Mapping):
            flat[prefix + key] = {**entry, "when": _flat_condition(entry["when"])}
        else:
            flat[prefix + key] = entry
    return flat


def _flat_condition(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, entry in table.items():
        if isinstance(entry, Mapping) and not entry.keys() <= {"low", "high"}:
            flat |= _flat_condition(entry, f"{prefix}{key}.")
        else:
            flat[prefix + key] = entry
    return flat
