"""The options of a parser of argparse."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from . import note
from .argparse_help import take_from_help
from .values import kind_of_type, longest, option, words_for_booleans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_MOST_OF_A_RANGE = 16
_SWITCHES = ("_StoreTrueAction", "_StoreFalseAction", "_StoreConstAction")
_LEFT_OUT = ("_HelpAction", "_VersionAction")


def options_of(
    parser: Any,
    parsed: Any,
    values: Mapping[int, Any],
    subcommand: tuple[str, ...] = (),
    *,
    defaults_in_help: bool = False,
) -> list[dict[str, Any]]:
    """Return the options of a parser, and of the subcommand that the command line names.

    Args:
        parser: The parser.
        parsed: What it has read, or None if it refused the arguments.
        values: The values of the options that are given, by the identity of their action.
        subcommand: The words that lead to this parser.
        defaults_in_help: Defaults that the parser does not know are told in its help.
    """
    options: list[dict[str, Any]] = []
    for action in parser._actions if defaults_in_help else ():
        take_from_help(action)
    for action in parser._actions:
        if isinstance(action.type, str):
            action.type = parser._registry_get("type", action.type, action.type)
    others = _others(parser._actions)
    for action in parser._actions:
        if type(action).__name__ in _LEFT_OUT or action in others.values():
            continue
        if action in others:
            options.append(_pair(action, others[action], parsed, values, subcommand))
        elif _is_subcommand(action):
            options += _of_subcommand(action, parsed, values, subcommand, defaults_in_help)
        else:
            options.append(_option(action, parsed, values, subcommand))
            if _has_no_effect(action):
                spelling = longest(action.option_strings)
                note(f"{spelling} has no effect: the script's default is {action.default} already.")
    return options


def _others(actions: Sequence[Any]) -> dict[Any, Any]:
    """Return the switches that set a value to false, by the options that set the same to true."""
    others = {}
    for action in actions:
        setting = [other for other in actions if other.dest == action.dest and other is not action]
        if type(action).__name__ == "_StoreFalseAction" and len(setting) == 1 and setting[0].option_strings:
            others[setting[0]] = action
    return others


def _pair(
    action: Any, other: Any, parsed: Any, values: Mapping[int, Any], subcommand: tuple[str, ...]
) -> dict[str, Any]:
    """Return the option of two that set the same value, as `--bias` and `--no-bias` do."""
    positive = _option(action, parsed, values, subcommand)
    if type(action).__name__ != "_StoreTrueAction":
        return positive
    given = any(id(each) in values and _is_mentioned(each) for each in (action, other))
    value = _parsed(parsed, action.dest, action.default)
    return {
        **positive,
        "kind": "bool",
        "spellings": [*action.option_strings, *other.option_strings],
        "switch": [longest(action.option_strings), longest(other.option_strings)],
        "default": bool(action.default if given else value),
        "value": bool(value),
        "given": given,
    }


def _of_subcommand(
    action: Any, parsed: Any, values: Mapping[int, Any], subcommand: tuple[str, ...], defaults_in_help: bool
) -> list[dict[str, Any]]:
    words = values.get(id(action)) or [word for word in sys.argv[1:] if word in action.choices]
    if not words or words[0] not in action.choices:
        names = ", ".join(map(str, action.choices))
        note(f"TO DO: add a subcommand to the command, since its options are read with it: {names}.")
        return []
    return options_of(
        action.choices[words[0]], parsed, values, (*subcommand, str(words[0])), defaults_in_help=defaults_in_help
    )


def _option(action: Any, parsed: Any, values: Mapping[int, Any], subcommand: tuple[str, ...]) -> dict[str, Any]:
    given = id(action) in values and _is_mentioned(action)
    default = _default(action)
    value = _parsed(parsed, action.dest, values.get(id(action), default))
    if isinstance(value, list) and len(value) == 1 and action.nargs is None:
        value = value[0]
    if isinstance(value, str) and isinstance(action.type, type):
        value = _converted(action.type, value)
    if not given and value is not None and type(value).__module__.partition(".")[0] != "tyro":
        default = value  # A config file or the script itself may have set it.
    kind, switch, words = _kind(action, default)
    if switch is not None and switch[1]:
        default = default if isinstance(default, bool) else action.default
        value = _parsed(parsed, action.dest, default) if given else default
    elif switch is not None:
        # What counts is whether the word is given, whatever value that sets.
        default, value = False, given
    elif words is not None:
        switch = (f"{longest(action.option_strings)}={words[0]}", f"{longest(action.option_strings)}={words[1]}")
    positional = not action.option_strings
    is_from_config = id(action) in values and not given
    return option(
        action.option_strings,
        name=str(action.dest) if positional else _name(action),
        form="positional" if positional else "--name value",
        kind=kind,
        default=default,
        value=value,
        given=given,
        choices=_choices(action.choices),
        required=bool(action.required) and action.nargs not in ("*", "?", "...") and not is_from_config,
        text="" if action.help == argparse.SUPPRESS else _help(action),
        switch=switch,
        subcommand=subcommand,
    )


def _parsed(parsed: Any, destination: str, otherwise: Any) -> Any:
    """Return a value that a parser has read; simple-parsing moves it into a dataclass."""
    for name in (destination, *destination.split(".")) if not hasattr(parsed, destination) else (destination,):
        if hasattr(parsed, name):
            parsed = getattr(parsed, name)
            if name == destination.rpartition(".")[2] or name == destination:
                return parsed
    return otherwise


def _has_no_effect(action: Any) -> bool:
    sets = {"_StoreTrueAction": True, "_StoreFalseAction": False}.get(type(action).__name__)
    return sets is not None and bool(action.default) is sets


def _is_subcommand(action: Any) -> bool:
    return any(kind.__name__ == "_SubParsersAction" for kind in type(action).__mro__)


def _converted(type_: Any, text: str) -> Any:
    try:
        return type_(text)
    except Exception:
        return text


def _name(action: Any) -> str:
    positive = [text for text in action.option_strings if text not in _negated(action)]
    return longest(positive or action.option_strings).lstrip("-+")


def _negated(action: Any) -> list[str]:
    """Return the spellings of a switch that set it to false."""
    if type(action).__name__ != "BooleanOptionalAction":
        return []
    words = [text.lstrip("-") for text in action.option_strings]
    negated = [f"{no}{word}" for word in words for no in ("no-", "no")]
    return [text for text, word in zip(action.option_strings, words) if word in negated]


def _is_mentioned(action: Any) -> bool:
    """Tell whether the command line itself gives an option, and not a config file or a variable."""
    if not action.option_strings:
        return True
    for word in sys.argv[1:]:
        name = word.partition("=")[0]
        for spelling in action.option_strings:
            same = name.replace("_", "-") == spelling.replace("_", "-")
            abbreviated = len(name) > 2 and name[:2] == "--" and spelling.startswith(name)
            joined = len(spelling) == 2 and word[:1] == "-" and word[:2] != "--" and spelling[1] in word
            if same or abbreviated or joined:
                return True
    return False


def _default(action: Any) -> Any:
    default = None if action.default == argparse.SUPPRESS else action.default
    if isinstance(default, str) and action.type is not None and action.nargs is None:
        try:
            return action.type(default)  # As argparse itself does.
        except Exception:
            return default
    return default


def _kind(action: Any, default: Any) -> tuple[str, tuple[str, str] | None, tuple[str, str] | None]:
    """Return an option's kind; of a switch, its words; of a boolean that takes a value, the texts of that."""
    name = type(action).__name__
    spelling = longest(action.option_strings) if action.option_strings else ""
    if name == "BooleanOptionalAction":
        positive = [text for text in action.option_strings if text not in _negated(action)]
        return "bool", (longest(positive), longest(_negated(action))), None
    if name in _SWITCHES and action.nargs == 0 and action.option_strings:
        return ("other", None, None) if _has_no_effect(action) else ("bool", (spelling, ""), None)
    if action.nargs == 0 or name in ("_CountAction", "_AppendAction", "_AppendConstAction", "_ExtendAction"):
        return ("list" if "Append" in name or "Extend" in name else "other"), None, None
    if action.nargs not in (None, "?"):
        return "list", None, None
    if action.type is bool:
        note(
            f"{spelling or action.dest} has type=bool, which reads any text as true, even 'False': it is left alone. "
            "action='store_true' or argparse.BooleanOptionalAction would make it a switch."
        )
        return "other", None, None
    if callable(action.type) and not isinstance(action.type, type) and spelling:
        words = words_for_booleans(action.type)
        if words is not None and (default is None or isinstance(default, bool)):
            return "bool", None, words
    return kind_of_type(action.type, default), None, None


def _choices(choices: Any) -> list[Any] | None:
    """Return an option's values; of a long range, which is no list to choose from, None."""
    if choices is None or (isinstance(choices, range) and len(choices) > _MOST_OF_A_RANGE):
        return None
    return list(choices)


def _help(action: Any) -> str:
    return str(action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")


def flattened(value: Any, before: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the values in nested tables by their dotted names."""
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from flattened(inner, (*before, str(key)))
        else:
            yield ".".join((*before, str(key))), inner
