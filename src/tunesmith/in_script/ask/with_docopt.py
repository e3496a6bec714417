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
            answer("docopt", [_option(name, value) for name, value in result.items() if name.startswith("--")])
        return result

    library.docopt = docopt


def _option(name: str, value: Any) -> dict[str, Any]:
    given = any(word.partition("=")[0] == name for word in sys.argv[1:])
    number = _number(value)
    switch = (name, "") if isinstance(value, bool) else None
    default = False if switch else number
    return option([name], kind=kind_of(number), default=default, value=number, given=given, switch=switch)


def _number(text: Any) -> Any:
    """Return a text as the number that it stands for, since docopt knows of no types."""
    for kind in (int, float):
        try:
            return kind(text) if isinstance(text, str) else text
        except ValueError:
            continue
    return text
