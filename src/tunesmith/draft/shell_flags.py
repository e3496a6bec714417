"""The flags of a shell script: the patterns of its `case`, with the values assigned before."""

from __future__ import annotations

import re

from ..config_files.names import NOT_PLAIN
from .flags import Flag, Flags
from .ranges import Guess, guess

_PATTERN = re.compile(r"(?:^|[\s|(])--([A-Za-z][\w-]*)\)([^\n]*)")
_ASSIGNED = re.compile(r"""(?:^|[\s;])([A-Za-z_]\w*)=(?:\$\{\w+:-)?["']?([^\s"';}$]+)["']?\}?""")


def read_shell_flags(text: str) -> Flags:
    """Return the long options of a shell script.

    A branch that reads `$2` takes a value, whose default is what the variable of that name is set to further up.
    """
    flags = []
    for match in _PATTERN.finditer(text):
        name, branch = match[1], match[2]
        variable = name.replace("-", "_").lower()
        assigned = {key.lower(): value for key, value in _ASSIGNED.findall(text[: match.start()])}
        branch = branch or text[match.end() :].partition(";;")[0]
        if "$2" not in branch and "${2" not in branch:
            flags.append(Flag(name, (f"--{name}",), False, guess(name, False)))
            continue
        default = _number(assigned[variable]) if variable in assigned else NOT_PLAIN
        its_guess = Guess(None, "its default was not found") if default is NOT_PLAIN else guess(name, default)
        flags.append(Flag(name, (f"--{name}",), default, its_guess))
    notes = () if flags else ("No flags were found in the script: write the parameters into [space] by hand.",)
    return Flags(tuple(flags), notes)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
