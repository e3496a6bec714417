"""From a plugin's name to its class: a file of this package, or an entry point of another."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from .core.schema import build
from .errors import InputError, nearest

KINDS = {
    "proposers": "Proposer",
    "pruners": "Pruner",
    "judges": "Judge",
    "executors": "Executor",
    "tasks": "Task",
}
"""Folder to the word that ends its classes' names: `proposers/tpe.py` holds `TpeProposer`."""


def names(kind: str) -> list[str]:
    """Return the names of all plugins of a kind, built in and installed, sorted.

    Args:
        kind: A folder's name, as `"proposers"`.

    >>> "random" in names("proposers")
    True
    """
    package = importlib.import_module(f"tunesmith.{kind}")
    own = {m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "base" and not m.name.startswith("_")}
    return sorted(own | {point.name for point in entry_points(group=f"tunesmith.{kind}")})


def load(kind: str, name: str) -> type[Any]:
    """Return the class behind a plugin's name.

    Args:
        kind: A folder's name, as `"proposers"`.
        name: A file's name without `.py`, or an entry point's.

    Raises:
        InputError: No such plugin; the message lists those there are.
    """
    for point in entry_points(group=f"tunesmith.{kind}", name=name):
        found: type[Any] = point.load()
        return found
    known = names(kind)
    if name not in known:
        raise InputError(
            f"unknown {kind[:-1]} '{name}'.{nearest(name, known)} Known: {', '.join(known)}.",
            keys=(kind[:-1],),
        )
    module = importlib.import_module(f"tunesmith.{kind}.{name}")
    own: type[Any] = getattr(module, "".join(word.capitalize() for word in name.split("_")) + KINDS[kind])
    return own


def create(kind: str, name: str, options: Mapping[str, Any] | None = None) -> Any:
    """Construct a plugin from its name and a table of its options (the fields of its dataclass).

    Raises:
        InputError: No such plugin, or an option that it does not know or take.
    """
    return build(load(kind, name), options or {}, kind[:-1])


def resolve(kind: str, given: Any) -> Any:
    """Return a plugin from what a user wrote.

    Args:
        kind: A folder's name, as `"proposers"`.
        given: A name (an executor's may carry its slots, as `"process:4"`), a table `{"name": ..., option: ...}`,
            or a ready object, which is returned as it is.

    Raises:
        InputError: No such plugin, or an option that it does not know or take.

    >>> resolve("proposers", {"name": "tpe", "candidates": 32}).candidates
    32
    """
    if isinstance(given, str):
        name, _, slots = given.partition(":") if kind == "executors" else (given, "", "")
        if slots and not slots.isdigit():
            raise InputError(f"an executor's slots must be a number, as 'process:4', but {given!r} was given.")
        return create(kind, name, {"slots": int(slots)} if slots else {})
    if isinstance(given, Mapping):
        options = dict(given)
        name = options.pop("name", None)
        if not isinstance(name, str):
            raise InputError(
                f'a {kind[:-1]} needs a name, as {kind[:-1]} = {{ name = "{names(kind)[0]}" }}.', keys=(kind[:-1],)
            )
        return create(kind, name, options)
    if given is None or isinstance(given, bool | int | float | list | tuple | type):
        article = "an" if kind == "executors" else "a"
        raise InputError(
            f"{article} {kind[:-1]} must be a name, a table with a name, or an object, but {given!r} was given.",
            keys=(kind[:-1],),
        )
    return given


def name_of(given: Any) -> str:
    """Return a plugin's name, from what a user wrote or from the ready object: that of its file.

    >>> name_of("tpe"), name_of({"name": "tpe", "candidates": 32}), name_of(resolve("proposers", "tpe"))
    ('tpe', 'tpe', 'tpe')
    """
    if isinstance(given, str):
        return given
    return str(given.get("name")) if isinstance(given, Mapping) else type(given).__module__.rpartition(".")[2]
