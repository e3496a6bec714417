"""Settings: defaults, the user's config.toml, study.toml, environment variables and flags, each over the one before.

Every value remembers where it came from, so that `--dry-run` can show it and an error can name file and line.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from ..core.schema import expect_keys, expect_table
from ..errors import InputError
from ..llm.options import ModelOptions
from .toml_lines import line_of

TABLES = {
    "study": ("name", "objective", "seed", "folder"),
    "task": None,
    "space": None,
    "forbidden": None,
    "budget": ("trials", "minutes", "target", "patience", "seconds_per_trial", "memory_gb", "usd"),
    "search": ("proposer", "pruner", "judge", "parallel"),
    "execution": None,
    "agents": tuple(option.name for option in fields(ModelOptions)),
}
"""The tables of study.toml and their keys; None where whoever reads the table knows them."""

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
"""Flag to the setting it overrides; `TUNESMITH_` and the name in capitals is the environment variable."""


@dataclass
class Settings:
    """What a study was asked to be.

    Args:
        tables: The merged tables of study.toml.
        origins: Where each setting came from, by table and key.
        source: The study.toml, absolute.
        text: Its text.
    """

    tables: dict[str, dict[str, Any]]
    source: Path
    text: str
    forbidden: list[Any] = field(default_factory=list)
    origins: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the study is kept: `studies/<name>` beside study.toml, unless said otherwise."""
        given = self.tables["study"].get("folder")
        if given is None:
            return self.source.parent / "studies" / self.name
        # A flag is relative to where the user stands, a key in the file to the file.
        base = self.source.parent if self.origins[("study", "folder")] == self.source.name else Path.cwd()
        return base / Path(given).expanduser()

    @property
    def name(self) -> str:
        """The study's name; by default that of the folder of study.toml."""
        return str(self.tables["study"].get("name", self.source.parent.name))

    def place(self, error: InputError) -> str:
        """Return where an error's keys stand: `study.toml:14`, a flag, a variable, or just the file."""
        if len(error.keys) >= 2:
            origin = self.origins.get((error.keys[0], error.keys[1]))
            if origin is not None and origin != self.source.name:
                return origin
        line = line_of(self.text, error.keys)
        return self.source.name if line is None else f"{self.source.name}:{line}"

    def told(self, error: InputError) -> InputError:
        """Return the error with its place before the message."""
        keys = ".".join(f'"{key}"' if "." in key else key for key in error.keys)
        return type(error)(f"{self.place(error)}: {keys + ': ' if keys else ''}{error.message}")


def read_settings(path: Path, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read a study.toml and lay the other sources of settings under and over it.

    Args:
        path: The study.toml.
        flags: Values by name, as in `FLAGS`; None where one was not given.

    Returns:
        The settings; their tables are checked for unknown keys, their values by whoever uses them.

    Raises:
        InputError: A file is missing or no TOML, or a key is unknown. The message starts with the place.
    """
    path = Path(path).absolute()
    text, document = _read(path)
    settings = Settings({name: {} for name in TABLES if name != "forbidden"}, path, text)
    _lay_under(settings)
    try:
        expect_keys(document, TABLES)
        forbidden = document.pop("forbidden", [])
        if not isinstance(forbidden, list):
            raise InputError("forbidden must be a list of tables, each [[forbidden]].", keys=("forbidden",))
        settings.forbidden = [_flat_condition(expect_table(clause, "forbidden")) for clause in forbidden]
        _lay(settings, document, path.name)
        settings.tables["space"] = _flat_space(settings.tables["space"])
        _lay_over(settings, flags)
        _check_name(settings.tables["study"].get("name", "study"))
    except InputError as error:
        raise settings.told(error) from None
    return settings


def usual_settings(folder: Path, flags: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings of a study that is not written yet: the user's own file, variables and flags.

    Args:
        folder: Where its study.toml is going to be, and a file `.env` may lie.
        flags: Values by name, as in `FLAGS`; None where one was not given.

    Raises:
        InputError: The user's file is no TOML, or a key in it is unknown.
    """
    settings = Settings({name: {} for name in TABLES if name != "forbidden"}, folder / "study.toml", "")
    _lay_under(settings)
    _lay_over(settings, flags)
    return settings


def _lay_under(settings: Settings) -> None:
    _lay(settings, DEFAULTS, "default")
    _lay_user_file(settings, _user_file())


def _lay_over(settings: Settings, flags: Mapping[str, Any] | None) -> None:
    _lay_flags(settings, _variables(settings.source.parent))
    _lay_flags(settings, {f"--{n.replace('_', '-')}": (n, v) for n, v in (flags or {}).items() if v is not None})


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(
            f"there must be a study file, but {path} does not exist. Write one with: tunesmith init"
        ) from None
    except IsADirectoryError:
        raise InputError(f"a study file must be a file, but {path} is a folder.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} must be UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path if path == _user_file() else path.name} must be valid TOML: {error}.") from None


def _check_name(name: Any) -> None:
    """Raise an error for a name that could not be a folder's."""
    if not isinstance(name, str) or not name.strip(". ") or "/" in name or not name.isprintable():
        raise InputError(
            f"name must be text without '/', since a folder gets it, but {name!r} was given.", keys=("study", "name")
        )


def _user_file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tunesmith" / "config.toml"


def _variables(folder: Path) -> dict[str, tuple[str, Any]]:
    """Return the `TUNESMITH_*` settings of `.env` and of the environment, by the name to show for them."""
    names = {f"TUNESMITH_{name.upper()}": name for name in FLAGS}
    found = {
        key: (names[key], value) for key, value in dotenv_values(folder / ".env").items() if key in names and value
    }
    found |= {key: (name, os.environ[key]) for key, name in names.items() if os.environ.get(key)}
    return {key: (name, _value(text)) for key, (name, text) in found.items()}


def _value(text: str | None) -> Any:
    """Read a number where the text is one; anything else stays text."""
    for kind in (int, float):
        try:
            return kind(text or "")
        except ValueError:
            continue
    return text


def _lay(settings: Settings, document: Mapping[str, Any], origin: str) -> None:
    """Lay tables over those that are there, key by key."""
    for name, given in document.items():
        known = TABLES.get(name)
        table = expect_table(given, name)
        if known is not None:
            expect_keys(table, known, name)
        settings.tables[name] |= table
        settings.origins |= {(name, key): origin for key in table}


def _lay_user_file(settings: Settings, user: Path) -> None:
    if not user.exists():
        return
    text, document = _read(user)
    try:
        expect_keys(document, (name for name in TABLES if name != "forbidden"))
        _lay(settings, document, str(user))
    except InputError as error:
        line = line_of(text, error.keys)
        raise InputError(
            f"{user}{'' if line is None else f':{line}'}: {'.'.join(error.keys)}: {error.message}"
        ) from None


def _lay_flags(settings: Settings, given: Mapping[str, tuple[str, Any]]) -> None:
    for shown, (name, value) in given.items():
        table, key = FLAGS[name]
        settings.tables[table][key] = value
        settings.origins[(table, key)] = shown


def _flat_space(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Undo the nesting that TOML makes of an unquoted `model.lr = {...}`: a table without a type is a level."""
    flat: dict[str, Any] = {}
    for key, entry in table.items():
        nested = isinstance(entry, Mapping) and "type" not in entry
        if nested and entry and all(isinstance(inner, Mapping) for inner in entry.values()):
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
