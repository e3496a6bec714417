"""Plugins by name: files of this package, and entry points of others."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoints, entry_points
from typing import Any

from .core.schema import build
from .core.values import shown
from .errors import InputError, nearest

KINDS = {
    "proposers": "proposer",
    "pruners": "pruner",
    "judges": "judge",
    "executors": "executor",
    "tasks": "task",
    "families": "family",
    "forecasters": "forecaster",
    "steps": "step",
    "trackers": "tracker",
    "exporters": "exporter",
}
_METHODS = {
    "proposer": "propose",
    "pruner": "should_prune",
    "judge": "judge",
    "executor": "submit",
    "task": "evaluate",
    "family": "fit",
    "forecaster": "fit",
    "step": "build",
    "tracker": "record",
    "exporter": "export",
}
"""Folder to singular. Capitalised, it ends the names of the classes: `proposers/tpe.py` holds `TpeProposer`."""


def names(kind: str) -> list[str]:
    """Return the names of all plugins of a kind, built in and installed, sorted.

    Args:
        kind: A folder of plugins, such as `"proposers"`.

    >>> "random" in names("proposers")
    True
    """
    package = importlib.import_module(f"tunesmith.{kind}")
    own = {m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_")}
    return sorted(own | {point.name for point in _installed(kind)})


def load(kind: str, name: str) -> type[Any]:
    """Return the class of a plugin.

    Args:
        kind: A folder of plugins, such as `"proposers"`.
        name: The name of a file, without `.py`, or of an entry point.

    Raises:
        InputError: There is no such plugin; the message lists the known ones.
    """
    for point in _installed(kind).select(name=name):
        installed: type[Any] = point.load()
        return installed
    word, known = KINDS[kind], names(kind)
    if name not in known:
        raise InputError(
            f"unknown {word} {shown(name)}.{nearest(name, known)} Known: {', '.join(known)}.", keys=(word,)
        )
    module = importlib.import_module(f"tunesmith.{kind}.{name}")
    built_in: type[Any] = getattr(module, "".join(map(str.capitalize, (*name.split("_"), word))))
    return built_in


def _installed(kind: str) -> EntryPoints:
    return _entry_points(f"tunesmith.{kind}", tuple(sys.path))


@lru_cache(maxsize=32)
def _entry_points(group: str, path: tuple[str, ...]) -> EntryPoints:
    """Return the entry points of a group; `path` is `sys.path`. Each look at all installed packages takes 50 ms."""
    return entry_points(group=group)


def create(kind: str, name: str, options: Mapping[str, Any] | None = None) -> Any:
    """Construct a plugin from its name and a table of options, the fields of its dataclass.

    Raises:
        InputError: There is no such plugin, or it refuses an option.
    """
    return build(load(kind, name), options or {}, KINDS[kind])


def resolve(kind: str, setting: Any) -> Any:
    """Return a plugin from a setting.

    Args:
        kind: A folder of plugins, such as `"proposers"`.
        setting: A name (an executor's may include its slots, as in `"process:4"`), a table
            `{"name": ..., option: ...}`, or an instance, which is returned unchanged.

    Raises:
        InputError: There is no such plugin, or it refuses an option.

    >>> resolve("proposers", {"name": "tpe", "candidates": 32}).candidates
    32
    """
    word = KINDS[kind]
    if isinstance(setting, str):
        name, _, slots = setting.partition(":") if kind == "executors" else (setting, "", "")
        if slots and not slots.isdigit():
            raise InputError(f"an executor's slots must be a number, as in 'process:4', got {shown(setting)}.")
        return create(kind, name, {"slots": int(slots)} if slots else {})
    if isinstance(setting, Mapping):
        options = dict(setting)
        name = options.pop("name", None)
        if not isinstance(name, str):
            raise InputError(
                f'the table of {_with_article(word)} needs a name. Write {word} = {{ name = "{names(kind)[0]}" }}.',
                keys=(word,),
            )
        return create(kind, name, options)
    check_kind(word, setting)
    return setting


def check_kind(word: str, instance: object) -> None:
    """Raise `InputError` if an object is not a plugin of a kind, such as `"pruner"`."""
    if isinstance(instance, type) or not callable(getattr(instance, _METHODS[word], None)):
        raise InputError(
            f"{_with_article(word)} must be a name, a table with a name, or an instance, got {shown(instance)}, "
            f"which has no method `{_METHODS[word]}`.",
            keys=(word,),
        )


def name_of(setting: Any) -> str:
    """Return a plugin's name from a setting or an instance.

    >>> name_of("tpe"), name_of({"name": "tpe", "candidates": 32}), name_of(resolve("proposers", "tpe"))
    ('tpe', 'tpe', 'tpe')
    """
    if isinstance(setting, str):
        return setting
    return str(setting.get("name")) if isinstance(setting, Mapping) else type(setting).__module__.rpartition(".")[2]


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
