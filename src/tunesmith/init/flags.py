"""The flags of a script, read from its `argparse` calls or its shell `case`, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..config_files.constants import folded
from ..config_files.names import NOT_PLAIN
from ..core.parameters import Float
from .ranges import Guess, guess, guess_around
from .sources import Sources, imported_names

_OTHER_PARSERS = {"click", "typer", "fire", "absl", "hydra", "tyro", "docopt", "simple_parsing"}
_BOOLEAN_ACTIONS = ("store_true", "store_false", "BooleanOptionalAction")
_TEXT_FOR_A_NUMBER = "it has no type=, so the script would get text instead of a number"
_PATTERN = re.compile(r"(?:^|[\s|(])--([A-Za-z][\w-]*)\)([^\n]*)")
_ASSIGNED = re.compile(r"""(?:^|[\s;])([A-Za-z_]\w*)=(?:\$\{\w+:-)?["']?([^\s"';}$]+)["']?\}?""")


@dataclass(frozen=True)
class Flag:
    """A flag or a positional argument of a script.

    Args:
        name: The long option without its dashes, as `batch-size`; the parameter's name.
        options: All spellings, as `("-b", "--batch-size")`; empty for a positional argument.
        default: The default value, or `NOT_PLAIN`.
        guess: The parameter to tune, or the reason to leave it alone.
        required: It must be given.
        spelling: Of a flag without a value, the words for true and for false; empty for none.
    """

    name: str
    options: tuple[str, ...]
    default: Any
    guess: Guess
    required: bool = False
    spelling: tuple[str, str] | None = None


@dataclass(frozen=True)
class Flags:
    """All flags of a script.

    Args:
        flags: In the order of the script, positional arguments included.
        notes: What could not be read, for the user.
    """

    flags: tuple[Flag, ...]
    notes: tuple[str, ...] = ()

    def option(self, names: Collection[str]) -> str | None:
        """Return the script's spelling of the first of these options that it has, or None; `_` counts as `-`."""
        spellings = {option.replace("_", "-"): option for flag in reversed(self.flags) for option in flag.options}
        return next((spellings[name] for name in names if name in spellings), None)


def read_flags(sources: Sources) -> Flags:
    """Return the flags of a Python or shell script; those of other languages are not read."""
    if sources.tree is not None:
        return _python_flags(sources.tree)
    if sources.script is not None and sources.script.suffix in (".sh", ".bash"):
        flags = tuple(_shell_flags(sources.text))
        note = "TO DO: write the parameters into [space], since no flags were found in the script."
        return Flags(flags, () if flags else (note,))
    return Flags(())


