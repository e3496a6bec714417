"""The flags that a Python script takes, read from its `argparse` calls without running it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..config_files.constants import folded
from ..config_files.names import NOT_PLAIN
from .ranges import Guess, guess

_OTHER_PARSERS = {
    "click": "click",
    "typer": "typer",
    "fire": "fire",
    "absl": "absl.flags",
    "hydra": "hydra",
    "tyro": "tyro",
    "docopt": "docopt",
    "simple_parsing": "simple_parsing",
}
_TEXT_FOR_A_NUMBER = "it has no type=, so that the script would get text for a number"
_TYPES = {"float": float, "int": int}


@dataclass(frozen=True)
class Flag:
    """One option of a command.

    Args:
        name: The long option without its dashes, as `batch-size`; the parameter's name.
        options: Every spelling, as `("-b", "--batch-size")`; empty for a positional argument.
        default: The value where it is not given, or `NOT_PLAIN`.
        guess: What to search, or why not.
        required: It must be given.
    """

    name: str
    options: tuple[str, ...]
    default: Any
    guess: Guess
    required: bool = False


@dataclass(frozen=True)
class Flags:
    """What a script's command line takes.

    Args:
        flags: In the order of the script; positional arguments among them.
        notes: What was not understood, in words.
    """

    flags: tuple[Flag, ...]
    notes: tuple[str, ...] = ()

    def option(self, *names: str) -> str | None:
        """Return the spelling of the first of these options that the script takes, or None."""
        for name in names:
            for flag in self.flags:
                if name in flag.options:
                    return name
        return None


@dataclass(frozen=True)
class _Known:
    """What stands in the script besides its flags: the module's constants, and all strings."""

    constants: Mapping[str, Any]
    strings: Collection[str]


def read_flags(tree: ast.Module) -> Flags:
    """Return the flags of a parsed script, wherever in it they are added."""
    known = _Known(_constants(tree), strings_in(tree))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    inside_subcommands = _subparsers(tree)
    flags: list[Flag] = []
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        owner = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        if call.func.attr == "add_argument" and owner not in inside_subcommands:
            flag = _flag(call, known)
            if flag is not None:
                flags.append(flag)
    notes = []
    if any(call.func.attr == "add_subparsers" for call in calls if isinstance(call.func, ast.Attribute)):
        notes.append("The script has subcommands, whose flags are not read. Write the command and its parameters.")
    for module in sorted(_imported(tree) & _OTHER_PARSERS.keys()):
        notes.append(
            f"The script takes its flags with {_OTHER_PARSERS[module]}, which is not read: only argparse is. "
            "Write the parameters into [space], each under the name of its option."
        )
    return Flags(tuple(flags), tuple(notes))


def _flag(call: ast.Call, known: _Known) -> Flag | None:
    names = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    if not names:
        return None
    told = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    default = _plain(told["default"], known.constants) if "default" in told else None
    required = _plain(told["required"], known.constants) is True if "required" in told else False
    if not names[0].startswith("-"):
        nargs = _plain(told["nargs"], known.constants) if "nargs" in told else None
        return Flag(names[0], (), default, Guess(None, "a positional argument"), nargs not in ("?", "*"))
    long = [name for name in names if name.startswith("--")]
    name = long[0][2:] if long else names[0].lstrip("-")
    if not long:
        return Flag(name, names, default, Guess(None, "it has a short option only"), required)
    name, its_guess = _guess(name, told, default, known)
    return Flag(name, names, default, its_guess, required)


def _guess(name: str, told: Mapping[str, ast.expr], default: Any, known: _Known) -> tuple[str, Guess]:
    action = _last_name(told["action"]) if "action" in told else ""
    if action in ("store_true", "store_false"):
        return name, guess(name, False)
    if action == "BooleanOptionalAction":
        # The flag that changes something is the one to search: a false value is written as nothing at all.
        switch = f"no-{name}" if default is True else name
        return switch, guess(switch, False)
    if action not in ("", "store"):
        return name, Guess(None, f"its action '{action}' takes no value to search")
    return name, _valued(name, told, default, known)


def _valued(name: str, told: Mapping[str, ast.expr], default: Any, known: _Known) -> Guess:
    if "nargs" in told and _plain(told["nargs"], known.constants) != "?":
        return Guess(None, "it takes a list")
    if default is NOT_PLAIN:
        return Guess(None, "its default is worked out by the script")
    kind = _last_name(told["type"]) if "type" in told else "str"
    if "choices" in told:
        options = _plain(told["choices"], known.constants)
        if not isinstance(options, list):
            return Guess(None, "its choices are worked out by the script")
        if kind == "str" and not all(isinstance(option, str) for option in options):
            return Guess(None, _TEXT_FOR_A_NUMBER)
        return guess(name, default, options)
    if kind in ("int", "float") and default is not None:
        try:
            default = _TYPES[kind](default)
        except ValueError:
            return Guess(None, f"its default {default!r} is no {kind}")
    its_guess = guess(name, default, seen=known.strings)
    if its_guess.parameter is None:
        return its_guess
    if kind == "bool":
        return Guess(None, "type=bool takes every text for true, 'False' too; use action='store_true'")
    if isinstance(default, bool):
        return guess(name, str(default).lower(), ["true", "false"])
    if kind == "str" and not isinstance(default, str):
        return Guess(None, _TEXT_FOR_A_NUMBER)
    return its_guess


def _plain(value: ast.expr, constants: Mapping[str, Any]) -> Any:
    """Return the value of a literal, of a list of them, or of a constant of the module; else `NOT_PLAIN`."""
    if isinstance(value, ast.Name):
        return constants.get(value.id, NOT_PLAIN)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        parts = [_plain(part, constants) for part in value.elts]
        return NOT_PLAIN if any(part is NOT_PLAIN for part in parts) else parts
    return folded(value)


def strings_in(tree: ast.Module) -> set[str]:
    """Return every string that stands in a script."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _constants(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = _plain(statement.value, found)
    return found


def _subparsers(tree: ast.Module) -> set[str]:
    """Return the names that hold the parser of a subcommand."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "add_parser"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _imported(tree: ast.Module) -> set[str]:
    """Return the top names of every module that is imported."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _last_name(value: ast.expr) -> str:
    """Return `float` for `float`, `BooleanOptionalAction` for `argparse.BooleanOptionalAction`, or a string."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.Attribute):
        return value.attr
    return value.id if isinstance(value, ast.Name) else "another type"
