"""optparse of the standard library."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import Once, answer, from_command_line, is_asked, note
from .values import kind_of, longest, option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

_KINDS = {"int": "int", "long": "int", "float": "float", "string": "str", "choice": "str"}


def hook(library: ModuleType) -> None:
    """Hook into the parser's method that reads arguments."""
    original = library.OptionParser.parse_args

    @functools.wraps(original)
    def parse_args(self: Any, args: Any = None, values: Any = None) -> Any:
        if not is_asked() or not from_command_line(args):
            return original(self, args, values)
        with Once():
            try:
                parsed = original(self, args, values)[0]
            except SystemExit:
                parsed = None
                note("With the words of the command as it is, the script says that they are wrong: correct them.")
            given = _given(original, self, args) if parsed is not None else set()
            options = list(_options(self, parsed, given))
        answer("optparse", options)
        return original(self, args, values)

    library.OptionParser.parse_args = parse_args


def _given(original: Any, parser: Any, args: Any) -> set[str]:
    """Return the destinations that the command line sets: those that are not empty without any default."""
    defaults, parser.defaults = parser.defaults, {}
    try:
        return {name for name, value in vars(original(parser, args)[0]).items() if value is not None}
    finally:
        parser.defaults = defaults


def _options(parser: Any, parsed: Any, given: set[str]) -> Iterator[dict[str, Any]]:
    defaults = parser.get_default_values()
    for each in [*parser.option_list, *(each for group in parser.option_groups for each in group.option_list)]:
        if each.action in ("help", "version"):
            continue
        spellings = [*each._short_opts, *each._long_opts]
        default = getattr(defaults, each.dest or "", None)
        value = getattr(parsed, each.dest or "", default)
        kind, switch = "list" if each.nargs not in (None, 1) else _KINDS.get(each.type or "", kind_of(default)), None
        if each.action in ("store_true", "store_false"):
            is_on = each.action == "store_true"
            kind = "other" if default is is_on else "bool"
            switch = None if default is is_on else (longest(spellings), "")
            default, value = (default, value) if switch is None else (False, each.dest in given)
        elif each.action != "store":
            kind = "list" if each.action.startswith("append") else "other"
        yield option(
            spellings,
            kind=kind,
            default=default,
            value=value,
            given=each.dest in given,
            choices=each.choices,
            text=(each.help or "").replace("%default", str(default)),
            switch=switch,
        )
