"""jsonargparse, and Lightning's command line that is built on it."""

from __future__ import annotations

import argparse
import functools
import sys
from typing import TYPE_CHECKING

from . import Once, answer, calling_package, from_command_line, is_asked, note
from .argparse_options import flattened
from .values import kind_of, kind_of_type, option, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

_LEFT_OUT = ("print_config", "print_shtab", "help", "version")


def hook(library: ModuleType) -> None:
    """Hook into the parser's method that reads arguments."""
    original = library.ArgumentParser.parse_args

    @functools.wraps(original)
    def parse_args(self: Any, args: Any = None, *more: Any, **keywords: Any) -> Any:
        package = calling_package(sys._getframe(1))
        if not is_asked() or not from_command_line(args):
            return original(self, args, *more, **keywords)
        with Once():
            try:
                parsed = original(self, args, *more, **keywords)
            except SystemExit:
                parsed = _defaults(self)
                note("With the words of the command as it is, the script says that they are wrong: correct them.")
            options = list(_options(self, parsed, ()))
        lightning = package in ("lightning", "pytorch_lightning")
        answer("LightningCLI" if lightning else "jsonargparse", options)
        return parsed

    library.ArgumentParser.parse_args = parse_args


def _defaults(parser: Any) -> Any:
    try:
        return parser.get_defaults()
    except (Exception, SystemExit):
        return None


def _options(parser: Any, parsed: Any, subcommand: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the options of a parser by the keys of what it has read: those of chosen classes included."""
    values = dict(flattened(_tables(parsed))) if parsed is not None else {}
    defaults_of = _defaults(parser)
    defaults = dict(flattened(_tables(defaults_of))) if defaults_of is not None else {}
    actions = {action.dest: action for action in parser._actions}
    subparsers = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    inner = {name for action in subparsers for name in action.choices}
    for name in dict.fromkeys([*actions, *values]):
        action = actions.get(name)
        spelled = action is None or any(text.startswith("--") for text in action.option_strings)
        if name.partition(".")[0] in inner or not spelled or name.rpartition(".")[2] in _LEFT_OUT:
            continue
        if action in subparsers or name == "config" or name.startswith("__"):
            continue
        if any(other.startswith(f"{name}.") for other in values):
            continue  # A table, whose values are options of their own.
        yield _option(name, action, defaults.get(name), values.get(name), subcommand)
    for action in subparsers:
        chosen = str(getattr(parsed, action.dest, None))
        if chosen in action.choices:
            yield from _options(action.choices[chosen], getattr(parsed, chosen, None), (*subcommand, chosen))
        else:
            note(f"TO DO: add a subcommand to the command, since its options are read with it: {', '.join(inner)}.")


def _option(name: str, action: Any, default: Any, value: Any, subcommand: tuple[str, ...]) -> dict[str, Any]:
    given = any(word.partition("=")[0] in (f"--{name}", f"--{_short(name)}") for word in sys.argv[1:])
    if not given:
        default = value  # A config file or a class that was chosen may have set it.
    kind = kind_of(default if default is not None else value)
    typehint = without_none(getattr(action, "_typehint", None) or getattr(action, "type", None))
    if kind == "other" or (kind == "int" and typehint is float):
        kind = kind_of_type(typehint, default) if isinstance(typehint, type) else kind
    boolean = kind == "bool" or typehint is bool
    choices = getattr(action, "choices", None) or _literals(typehint)
    return option(
        [f"--{name}"],
        form="--name=value",
        kind="bool" if boolean else kind,
        default=default,
        value=value,
        given=given,
        choices=choices,
        required=bool(getattr(action, "required", False)),
        text=getattr(action, "help", ""),
        switch=(f"--{name}=true", f"--{name}=false") if boolean else None,
        subcommand=subcommand,
    )


def _short(name: str) -> str:
    return name.replace(".init_args.", ".")


def _literals(typehint: Any) -> list[Any] | None:
    """Return the values that a type lists: of a `Literal`, or of an enumeration's members."""
    if str(getattr(typehint, "__origin__", "")) == "typing.Literal":
        return list(typehint.__args__)
    members = getattr(typehint, "__members__", None)
    return list(members) if members else None


def _tables(parsed: Any) -> dict[str, Any]:
    """Return what a parser has read as nested tables."""
    inner = parsed.as_dict() if hasattr(parsed, "as_dict") else dict(parsed)
    return {str(key): value for key, value in inner.items()}
