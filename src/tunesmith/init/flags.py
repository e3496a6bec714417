"""The flags that a script takes, read from its `argparse` calls or its shell `case`, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..config_files.constants import folded
from ..config_files.names import NOT_PLAIN
from .ranges import Guess, guess
from .sources import Sources, imported_names

_OTHER_PARSERS = {"click", "typer", "fire", "absl", "hydra", "tyro", "docopt", "simple_parsing"}
_TEXT_FOR_A_NUMBER = "it has no type=, so that the script would get text for a number"
_PATTERN = re.compile(r"(?:^|[\s|(])--([A-Za-z][\w-]*)\)([^\n]*)")
_ASSIGNED = re.compile(r"""(?:^|[\s;])([A-Za-z_]\w*)=(?:\$\{\w+:-)?["']?([^\s"';}$]+)["']?\}?""")


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

    def option(self, names: Collection[str]) -> str | None:
        """Return the spelling of the first of these options that the script takes, or None; `_` counts as `-`."""
        taken = {option.replace("_", "-"): option for flag in reversed(self.flags) for option in flag.options}
        return next((taken[name] for name in names if name in taken), None)


def read_flags(sources: Sources) -> Flags:
    """Return the flags of a script; those of other languages are not known."""
    if sources.tree is not None:
        return _python_flags(sources.tree)
    if sources.script is not None and sources.script.suffix in (".sh", ".bash"):
        flags = tuple(_shell_flags(sources.text))
        note = "No flags were found in the script: write the parameters into [space] by hand."
        return Flags(flags, () if flags else (note,))
    return Flags(())


def strings_in(tree: ast.Module) -> set[str]:
    """Return every string that stands in a script."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _python_flags(tree: ast.Module) -> Flags:
    """Return the flags of a parsed script, wherever in it they are added."""
    constants, strings = _constants(tree.body), strings_in(tree)
    inside_subcommands = {
        ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "add_parser"
        for target in node.targets
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    flags: list[Flag] = []
    notes: list[str] = []
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        assert isinstance(call.func, ast.Attribute)
        if call.func.attr == "add_argument" and ast.unparse(call.func.value) not in inside_subcommands:
            flags += list(_flag(call, constants, strings))
        elif call.func.attr == "add_subparsers" and not notes:
            notes.append("The script has subcommands, whose flags are not read. Write the command and its parameters.")
    for module in sorted({name.partition(".")[0] for name in imported_names(tree)} & _OTHER_PARSERS):
        notes.append(
            f"The script takes its flags with {module}, which is not read: only argparse is. "
            "Write the parameters into [space], each under the name of its option."
        )
    return Flags(tuple(flags), tuple(notes))


def _flag(call: ast.Call, constants: Mapping[str, Any], strings: Collection[str]) -> Iterator[Flag]:
    """Yield the flag that a call adds, where its names can be told."""
    names = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    if not names:
        return
    told = {keyword.arg: _plain(keyword.value, constants) for keyword in call.keywords if keyword.arg}
    named = {keyword.arg: _last_name(keyword.value) for keyword in call.keywords if keyword.arg}
    default, required = told.get("default"), told.get("required") is True
    action = named.get("action", "store")
    long = [name for name in names if name.startswith("--")]
    name = (long or names)[0].lstrip("-")
    if not names[0].startswith("-"):
        optional = told.get("nargs") in ("?", "*")
        yield Flag(name, (), default, Guess(None, "a positional argument"), not optional)
        return
    if not long:
        its_guess = Guess(None, "it has a short option only")
    elif action == "BooleanOptionalAction":
        # The flag that changes something is the one to search: a false value is written as nothing at all.
        name = f"no-{name}" if default is True else name
        its_guess = guess(name, False)
    elif action in ("store_true", "store_false"):
        its_guess = guess(name, False)
    elif action != "store":
        its_guess = Guess(None, f"its action '{action}' takes no value to search")
    else:
        its_guess = _guess(name, told, named.get("type", "str"), strings)
    yield Flag(name, names, default, its_guess, required)


def _guess(name: str, told: Mapping[str, Any], kind: str, strings: Collection[str]) -> Guess:
    """Return what to search for a flag that takes a value."""
    default = told.get("default")
    if told.get("nargs", "?") != "?":
        return Guess(None, "it takes a list")
    if default is NOT_PLAIN:
        return Guess(None, "its default is worked out by the script")
    if "choices" in told:
        options = told["choices"]
        if not isinstance(options, list):
            return Guess(None, "its choices are worked out by the script")
        if kind == "str" and not all(isinstance(option, str) for option in options):
            return Guess(None, _TEXT_FOR_A_NUMBER)
        return guess(name, default, options)
    if kind in ("int", "float") and default is not None:
        try:
            default = int(default) if kind == "int" else float(default)
        except (TypeError, ValueError):
            return Guess(None, f"its default {default!r} is no {kind}")
    its_guess = guess(name, default, seen=strings)
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


def _constants(statements: list[ast.stmt]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            found |= dict.fromkeys(names, _plain(statement.value, found))
    return found


def _last_name(value: ast.expr) -> str:
    """Return `float` for `float`, `BooleanOptionalAction` for `argparse.BooleanOptionalAction`, or a string."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    return ast.unparse(value).rpartition(".")[2] if isinstance(value, ast.Name | ast.Attribute) else "another type"


def _shell_flags(text: str) -> Iterator[Flag]:
    """Yield the long options of a shell script.

    A branch that reads `$2` takes a value, whose default is what the variable of that name is set to further up.
    """
    for match in _PATTERN.finditer(text):
        name = match[1]
        branch = match[2] or text[match.end() :].partition(";;")[0]
        assigned = {key.lower(): value for key, value in _ASSIGNED.findall(text[: match.start()])}
        default: Any = False
        if "$2" in branch or "${2" in branch:
            default = _number(assigned.get(name.replace("-", "_").lower(), NOT_PLAIN))
        its_guess = Guess(None, "its default was not found") if default is NOT_PLAIN else guess(name, default)
        yield Flag(name, (f"--{name}",), default, its_guess)


def _number(text: Any) -> Any:
    """Return a text as a number where it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text
