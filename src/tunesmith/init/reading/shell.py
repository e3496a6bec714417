"""Options of shell scripts: branches of a `case`, variables that the environment sets or options do, and `$1`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...config_files.names import NOT_PLAIN
from ..script_option import ScriptOption
from .literals import kind_of, number_of
from .source import Found, Source

_BRANCH = re.compile(r"(?:^|[\s|(])--([A-Za-z][\w-]*)\)([^\n]*)")
_ASSIGNED = re.compile(r"""(?:^|[\s;])([A-Za-z_]\w*)=(?:\$\{\w+:-)?["']?([^\s"';}$]+)["']?\}?""")
_VARIABLE = re.compile(r"""\$\{([A-Za-z_]\w*):?[-=]["']?([^}"'$]*)["']?\}""")
_FIXED = re.compile(r"""^\s*(?:export\s+)?([A-Za-z_]\w*)=["']?([\w.+-]+)["']?\s*(?:#.*)?$""", re.MULTILINE)
_KALDI = re.compile(r"^\s*(?:\.|source)\s+\S*parse_options\.sh\b", re.MULTILINE)
_POSITION = re.compile(r"""(?:(\w+)=)?["']?\$(?:([1-9])|\{([1-9])(?::-([^}]*))?\})""")


def read(source: Source) -> Found:
    """Return the options of a shell script."""
    text = re.sub(r"^\s*#.*$", "", source.text, flags=re.MULTILINE)
    branches = list(_branches(text))
    if branches:
        return Found("case", branches)
    if (parses := _KALDI.search(text)) is not None:
        return Found("parse_options.sh", list(_set_by_name(text[: parses.start()])))
    positional = list(_positional(text))
    variables = list(_variables(text))
    notes = []
    if variables:
        notes.append(
            "The script's variables are set before it, as in `env LR=0.1 bash run.sh`: their options stand between env "
            "and bash."
        )
    fixed = [name for name in _fixed(text) if name not in {option.name for option in variables}]
    if fixed and not variables:
        first = fixed[0]
        notes.append(
            f"TO DO: let the environment set the script's variables ({', '.join(fixed[:6])}), as in "
            f"{first}=${{{first}:-{_assigned(text)[first]}}}: as they are, they are fixed."
        )
    return Found("variables" if variables else "positions" if positional else "", [*variables, *positional], notes)


def _branches(text: str) -> Iterator[ScriptOption]:
    """Yield the long options of a `case`: a branch that reads `$2` takes a value.

    Its default is the value of the variable of that name above.
    """
    for match in _BRANCH.finditer(text):
        name = match[1]
        branch = match[2] or text[match.end() :].partition(";;")[0]
        takes_value = "$2" in branch or "${2" in branch
        assigned = {key.lower(): value for key, value in _ASSIGNED.findall(text[: match.start()])}
        default = number_of(assigned.get(name.replace("-", "_").lower(), NOT_PLAIN)) if takes_value else False
        yield ScriptOption(
            name=name,
            spellings=(f"--{name}",),
            kind=kind_of(default) if default is not NOT_PLAIN else "other",
            default=default,
            switch=None if takes_value else (f"--{name}", ""),
        )


def _set_by_name(text: str) -> Iterator[ScriptOption]:
    """Yield the variables that Kaldi's parse_options.sh sets, as `hidden_dim` by `--hidden-dim 64`.

    Args:
        text: What stands before it, as only variables with a value can be set.
    """
    for variable, text_of_value in _assigned(text).items():
        name, value = variable.replace("_", "-"), number_of(text_of_value)
        yield ScriptOption(name=name, spellings=(f"--{name}",), kind=kind_of(value), default=value)


def _variables(text: str) -> Iterator[ScriptOption]:
    """Yield the variables with a default, as `${LR:-0.1}`, which the environment may set."""
    defaults: dict[str, str] = {}
    for name, default in _VARIABLE.findall(text):
        defaults.setdefault(name, default)
    for name, default in defaults.items():
        value = number_of(default)
        yield ScriptOption(name=name, spellings=(name,), form="name=value", kind=kind_of(value), default=value)


def _positional(text: str) -> Iterator[ScriptOption]:
    found: dict[int, ScriptOption] = {}
    for name, plain, braced, default in _POSITION.findall(text):
        index = int(plain or braced)
        if index not in found or name:
            value = number_of(default) if default else None
            found[index] = ScriptOption(
                name=name or f"argument-{index}",
                spellings=(),
                form="positional",
                kind="str" if value is None else kind_of(value),
                default=value,
                required=not default,
            )
    yield from (found[index] for index in sorted(found))


def _fixed(text: str) -> list[str]:
    """Return the variables with a fixed number that the script passes on."""
    assigned = _assigned(text)
    used = {name for name in assigned if re.search(rf"\$\{{?{name}\b", text)}
    return [name for name in assigned if name in used and not isinstance(number_of(assigned[name]), str)]


def _assigned(text: str) -> dict[str, str]:
    return dict(_FIXED.findall(text))