def strings_in(tree: ast.Module) -> set[str]:
    """Return all strings in a script."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _python_flags(tree: ast.Module) -> Flags:
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
            notes.append("TO DO: correct the command and [space]: the flags of subcommands are not read.")
    for module in sorted({name.partition(".")[0] for name in imported_names(tree)} & _OTHER_PARSERS):
        notes.append(
            "TO DO: write the parameters into [space], each under the name of its option: the script defines them with "
            f"{module}, and only argparse is read."
        )
    return Flags(tuple(flags), tuple(notes))


def _flag(call: ast.Call, constants: Mapping[str, Any], strings: Collection[str]) -> Iterator[Flag]:
    """Yield the flag that a call adds, if its names are literal strings."""
    names = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    if not names:
        return
    values = {keyword.arg: _plain(keyword.value, constants) for keyword in call.keywords if keyword.arg}
    identifiers = {keyword.arg: _last_name(keyword.value) for keyword in call.keywords if keyword.arg}
    default, required = values.get("default"), values.get("required") is True
    action = identifiers.get("action", "store")
    long = [name for name in names if name.startswith("--")]
    name = (long or names)[0].lstrip("-")
    if not names[0].startswith("-"):
        optional = values.get("nargs") in ("?", "*")
        yield Flag(name, (), default, Guess(None, "a positional argument"), not optional)
        return
    spelling = None
    if not long:
        guessed = Guess(None, "it has only a short option")
    elif action in _BOOLEAN_ACTIONS:
        guessed = _guess_boolean(name, action, default)
        spelling = (long[0], f"--no-{name}" if action == "BooleanOptionalAction" else "")
    elif action != "store":
        guessed = Guess(None, f"its action '{action}' takes no value")
    else:
        guessed = _guess(name, values, identifiers.get("type", "str"), strings)
    yield Flag(name, names, default, guessed, required, spelling)


def _guess_boolean(name: str, action: str, default: Any) -> Guess:
    """Guess the parameter of a flag without a value; of `store_true` and `store_false`, whether the flag is given."""
    if default is NOT_PLAIN:
        return Guess(None, "the script computes its default")
    if action == "BooleanOptionalAction":
        return guess(name, default)
    if default is not None and bool(default) is (action == "store_true"):
        return Guess(None, f"it has no effect, because its default is {default} already")
    return guess(name, False)


def _guess(name: str, values: Mapping[str, Any], kind: str, strings: Collection[str]) -> Guess:
    """Guess the parameter of a flag that takes a value."""
    default = values.get("default")
    if values.get("nargs", "?") != "?":
        return Guess(None, "it takes a list")
    if default is NOT_PLAIN:
        return Guess(None, "the script computes its default")
    if "choices" in values:
        options = values["choices"]
        if not isinstance(options, list):
            return Guess(None, "the script computes its choices")
        if kind == "str" and not all(isinstance(option, str) for option in options):
            return Guess(None, _TEXT_FOR_A_NUMBER)
        return guess(name, default, options)
    if kind in ("int", "float") and default is not None:
        try:
            default = int(default) if kind == "int" else float(default)
        except (TypeError, ValueError):
            return Guess(None, f"its default {default!r} is not of type {kind}")
    guessed = guess(name, default, strings=strings)
    if guessed.parameter is None:
        return guessed
    if kind == "bool":
        return Guess(None, "type=bool reads any text as true, even 'False'; use action='store_true'")
    if isinstance(default, bool):
        return guess(name, str(default).lower(), ["true", "false"])
    if kind == "str" and not isinstance(default, str):
        return Guess(None, _TEXT_FOR_A_NUMBER)
    if kind == "int" and isinstance(guessed.parameter, Float):
        return guess_around(default)  # The script refuses a number that is not whole.
    return guessed


def _plain(value: ast.expr, constants: Mapping[str, Any]) -> Any:
    """Return the value of a literal, a list of literals, or a constant of the module; else `NOT_PLAIN`."""
    if isinstance(value, ast.Name):
        return constants.get(value.id, NOT_PLAIN)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        parts = [_plain(part, constants) for part in value.elts]
        return NOT_PLAIN if any(part is NOT_PLAIN for part in parts) else parts
    return folded(value)


def _constants(statements: list[ast.stmt]) -> dict[str, Any]:
    constants: dict[str, Any] = {}
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            constants |= dict.fromkeys(names, _plain(statement.value, constants))
    return constants


def _last_name(value: ast.expr) -> str:
    """Return `float` for `float`, `BooleanOptionalAction` for `argparse.BooleanOptionalAction`, or a string."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    return ast.unparse(value).rpartition(".")[2] if isinstance(value, ast.Name | ast.Attribute) else "another type"


def _shell_flags(text: str) -> Iterator[Flag]:
    """Yield the long options of a shell script.

    A branch that reads `$2` takes a value. Its default is the value of the variable of that name above.
    """
    for match in _PATTERN.finditer(text):
        name = match[1]
        branch = match[2] or text[match.end() :].partition(";;")[0]
        assigned = {key.lower(): value for key, value in _ASSIGNED.findall(text[: match.start()])}
        takes_value = "$2" in branch or "${2" in branch
        default: Any = False
        if takes_value:
            default = _number(assigned.get(name.replace("-", "_").lower(), NOT_PLAIN))
        guessed = Guess(None, "its default was not found") if default is NOT_PLAIN else guess(name, default)
        yield Flag(name, (f"--{name}",), default, guessed, spelling=None if takes_value else (f"--{name}", ""))


def _number(text: Any) -> Any:
    """Return a text as a number if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text
