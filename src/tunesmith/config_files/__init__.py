"""Config files of training scripts: read without running them, and edited into a copy with all else kept.

One format a file: `python.py`, `toml.py`, `yaml.py`, `json.py`. The original is never written to.
"""

from __future__ import annotations

import codecs
import importlib
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .edits import Edits, check, edited
from .names import joined, leaves, route_of, value_at, without_not_plain
from .nodes import Malformed

__all__ = ["SUFFIXES", "edit", "find", "has", "keys", "locate", "read"]

SUFFIXES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}
"""File suffix to the module that knows the format."""


def read(path: Path) -> dict[str, Any]:
    """Return the plain values in a config file; Python is parsed, never run.

    What is not plain (`os.environ["LR"]`, a function's result) is left out. Arithmetic with literal numbers is
    worked out. In Python, assignments, dictionaries, calls with keywords and class bodies are tables.

    Args:
        path: A `.py`, `.toml`, `.yaml`, `.yml` or `.json` file.

    Returns:
        Nested tables, lists, and numbers, strings, booleans and None.

    Raises:
        InputError: There is no such file, its suffix is unknown, or it is malformed; with file and line.
    """
    values: dict[str, Any] = without_not_plain(_everything(*_text(path), path))
    return values


def edit(
    source: Path,
    target: Path,
    changes: Mapping[str, Any],
    remove: Sequence[str] = (),
    insert: Collection[str] = (),
) -> None:
    """Write an edited copy of a config file; comments, formatting and line ends stay as they are.

    What was written is read back: the copy holds exactly the changes, or an error is raised and nothing is written.

    Args:
        source: The config file; never written to.
        target: Where the copy goes, in a folder that exists; replaced where it is there already.
        changes: New values by dotted name, as `model.layers.0`. An expression is replaced by the value.
        remove: Dotted names to take out; those that are not there are passed over.
        insert: Names in `changes` that are added to their table where they are not there yet.

    Raises:
        InputError: The target is the source, a name is unknown (the nearest is named) or ambiguous, a value
            cannot stand in such a file, or the source cannot be edited safely.
    """
    if target.exists() and target.samefile(source):
        raise InputError(f"the edited copy must be another file, but {target} is the config {source} itself.")
    text, encoding, mark = _text(source)
    before = _everything(text, encoding, mark, source)
    try:
        edits = Edits.resolve(before, changes, remove, insert)
        written = _edited(text, encoding, edits, source)
        try:
            after = _everything(written, encoding, mark, source)
        except InputError as error:
            raise InputError(f"it cannot be edited safely: the copy would be broken. {error.message}") from None
        check(edits, before, after, shares=_kind(source) == "yaml" and "&" in text)
        data = mark + written.encode(encoding)
    except InputError as error:
        raise InputError(f"{source}: {error.message}", keys=error.keys) from None
    except Malformed as error:
        raise InputError(f"{source}: it cannot be edited safely: the copy would be broken: {error.reason}.") from None
    except UnicodeEncodeError as error:
        raise InputError(f"{source} is in {encoding}, which has no {error.object[error.start]!r}.") from None
    # Written beside and moved into place, so that a link at the target is replaced and never followed.
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(target)


def keys(values: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of all single values, in order; elements of lists by their place.

    >>> keys({"model": {"width": 64, "layers": [1, 2]}})
    ['model.width', 'model.layers.0', 'model.layers.1']
    """
    return [joined(route) for route, _ in leaves(values)]


def find(values: Mapping[str, Any], dotted: str) -> Any:
    """Return the value with a dotted name.

    Raises:
        KeyError: There is none.
        InputError: The table at the top was left out, and several have the rest.

    >>> find({"CONFIG": {"model": {"width": 64}}}, "model.width")
    64
    """
    route = route_of(values, dotted)
    if route is None:
        raise KeyError(dotted)
    return value_at(values, route)


def locate(values: Mapping[str, Any], dotted: str) -> bool:
    """Tell whether there is a value with a dotted name."""
    return route_of(values, dotted) is not None


def has(path: Path, dotted: str) -> bool:
    """Tell whether a config file has a key, its value plain or not: what `edit` can change without inserting."""
    return locate(_everything(*_text(path), path), dotted)


def _kind(path: Path) -> str:
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"a config file must be Python, TOML, YAML or JSON (.py, .toml, .yaml, .yml, .json), but {path} was given. "
            "Convert it, or pass its values as flags of the command."
        )
    return kind


def _text(path: Path) -> tuple[str, str, bytes]:
    """Return a file's text with its line ends, its encoding, and its byte order mark."""
    kind = _kind(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"a config file must be readable, but {path} is not: {error.strerror}.") from None
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    data = data[len(mark) :]
    try:
        if kind == "python":
            return *_format(kind).decode(data), mark
        return data.decode("utf-8"), "utf-8", mark
    except (Malformed, UnicodeDecodeError) as error:
        raise InputError(f"a config file must be text in UTF-8, but {path} is not: {error}.") from None


def _everything(text: str, encoding: str, mark: bytes, path: Path) -> dict[Any, Any]:
    """Return all values of a file, with `NOT_PLAIN` where one is not known."""
    try:
        parsed = _format(_kind(path)).parse(text)
    except Malformed as error:
        place = path if error.line is None else f"{path}:{error.line}"
        raise InputError(f"{place}: a config file must be valid {_kind(path)}, but: {error.reason}.") from None
    values = parsed if isinstance(parsed, dict) else parsed.plain()
    if not isinstance(values, dict):
        raise InputError(f"{path}: a config file must hold a table at its top, but it holds {values!r:.80}.")
    return values


def _edited(text: str, encoding: str, edits: Edits, path: Path) -> str:
    style = _format(_kind(path))
    if _kind(path) == "toml":
        written: str = style.edited(text, edits.changed, edits.inserted, edits.removed)
        return written
    return edited(style, text, edits, encoding)


def _format(kind: str) -> Any:
    """Import a format when it is needed: a trial with a JSON config does not wait for the YAML parser."""
    return importlib.import_module(f".{kind}", __name__)
