"""Options that Python defines with `flags.DEFINE_...` of absl."""

from __future__ import annotations

import ast

from ..script_option import Kind, ScriptOption
from . import config_dict
from .given import given_value
from .literals import as_kind, constants_of, keywords, last_name, plain
from .source import Found, Source

_KINDS: dict[str, Kind] = {
    "DEFINE_string": "str", "DEFINE_integer": "int", "DEFINE_float": "float", "DEFINE_bool": "bool",
    "DEFINE_boolean": "bool", "DEFINE_enum": "str", "DEFINE_list": "list", "DEFINE_multi_string": "list",
    "DEFINE_multi_integer": "list", "DEFINE_multi_float": "list", "DEFINE_config_file": "path",
}  # fmt: skip


def read(source: Source) -> Found:
    """Return the flags of a script, also of the modules that it imports."""
    options: list[ScriptOption] = []
    for tree in source.trees.values():
        constants = constants_of(tree.body)
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and last_name(node.func) in _KINDS]
        for call in sorted(found, key=lambda call: (call.lineno, call.col_offset)):
            kind, given = _KINDS[last_name(call.func)], keywords(call)
            values = [plain(arg, constants) for arg in call.args]
            name = values[0] if values else plain(given.get("name"), constants)
            if not isinstance(name, str):
                continue
            is_choice = last_name(call.func) == "DEFINE_enum"
            default = values[1] if len(values) > 1 else plain(given.get("default"), constants)
            choices = values[2] if is_choice and len(values) > 2 else plain(given.get("enum_values"), constants)
            texts = values[3 if is_choice else 2 :]
            options.append(
                ScriptOption(
                    name=name,
                    spellings=(f"--{name}",),
                    form="--name=value",
                    kind=kind,
                    default=as_kind(default, kind),
                    choices=tuple(choices) if isinstance(choices, list) else None,
                    required=plain(given.get("required"), constants) is True,
                    help=texts[0] if texts and isinstance(texts[0], str) else "",
                    switch=(f"--{name}", f"--no{name}") if kind == "bool" else None,
                )
            )
            if kind == "path":
                file = given_value(source.arguments, name) or default
                options += config_dict.options_of(name, source.folder / str(file).partition(":")[0])
    return Found("absl" if options else "", options)
