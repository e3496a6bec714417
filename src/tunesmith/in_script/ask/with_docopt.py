"""docopt, which reads the options in the script's own help."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from . import answer, from_command_line, is_asked
from .values import kind_of, option

if TYPE_CHECKING:
    from typing import Any


def hook(library: Any) -> None:
    """Hook into the function that reads arguments."""
    original = library.docopt

    @functools.wraps(original)
    def docopt(doc: Any, argv: Any = None, *more: Any, **keywords: Any) -> Any:
        result = original(doc, argv, *more, **keywords)
        if is_asked() and from_command_line(argv):
            defaults = {each.long or each.short: each.value for each in library.parse_defaults(doc)}
            names = [name for name in result if name.startswith("--")]
            answer("docopt", [_option(name, defaults.get(name), result[name]) for name in names])
        return result

    library.docopt = docopt


def _option(name: str, default: Any, value: Any) -> dict[str, Any]:
    given = any(word.partition("=")[0] == name for word in sys.argv[1:])
    default, value = _number(default), _number(value)
    switch = (name, "") if isinstance(value, bool) else None
    default = False if switch else default
    kind = kind_of(value if default is None else default)
    return option([name], kind=kind, default=default, value=value, given=given, switch=switch)


def _number(text: Any) -> Any:
    """Return a text as the number that it stands for, since docopt knows of no types."""
    for kind in (int, float):
        try:
            return kind(text) if isinstance(text, str) else text
        except ValueError:
            continue
    return text
