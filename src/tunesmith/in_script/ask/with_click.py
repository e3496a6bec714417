"""click, and typer that is built on it or on its own copy of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import Once, answer, from_command_line, is_asked, note
from .values import bounds_of, kind_of, kind_of_type, longest, option, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

_KINDS = {
    "integer": "int", "int": "int", "float": "float", "boolean": "bool", "bool": "bool", "text": "str", "str": "str",
    "choice": "str", "path": "path", "file": "path", "filename": "path", "directory": "path", "uuid": "str",
}  # fmt: skip
_LEFT_OUT = ("install_completion", "show_completion", "help", "version")


def hook(library: ModuleType) -> None:
    """Hook into the method of a command that reads its arguments."""
    kinds: list[Any] = [getattr(library, name, object) for name in ("BaseCommand", "Command")]
    command = next(kind for kind in kinds if "make_context" in vars(kind))
    original = command.make_context
    framework = library.__name__.partition(".")[0]

    @functools.wraps(original)
    def make_context(self: Any, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        asked = parent is None and is_asked() and from_command_line(args) and not extra.get("resilient_parsing")
        if not asked:
            return original(self, info_name, args, parent, **extra)
        with Once():
            options = list(_options(original, self, info_name, list(args)))
        answer("typer" if type(self).__module__.startswith("typer") else framework, options)
        return original(self, info_name, args, parent, **extra)

    command.make_context = make_context


def _options(make_context: Any, command: Any, name: Any, args: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the options of a command, and of its subcommand that the words name."""
    words: tuple[str, ...] = ()
    context = make_context(command, name, args, resilient_parsing=True)
    while True:
        for parameter in command.get_params(context):
            if parameter.name not in _LEFT_OUT and (parameter.expose_value or not parameter.is_eager):
                yield _option(parameter, context, words)
        if not hasattr(command, "resolve_command"):
            return
        left = getattr(context, "_protected_args", None)
        args = [*(getattr(context, "protected_args", []) if left is None else left), *context.args]
        subcommand = command.get_command(context, args[0]) if args else None
        if subcommand is None:
            names = ", ".join(command.list_commands(context))
            note(f"TO DO: add a subcommand to the command, since its options are read with it: {names}.")
            return
        words = (*words, args[0])
        command, context = subcommand, make_context(subcommand, args[0], args[1:], context, resilient_parsing=True)


def _option(parameter: Any, context: Any, words: tuple[str, ...]) -> dict[str, Any]:
    positional = getattr(parameter, "param_type_name", "option") == "argument"
    spellings = [] if positional else list(parameter.opts)
    source = context.get_parameter_source(parameter.name)
    given = getattr(source, "name", "") == "COMMANDLINE"
    default = _default(parameter, context)
    value = context.params.get(parameter.name, default)
    if not given and getattr(source, "name", "") == "ENVIRONMENT":
        default = value
    kind, switch = _kind(parameter, default)
    if switch is not None and default is None:
        default = False
    choices = _choices(parameter)
    return option(
        spellings,
        name=parameter.name if positional else "",
        form="positional" if positional else "--name value",
        kind=kind,
        default=default,
        value=value,
        given=given,
        choices=choices,
        required=bool(parameter.required),
        text=_help(parameter),
        switch=switch,
        subcommand=words,
        bounds=_bounds(parameter),
    )


def _default(parameter: Any, context: Any) -> Any:
    try:
        default = parameter.get_default(context)
        if default is None or type(default).__name__ == "Sentinel":
            return None
        return parameter.type_cast_value(context, default) if hasattr(parameter, "type_cast_value") else default
    except Exception:
        return parameter.default


def _kind(parameter: Any, default: Any) -> tuple[str, tuple[str, str] | None]:
    """Return a parameter's kind; of a switch, its words."""
    if getattr(parameter, "count", False):
        return "other", None
    if getattr(parameter, "multiple", False) or parameter.nargs != 1:
        return "list", None
    kind = _kind_of_type(parameter, default)
    spelling = longest(parameter.opts)
    if getattr(parameter, "is_flag", False):
        negated = parameter.secondary_opts
        if kind != "bool" or (default is True and not negated):
            note(f"{spelling} is left alone: it is a switch that sets another value than true.")
            return "other", None
        return "bool", (spelling, longest(negated) if negated else "")
    switch = (f"{spelling}=true", f"{spelling}=false") if kind == "bool" and spelling[:1] == "-" else None
    return kind, switch


def _kind_of_type(parameter: Any, default: Any) -> str:
    if _choices(parameter):
        return "str"
    if hasattr(parameter, "type_descriptor") and not hasattr(parameter, "type"):
        type_ = without_none(parameter.type_descriptor.annotation)
        return "bool" if type_ is bool else kind_of_type(type_, default)
    name = str(getattr(parameter.type, "name", "")).partition(" ")[0].lower()
    kind = _KINDS.get(name) or kind_of_type(getattr(parameter.type, "func", None) or object, default)
    return kind_of(default) if kind == "other" else kind


def _choices(parameter: Any) -> list[Any] | None:
    # typer has types of its own since it has a copy of click.
    type_ = getattr(parameter, "type", None) or getattr(parameter, "type_descriptor", None)
    choices = getattr(type_, "choices", None)
    return None if choices is None else list(choices)


def _bounds(parameter: Any) -> tuple[float | None, float | None]:
    descriptor = getattr(parameter, "type_descriptor", None)
    return bounds_of(getattr(parameter, "type", None) or getattr(descriptor, "parameter_info", None))


def _help(parameter: Any) -> str:
    text = str(getattr(parameter, "help", "") or "")
    describe = getattr(getattr(parameter, "type", None), "_describe_range", None)
    return f"{text} [{describe()}]" if describe is not None else text
