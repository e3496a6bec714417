"""Fields of pydantic's settings, which are environment variables: `APP_LR` for `lr` with the prefix `APP_`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..script_option import ScriptOption
from . import environment
from .fields import Definition, FieldReader, Style, definitions_in, fields_of, is_enumeration, without_optional
from .literals import as_kind, constants_of, keywords, last_name, plain
from .local_files import read_text
from .source import Found, Source

_STYLE = Style("pydantic-settings")
_LEAST, _MOST = ("ge", "gt"), ("le", "lt")


def read(source: Source) -> Found:
    """Return the fields of the classes of settings, with the values that an `.env` file gives them."""
    if not any("BaseSettings" in text for text in source.texts.values()):
        return Found()
    definitions = definitions_in(source)
    constants = {name: value for tree in source.trees.values() for name, value in constants_of(tree.body).items()}
    reader = _SettingsReader(definitions, constants)
    found: dict[str, ScriptOption] = {}
    for definition in definitions.values():
        if isinstance(definition, ast.ClassDef) and reader.is_settings(definition):
            table = reader.table(definition)
            in_file = _in_file(source, table.get("env_file"))
            for option in reader.variables(definition, str(table.get("env_prefix") or ""), table):
                found.setdefault(option.name, _with_value(option, in_file))
    notes = ("The script's settings are variables, which are set before it, as in `env LR=0.1 python train.py`.",)
    return Found(environment.FRAMEWORK, list(found.values()), notes if found else ())


class _SettingsReader:
    def __init__(self, definitions: Mapping[str, Definition], constants: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._constants = constants
        self._fields = FieldReader(definitions, constants)

    def is_settings(self, definition: ast.ClassDef) -> bool:
        names = {last_name(base) for base in definition.bases}
        own = [self._definitions.get(name) for name in names]
        return "BaseSettings" in names or any(isinstance(base, ast.ClassDef) and self.is_settings(base) for base in own)

    def table(self, definition: ast.ClassDef) -> dict[str, Any]:
        """Return the configuration of a class of settings, in either of pydantic's spellings."""
        for node in definition.body:
            if isinstance(node, ast.Assign) and last_name(node.targets[0]) == "model_config":
                if isinstance(node.value, ast.Call):
                    return {name: plain(value, self._constants) for name, value in keywords(node.value).items()}
                if isinstance(node.value, ast.Dict):
                    pairs = zip(node.value.keys, node.value.values, strict=True)
                    return {last_name(key): plain(value, self._constants) for key, value in pairs}
            if isinstance(node, ast.ClassDef) and node.name == "Config":
                return constants_of(node.body)
        bases = (self._definitions.get(last_name(base)) for base in definition.bases)
        return next((self.table(base) for base in bases if isinstance(base, ast.ClassDef)), {})

    def variables(self, definition: ast.ClassDef, prefix: str, table: Mapping[str, Any]) -> Iterator[ScriptOption]:
        """Yield the variables of a class's fields, and of the models in them if a delimiter separates those."""
        for base in definition.bases:
            inherited = self._definitions.get(last_name(base))
            if isinstance(inherited, ast.ClassDef):
                yield from self.variables(inherited, prefix, table)
        delimiter = table.get("env_nested_delimiter")
        for name, annotation, default in fields_of(definition):
            type_ = without_optional(annotation)
            nested = self._definitions.get(last_name(type_))
            if isinstance(nested, ast.ClassDef) and not is_enumeration(nested):
                if isinstance(delimiter, str) and delimiter:
                    given = keywords(default) if isinstance(default, ast.Call) else {}
                    inner = self.variables(nested, f"{prefix}{name}{delimiter}", table)
                    changed = {f"{prefix}{name}{delimiter}{key}".upper(): value for key, value in given.items()}
                    yield from (self._changed(option, changed.get(option.name)) for option in inner)
            else:
                yield self._variable(f"{prefix}{name}", type_, default, table)

    def _changed(self, option: ScriptOption, default: ast.expr | None) -> ScriptOption:
        if default is None:
            return option
        return replace(option, default=as_kind(plain(default, self._constants), option.kind))

    def _variable(
        self, name: str, type_: ast.expr | None, default: ast.expr | None, table: Mapping[str, Any]
    ) -> ScriptOption:
        option = self._fields.option(name, type_, default, _STYLE)
        given = keywords(default) if isinstance(default, ast.Call) and last_name(default.func) == "Field" else {}
        alias = plain(given.get("validation_alias") or given.get("alias"), self._constants)
        variable = alias if isinstance(alias, str) else name if table.get("case_sensitive") is True else name.upper()
        return replace(
            option,
            name=variable,
            spellings=(variable,),
            form="name=value",
            switch=(f"{variable}=true", f"{variable}=false") if option.kind == "bool" else None,
            bounds=(self._bound(given, _LEAST), self._bound(given, _MOST)),
        )

    def _bound(self, given: Mapping[str, ast.expr], names: tuple[str, str]) -> float | None:
        """Return the bound of a field; an open one is moved inside by a millionth of itself, or by that of 1."""
        closed, opened = (plain(given.get(name), self._constants) for name in names)
        if isinstance(closed, int | float):
            return closed
        if not isinstance(opened, int | float):
            return None
        step = 1e-6 * (abs(opened) or 1.0)
        return opened + step if names == _LEAST else opened - step


def _in_file(source: Source, name: Any) -> dict[str, str]:
    """Return the variables in an `.env` file, their names in capitals; of several files the last one counts."""
    values: dict[str, str] = {}
    for file in name if isinstance(name, list) else [name]:
        text = read_text(source.folder / file) if isinstance(file, str) else ""
        for line in text.splitlines():
            key, equals, value = line.strip().removeprefix("export ").partition("=")
            if equals and not key.startswith("#"):
                values[key.strip().upper()] = value.partition(" #")[0].strip().strip("\"'")
    return values


def _with_value(option: ScriptOption, in_file: Mapping[str, str]) -> ScriptOption:
    text = in_file.get(option.name.upper())
    return option if text is None else replace(option, default=as_kind(text, option.kind), required=False)
