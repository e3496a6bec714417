"""The variables of a Makefile, as `LR ?= 0.1`, which `make train LR=0.2` replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...config_files.names import NOT_PLAIN
from ..asked import Asked
from ..command_line import CommandLine
from ..script_option import ScriptOption
from .given import with_values
from .literals import kind_of, number_of
from .local_files import read_text

FRAMEWORK = "make"
_MAKES = ("make", "gmake")
_NAMES = ("GNUmakefile", "makefile", "Makefile")
_ASSIGNED = re.compile(r"(?:export[ ]+)?([A-Za-z_]\w*)[ ]*(?:\?|::?)?=[ ]*([^#]*?)[ ]*(?:#[ ]*(.*))?")
_RULE = re.compile(r"([^\s:=#][^:=#]*?)[ ]*::?(?!=)[ ]*([^#;]*)")
_USED = re.compile(r"\$[({]([A-Za-z_]\w*)[)}]")


@dataclass
class _Makefile:
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The variables, to the text and the comment of each."""
    needs: dict[str, list[str]] = field(default_factory=dict)
    """The targets, to what each needs."""
    recipes: dict[str, list[str]] = field(default_factory=dict)
    """The targets, to the lines that make each."""


def is_make(command: CommandLine) -> bool:
    """Tell whether a command runs make."""
    return command.script is None and bool(command.program) and Path(command.program[-1]).name in _MAKES


def read(command: CommandLine) -> Asked:
    """Return the variables on which the recipe of a command's target depends; nothing is run."""
    targets, path = _targets(command)
    if path is None:
        return Asked(failure=f"There is no Makefile in {command.folder}. Correct the command.")
    makefile = _parsed(read_text(path))
    first = next((target for target in makefile.recipes if target[:1] != "."), "")
    used = _used(makefile, targets or [first])
    options = [_option(name, *makefile.values[name]) for name in makefile.values if name in used]
    note = f"The variables in {path.name} are set behind make, as in `make train LR=0.1`."
    return Asked(options=with_values(options, command.arguments), framework=FRAMEWORK, notes=(note,) if options else ())


def _targets(command: CommandLine) -> tuple[list[str], Path | None]:
    """Return the targets that a command names, and the path of its Makefile, None if there is none."""
    folder, names, targets = command.folder, list(_NAMES), list[str]()
    words = list(command.arguments)
    while words:
        word = words.pop(0)
        if word in ("-C", "--directory") and words:
            folder = folder / words.pop(0)
        elif word in ("-f", "--file") and words:
            names = [words.pop(0)]
        elif word[:1] != "-" and "=" not in word:
            targets.append(word)
    return targets, next((folder / name for name in names if (folder / name).is_file()), None)


def _parsed(text: str) -> _Makefile:
    makefile = _Makefile()
    current: list[str] = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if line.startswith("\t"):
            for target in current:
                makefile.recipes[target].append(line)
        elif (assigned := _ASSIGNED.fullmatch(line.strip())) is not None:
            makefile.values[assigned[1]] = assigned[2], assigned[3] or ""
        elif (rule := _RULE.match(line)) is not None:
            current = rule[1].split()
            for target in current:
                makefile.needs.setdefault(target, []).extend(rule[2].split())
                makefile.recipes.setdefault(target, [])
    return makefile


def _used(makefile: _Makefile, targets: Sequence[str]) -> set[str]:
    """Return the variables that the recipes of targets and of what these need depend on, directly or not."""
    waiting, made, used = list(targets), set[str](), set[str]()
    while waiting:
        target = waiting.pop()
        if target not in made:
            made.add(target)
            waiting += makefile.needs.get(target, [])
            for line in makefile.recipes.get(target, []):
                used |= set(_within(makefile, line))
    return used


def _within(makefile: _Makefile, text: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    for name in _USED.findall(text):
        if name not in above:
            yield name
            yield from _within(makefile, makefile.values.get(name, ("", ""))[0], (*above, name))


def _option(name: str, text: str, comment: str) -> ScriptOption:
    value = NOT_PLAIN if "$" in text else number_of(text)
    kind = "other" if value is NOT_PLAIN else kind_of(value)
    return ScriptOption(name=name, spellings=(name,), form="name=value", kind=kind, default=value, help=comment)
