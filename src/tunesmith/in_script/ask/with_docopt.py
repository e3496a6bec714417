"""docopt, which reads the options in the script's own help."""

from __future__ import annotations

import functools
import re
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
            others = _of_others(str(doc), {name for name, value in result.items() if value is True})
            names = [name for name in result if name.startswith("--") and name not in ("--help", "--version", *others)]
            texts = _texts(str(doc))
            answer("docopt", [_option(name, defaults.get(name), result[name], texts.get(name, "")) for name in names])
        return result

    library.docopt = docopt


def _of_others(doc: str, true: set[str]) -> set[str]:
    """Return the options that only other lines of the usage name than the one for the commands that are given."""
    usage = re.search(r"usage:(.*?)(?:\n[ \t]*\n|\Z)", doc, re.IGNORECASE | re.DOTALL)
    lines = usage[1].strip().splitlines() if usage else []
    commands = {word for word in true if word[:1] not in ("-", "<")}
    own = [line for line in lines if commands <= set(line.split())]
    mine, all_ = ({name for line in group for name in re.findall(r"--[\w-]+", line)} for group in (own, lines))
    return all_ - mine if commands else set()


def _texts(doc: str) -> dict[str, str]:
    """Return what the help says of each option, by its long spelling."""
    texts = {}
    starts = [match.start() for match in re.finditer(r"^[ \t]*-", doc, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(doc)]):
        words, _, text = doc[start:end].split("\n\n")[0].strip().partition("  ")
        for name in re.findall(r"--[\w-]+", words):
            lists = " ".join(re.findall(r"<[^>]*\|[^>]*>", words))
            texts[name] = " ".join([*lists.split(), *re.sub(r"\s*\[default: .*?\]", "", text).split()])
    return texts


def _option(name: str, default: Any, value: Any, text: str) -> dict[str, Any]:
    given = any(word.partition("=")[0] == name for word in sys.argv[1:])
    default, value = _number(default), _number(value)
    switch = (name, "") if isinstance(value, bool) else None
    default = False if switch else default
    kind = kind_of(value if default is None else default)
    return option([name], kind=kind, default=default, value=value, given=given, text=text, switch=switch)


def _number(text: Any) -> Any:
    """Return a text as the number that it stands for, since docopt knows of no types."""
    for kind in (int, float):
        try:
            return kind(text) if isinstance(text, str) else text
        except ValueError:
            continue
    return text
