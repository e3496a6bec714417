"""Config files of training scripts: read without running them, and edited into a copy.

One module a format: `python.py`, `toml.py`, `yaml.py`, `json.py`, `ini.py`, `namelist.py`, `notebook.py`. The original
is never written to.
"""

from __future__ import annotations

import codecs
import importlib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .edits import Edits, Malformed, check
from .names import joined, leaves, route_of, value_at, without_not_plain

__all__ = ["SUFFIXES", "contains", "defined", "edit", "find", "keys", "read", "read_all"]

SUFFIXES = {
    ".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json",
    ".ini": "ini", ".cfg": "ini", ".conf": "ini", ".ipynb": "notebook",
    ".nml": "namelist", ".namelist": "namelist", ".inp": "namelist", ".par": "namelist", ".param": "namelist",
    ".params": "namelist", ".prm": "namelist", ".txt": "namelist",
}  # fmt: skip
"""File suffix to the module of the format."""


def read(path: Path) -> dict[str, Any]:
    """Return the plain values in a config file; Python is parsed, never run.

    Values that are not plain (`os.environ["LR"]`, the result of a function) are left out. Arithmetic with literal
    numbers is computed. In Python, assignments, dictionaries, calls with keywords and class bodies are tables.

    Args:
        path: A file with one of the `SUFFIXES`.

    Returns:
        Nested tables, lists, and numbers, strings, booleans and None.

    Raises:
        InputError: There is no such file, its suffix is unknown, or it is malformed; with file and line.
    """
    values: dict[str, Any] = without_not_plain(read_all(path))
    return values


def read_all(path: Path) -> dict[str, Any]:
    """Return what a config file holds, as `read` does, with `NOT_PLAIN` for the values that are not plain."""
    values: dict[str, Any] = _document(_decoded(path)[0], path).values
    return values


def edit(
    source: Path,
    target: Path,
    changes: Mapping[str, Any],
    remove: Sequence[str] = (),
    insert: Collection[str] = (),
) -> None:
    """Write an edited copy of a config file, with its comments, order, indentation and line ends.

    A Python file keeps every other byte; YAML keeps comments where ruamel.yaml does. The copy is read back: it holds
    exactly the changes, or an error is raised and nothing is written.

    Args:
        source: The config file; never written to.
        target: The copy, in a folder that exists; an existing file is replaced.
        changes: New values by dotted name, as `model.layers.0`. An expression is replaced by the value.
        remove: Dotted names to remove; missing ones are ignored.
        insert: Names in `changes` that are added to their table where they are missing.

    Raises:
        InputError: The target is the source, a name is unknown (the nearest is named) or ambiguous, a value
            cannot stand in such a file, or the source cannot be edited safely.
    """
    if target.exists() and target.samefile(source):
        raise InputError(f"the edited copy must be another file, but {target} is the config {source} itself.")
    text, encoding, mark = _decoded(source)
    document = _document(text, source)
    kind = _kind(source)
    try:
        edits = Edits.resolve(document.values, changes, remove, insert)
        written = document.edited(edits)
        if kind != "python" and "\r\n" in text:  # The libraries' writers end lines with \n.
            written = re.sub("\r?\n", "\r\n", written)
        # What the file's encoding lacks is written as an escape, as only strings in quotes can hold it.
        data = written.encode(encoding, errors="backslashreplace")
        try:
            after = _document(data.decode(encoding), source).values
        except InputError as error:
            raise InputError(f"it cannot be edited safely: the copy would be broken. {error.message}") from None
        check(edits, document.values, after, has_anchors=kind == "yaml" and "&" in text)
    except InputError as error:
        raise InputError(f"{source}: {error.message}", keys=error.keys) from None
    except Malformed as error:
        raise InputError(f"{source}: it cannot be edited safely: the copy would be broken: {error.reason}.") from None
    # Written beside and moved into place, so that a link at the target is replaced and never followed.
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(mark + data)
    beside.replace(target)


def keys(values: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of all single values, in order; elements of lists by their index.

    >>> keys({"model": {"width": 64, "layers": [1, 2]}})
    ['model.width', 'model.layers.0', 'model.layers.1']
    """
    return [joined(route) for route, _ in leaves(values)]


def find(values: Mapping[str, Any], dotted: str) -> Any:
    """Return the value with a dotted name.

    Raises:
        KeyError: There is none.
        InputError: The name leaves out the table at the top, and several have the rest.

    >>> find({"CONFIG": {"model": {"width": 64}}}, "model.width")
    64
    """
    route = route_of(values, dotted)
    if route is None:
        raise KeyError(dotted)
    return value_at(values, route)


def contains(values: Mapping[str, Any], dotted: str) -> bool:
    """Tell whether there is a value with a dotted name."""
    return route_of(values, dotted) is not None


def defined(path: Path, names: Iterable[str]) -> list[str]:
    """Return the dotted names that a config file has, their values plain or not: those that need no inserting."""
    values = read_all(path)
    return [name for name in names if contains(values, name)]


def _kind(path: Path) -> str:
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"a config file must be Python, TOML, YAML, JSON, INI, a namelist or a notebook ({', '.join(SUFFIXES)}), "
            f"got {path}. Convert it, or pass its values as flags of the command."
        )
    return kind


def _decoded(path: Path) -> tuple[str, str, bytes]:
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


def _document(text: str, path: Path) -> Any:
    """Parse a file; the document's `values` hold `NOT_PLAIN` for those that are not known."""
    kind = _kind(path)
    try:
        document = _format(kind).Document(text)
    except Malformed as error:
        location = path if error.line is None else f"{path}:{error.line}"
        raise InputError(f"{location}: a config file must be valid {kind}, but: {error.reason}.") from None
    if not isinstance(document.values, dict):
        raise InputError(f"{path}: a config file must hold a table at its top, but it holds {document.values!r:.80}.")
    return document


def _format(kind: str) -> Any:
    """Import a format on first use: a trial with a JSON config does not wait for the YAML parser."""
    return importlib.import_module(f".{kind}", __name__)
