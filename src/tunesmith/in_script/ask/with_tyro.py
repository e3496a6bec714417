"""tyro from version 1.0 on, which has a parser of its own; an earlier one is built on argparse."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import Once, answer, from_command_line, is_asked, note
from .values import kind_of_type, longest, option, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any


def hook(library: ModuleType) -> None:
    """Hook into the parser's method that reads arguments."""
    parser = library.TyroBackend
    original = parser.parse_args

    @functools.wraps(original)
    def parse_args(self: Any, *more: Any, **keywords: Any) -> Any:
        specification = keywords.get("parser_spec", more[0] if more else None)
        args = keywords.get("args", more[1] if len(more) > 1 else None)
        if not is_asked() or not from_command_line(args):
            return original(self, *more, **keywords)
        with Once():
            result, read = _read(original, self, more, keywords, list(args or ()))
            options = list(_options(specification, read, list(args or ()), ()))
        answer("tyro", options)
        return result

    parser.parse_args = parse_args


def _read(original: Any, parser: Any, more: Any, keywords: Any, args: list[str]) -> tuple[Any, dict[str, Any]]:
    """Let the parser read the arguments; return its result, and the values by their keys."""
    try:
        result = original(parser, *more, **keywords)
    except SystemExit:
        note("With the words of the command as it is, the script says that they are wrong: correct them.")
        specification = keywords.get("parser_spec", more[0] if more else None)
        return None, _without_the_parser(specification, args)
    return result, result[0]


def _without_the_parser(specification: Any, args: list[str]) -> dict[str, Any]:
    """Return what the words set as far as one can tell without the parser, which stops at the first mistake."""
    from tyro import _strings

    read: dict[str, Any] = {}
    for context in specification.get_args_including_children():
        lowered = context.arg.lowered
        spellings = () if context.arg.is_positional() else lowered.name_or_flags
        for word, following in zip(args, [*args[1:], ""]):
            name, equals, text = word.partition("=")
            if name.replace("_", "-") in spellings:
                read[context.arg.get_output_key()] = True if lowered.action else [text if equals else following]
    for prefix, group in specification.subparsers_from_intern_prefix.items():
        names = [word.replace("_", "-") for word in args]
        chosen = next((name for name in group.parser_from_name if name in names), group.default_name)
        if chosen is not None:
            read[_strings.make_subparser_dest(prefix)] = chosen
            if chosen in names:
                read.update(_without_the_parser(group.parser_from_name[chosen].evaluate(), args))
    return read


def _options(
    specification: Any, read: dict[str, Any], args: list[str], subcommand: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    from tyro import _strings

    for context in specification.get_args_including_children():
        if not context.arg.is_suppressed():
            yield _option(context.arg, read, subcommand)
    for prefix, group in specification.subparsers_from_intern_prefix.items():
        chosen = read.get(_strings.make_subparser_dest(prefix))
        names = list(group.parser_from_name)
        spelled = next((word for word in args if word.replace("_", "-") in (chosen, *_others(group, chosen))), None)
        if chosen is None or (spelled is None and chosen != group.default_name):
            note(f"TO DO: add a subcommand to the command, since its options are read with it: {', '.join(names)}.")
        elif spelled is None:
            note(f"The options of the subcommand {chosen}, the default, can be tuned if the command names it.")
        else:
            inner = group.parser_from_name[chosen].evaluate()
            yield from _options(inner, read, args, (*subcommand, spelled))


def _others(group: Any, chosen: str | None) -> tuple[str, ...]:
    aliases: tuple[str, ...] = getattr(group, "aliases_from_name", {}).get(chosen, ())
    return aliases


def _option(argument: Any, read: dict[str, Any], subcommand: tuple[str, ...]) -> dict[str, Any]:
    lowered, field = argument.lowered, argument.field
    positional = argument.is_positional()
    spellings = [] if positional else list(lowered.name_or_flags)
    key = argument.get_output_key()
    given = key in read and lowered.action not in ("append", "count") and not _is_missing(read[key])
    default = None if lowered.required or _is_missing(field.default) else field.default
    if lowered.action is not None:
        given = given and read[key] != default  # A switch that is not given has its default.
    value = _value(lowered, read[key]) if given else default
    type_ = without_none(field.type_stripped)
    kind, switch = kind_of_type(type_, default), None
    if lowered.action in ("boolean_optional_action", "store_true", "store_false"):
        kind, switch = "bool", _switch(lowered.action, longest(spellings))
    elif type_ is bool and spellings:
        kind, switch = "bool", (f"{longest(spellings)}=True", f"{longest(spellings)}=False")
    elif lowered.action is not None or lowered.nargs not in (None, 1, "?"):
        kind = "list"
    return option(
        spellings,
        name=argument.display_name() if positional else "",
        form="positional" if positional else "--name value",
        kind=kind,
        default=default,
        value=value,
        given=given,
        choices=None if switch else _choices(lowered.choices, default),
        required=bool(lowered.required),
        text=_help(field),
        switch=switch,
        subcommand=subcommand,
    )


def _switch(action: str, spelling: str) -> tuple[str, str]:
    from tyro import _arguments

    if action == "store_false":
        return "", spelling
    inverse = _arguments.flag_to_inverse(spelling) if action == "boolean_optional_action" else ""
    return spelling, inverse or ""


def _value(lowered: Any, value: Any) -> Any:
    try:
        return lowered.instance_from_str(value)
    except Exception:
        return value


def _is_missing(value: Any) -> bool:
    from tyro import _singleton

    return bool(_singleton.is_missing(value))


def _choices(choices: Any, default: Any) -> list[Any] | None:
    if choices is None:
        return None
    if type(default) in (int, float):
        try:
            return [type(default)(choice) for choice in choices]
        except ValueError:
            pass
    return list(choices)


def _help(field: Any) -> str:
    text = field.helptext
    try:
        return str((text() if callable(text) else text) or "")
    except Exception:
        return ""
