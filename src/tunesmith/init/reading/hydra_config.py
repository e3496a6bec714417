"""The values of a config that Hydra composes from YAML files, and its groups, read in those files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ... import config_files
from ...errors import InputError
from ..script_option import ScriptOption
from .literals import calls, keywords, kind_of, plain
from .local_files import read_text
from .source import Found, Source

_PACKAGE = re.compile(r"^#\s*@package\s+(\S+)", re.MULTILINE)
_SUFFIXES = (".yaml", ".yml")


def read(source: Source) -> Found:
    """Return the options of the config of a script with `@hydra.main`."""
    for path, tree in source.trees.items():
        for call in calls(tree, "main"):
            given = {key: plain(value, {}) for key, value in keywords(call).items()}
            name, folder = given.get("config_name"), given.get("config_path")
            if isinstance(name, str) and "hydra" in source.texts[path]:
                return _Composition(path.parent / str(folder or "."), source.arguments).found(name)
    return Found()


class _Composition:
    """The config of a folder, composed as the words of the command line say."""

    def __init__(self, folder: Path, arguments: Any) -> None:
        self._folder = folder
        pairs = [word.lstrip("+").partition("=") for word in arguments if "=" in word and word[:1] not in "-~"]
        self._chosen = {key: value for key, _, value in pairs}
        self._values: dict[str, Any] = {}
        self._groups: dict[str, tuple[str, str, tuple[str, ...]]] = {}

    def found(self, name: str) -> Found:
        self._load(name, (), "")
        options = [*map(self._group, self._groups), *(_option(*item) for item in _leaves(self._values, ()))]
        notes = () if self._values else (f"The config {name} was not found in {self._folder.name}.",)
        return Found("hydra", options, notes)

    def _load(self, name: str, package: tuple[str, ...], group: str) -> None:
        """Merge a file and those that its list of defaults names, in their order."""
        file = next((path for suffix in _SUFFIXES if (path := self._folder / f"{name}{suffix}").is_file()), None)
        if file is None:
            return
        own_package = _PACKAGE.search(read_text(file))
        if own_package is not None:
            package = () if own_package[1] == "_global_" else tuple(own_package[1].split("."))
        try:
            values = config_files.read(file)
        except InputError:
            return
        entries = values.pop("defaults", [])
        entries = entries if isinstance(entries, list) else []
        for entry in entries if "_self_" in entries else [*entries, "_self_"]:
            if entry == "_self_":
                _merge(self._values, package, values)
            elif isinstance(entry, str):
                self._load(f"{group}/{entry}".lstrip("/"), package, group)
            elif isinstance(entry, dict):
                for key, choice in entry.items():
                    self._load_choice(str(key).replace("override ", "").replace("optional ", ""), choice, group)

    def _load_choice(self, key: str, default: Any, parent: str) -> None:
        name, _, package = key.partition("@")
        path = f"{parent}/{name}".strip("/")
        if not isinstance(default, str) or name.startswith(("hydra/", "/hydra/")):
            return
        choice = self._chosen.get(key, default)
        choices = sorted(file.stem for file in (self._folder / path).glob("*") if file.suffix in _SUFFIXES)
        self._groups[key] = (default, choice, tuple(choices))
        self._load(f"{path}/{choice}", tuple((package or path.replace("/", ".")).split(".")), path)

    def _group(self, key: str) -> ScriptOption:
        default, _, choices = self._groups[key]
        return ScriptOption(
            name=key, spellings=(key,), form="name=value", default=default, choices=choices, help="a config group"
        )


def _option(name: str, value: Any) -> ScriptOption:
    missing = value == "???"
    switch = (f"{name}=true", f"{name}=false") if isinstance(value, bool) else None
    return ScriptOption(
        name=name,
        spellings=(name,),
        form="name=value",
        kind="str" if missing else kind_of(value),
        default=None if missing else value,
        required=missing,
        switch=switch,
    )


def _leaves(values: Mapping[str, Any], before: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the values by their dotted names; those that follow another, as `${model.width}`, are left out."""
    for key, value in values.items():
        route = (*before, str(key))
        if isinstance(value, dict):
            yield from _leaves(value, route) if route[0] != "hydra" else ()
        elif not (isinstance(value, str) and "${" in value):
            yield ".".join(route), value


def _merge(values: dict[str, Any], package: tuple[str, ...], others: Mapping[str, Any]) -> None:
    for key in package:
        values = values.setdefault(key, {})
    for key, value in others.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], (), value)
        else:
            values[key] = value
