"""The training commands in a shell script, read without running it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InputError
from ..text.shell import command as shell_line
from .command_line import CommandLine
from .name_words import option_words
from .reading.local_files import read_text
from .shebang import language_of

_ENDS = {"|", "||", "&&", ";", ";;", "&", "|&"}
_LEADING = {"then", "do", "else", "exec", "time", "nohup", "srun", "{", "(", "!"}
_DECLARATIONS = {"export", "declare", "local", "readonly"}
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*|[1-9])(?::?-([^}]*))?\}|([A-Za-z_]\w*|[1-9]))")
_LOOP = re.compile(r"for\s+([A-Za-z_]\w*)\s+in\s+([^;]+)")
_OWN_FOLDER = re.compile(r"""\$\(\s*dirname\s+(?:--\s+)?["']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?["']?\s*\)""")
_PWD = re.compile(r"""\$\(\s*cd\s+(?:--\s+)?["']?([^"'()]+?)["']?\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\)""")
_SUBSTITUTION = re.compile(r"\$\([^()]*\)|`[^`]*`")
_ALL_ARGUMENTS = re.compile(r""""\$(?:[@*]|\{[@*]\})"|\$(?:[@*]|\{[@*]\})""")
_MARK = "\0"
"""What stands for all arguments while a line is read."""
_SUFFIXES = (".sh", ".bash", ".zsh")
_SHELLS = ("sh", "bash", "zsh", "dash", "ksh")
_OWN_OPTION = re.compile(r"^\s*(?:-\w\|)?--[A-Za-z][\w-]*\)|^\s*(?:\.|source)\s+\S*parse_options\.sh\b", re.MULTILINE)
"""A branch of a `case` for an option, or Kaldi's script that sets variables by options of their names."""
_TRAINING = {"train", "training", "trainer", "main", "run", "fit", "finetune", "pretrain", "tune", "exp", "experiment"}
_OTHER = {
    "test",
    "eval",
    "evaluate",
    "preprocess",
    "prepare",
    "download",
    "setup",
    "plot",
    "predict",
    "export",
    "infer",
}


def is_shell_script(command: CommandLine) -> bool:
    """Tell whether a command starts a shell script."""
    if command.path is None:
        return False
    shell = Path(command.program[-1]).name in _SHELLS if command.program else False
    return shell or command.path.suffix in _SUFFIXES or language_of(command.path) == "shell"


def command_in(
    script: Path, folder: Path, arguments: Sequence[str] = (), variables: Mapping[str, str] | None = None
) -> tuple[CommandLine | None, str]:
    """Return the training command in a shell script, and a remark on the choice.

    Args:
        script: The shell script.
        folder: The folder in which the user is; relative paths count from there, or else from the script's folder.
        arguments: The arguments of the script.
        variables: The variables that the user sets for it.

    Returns:
        The command, its variables replaced by their values. None if there is none to be read, or if the script reads
        options of its own, so that it is the program to run.
    """
    text = script.read_text(encoding="utf-8", errors="replace")
    if _OWN_OPTION.search(text):
        return None, ""
    given = dict(variables or {})
    reading = _Reading(given, dict(given), list(arguments) if arguments else None)
    commands = list(_commands(text, script, folder, reading))
    if not commands:
        return None, ""
    chosen = max(commands, key=_likelihood)
    line = shell_line(*chosen.own_words)
    others = len(commands) - 1
    more = f" It has {others} more, which {'are' if others > 1 else 'is'} not run." if others else ""
    return chosen, f"The command is the one in {script.name}: {line}{more}"


def has_own_options(command: CommandLine) -> bool:
    """Tell whether a command's shell script reads long options itself."""
    return command.path is not None and _OWN_OPTION.search(read_text(command.path)) is not None


def inner_command(command: CommandLine) -> CommandLine | None:
    """Return the Python command to which a shell script passes its arguments, with the user's own in their place.

    Args:
        command: The user's command, which starts the shell script. The script is read and not run: for what it does
            not assign itself stand the variables of the environment.

    Returns:
        The command; None if none is found, or if the script reads options of its own.
    """
    assert command.path is not None
    if has_own_options(command):
        return None
    text = read_text(command.path)
    known = {**os.environ, **command.variables}
    script = command.path.absolute()
    text = _SUBSTITUTION.sub("1", _PWD.sub(r"\1", _OWN_FOLDER.sub(lambda match: str(script.parent), text)))
    reading = _Reading(known, dict(command.variables), list(command.arguments), passed_on=True)
    return max(_commands(text, script, command.folder, reading), key=_likelihood, default=None)


def passes_arguments(text: str) -> bool:
    """Tell whether a shell script passes its own arguments on."""
    return _ALL_ARGUMENTS.search(text) is not None


def reads_all(text: str, arguments: Sequence[str]) -> bool:
    """Tell whether a shell script reads each of its arguments by its place alone, as `$1`."""
    read = {match[1] or match[3] for match in _VARIABLE.finditer(text)}
    return {str(place) for place in range(1, len(arguments) + 1)} <= read and not passes_arguments(text)


def _likelihood(command: CommandLine) -> int:
    parts = set(option_words(command.module or Path(command.script or command.own_words[0]).stem))
    return 2 if parts & _TRAINING and not parts & _OTHER else 0 if parts & _OTHER else 1


@dataclass
class _Reading:
    """The state of a shell while a script is read.

    Args:
        values: The variables.
        exported: Those that programs get.
        arguments: The script's arguments; None if they are left out.
        made: The folders that were made.
        passed_on: Only a command that gets all arguments counts, and all variables are known.
    """

    values: dict[str, str] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)
    arguments: list[str] | None = None
    made: list[str] = field(default_factory=list)
    passed_on: bool = False

    def assign(self, tokens: Sequence[str]) -> None:
        """Assign variables, as `A=1` or `export A=1` does."""
        assigned = {match[1]: match[2] for match in map(_ASSIGNMENT.fullmatch, tokens) if match is not None}
        self.values |= assigned
        if tokens[0] == "export":
            self.exported |= assigned | {name: self.values[name] for name in tokens[1:] if name in self.values}

    def shift(self, count: int) -> None:
        """Drop the first arguments."""
        if self.arguments is not None:
            del self.arguments[:count]

    def expanded(self, line: str) -> str:
        """Replace the variables of which the value is known, and mark where all arguments stand."""

        def value(match: re.Match[str]) -> str:
            name, default = match[1] or match[3], match[2]
            if name.isdecimal():
                given = (self.arguments or [])[int(name) - 1 :][:1]
                return match[0] if self.arguments is None else shlex.quote(given[0]) if given else default or ""
            known = self.values.get(name, default)
            unset = "" if self.passed_on else match[0]
            return unset if known is None else known

        return _VARIABLE.sub(value, _ALL_ARGUMENTS.sub(_MARK, line))

    def words(self, tokens: Sequence[str]) -> list[str]:
        """Return the words of a command: with the arguments where they stand, and none where they are not passed on."""
        if self.passed_on and not any(_MARK in token for token in tokens):
            return []
        arguments = self.arguments or []
        parts = (arguments if token == _MARK else [token.replace(_MARK, " ".join(arguments))] for token in tokens)
        return [word for part in parts for word in part]


def _commands(text: str, script: Path, folder: Path, reading: _Reading) -> Iterator[CommandLine]:
    """Yield the commands that run a script or a module, with the variables that stand before them."""
    base = _base(text, script, folder)
    for line in _lines(text):
        if (loop := _LOOP.match(line)) is not None:
            first = reading.expanded(loop[2]).split()
            reading.values[loop[1]] = first[0].strip("\"'") if first else ""
        for tokens in _statements(reading.expanded(line)):
            if all(_ASSIGNMENT.fullmatch(token) or token in _DECLARATIONS for token in tokens) or tokens[0] == "export":
                reading.assign(tokens)
            elif tokens[0] == "shift":
                reading.shift(int(tokens[1]) if tokens[1:] and tokens[1].isdecimal() else 1)
            elif tokens[0] == "cd" and len(tokens) == 2 and (base / tokens[1]).is_dir():
                base = base / tokens[1]
            elif any("$" in token or "`" in token for token in tokens):
                continue
            elif tokens[0] == "mkdir":
                reading.made += [token for token in tokens[1:] if not token.startswith("-")]
            else:
                yield from _parsed(reading.words(tokens), base, reading)


def _parsed(tokens: Sequence[str], base: Path, reading: _Reading) -> Iterator[CommandLine]:
    try:
        command = CommandLine.parse(tokens, base)
    except InputError:
        return
    if command.script is not None and command.program and command.script.suffix != ".sh":
        yield replace(command, variables={**reading.exported, **command.variables}, made=tuple(reading.made))


def _base(text: str, script: Path, folder: Path) -> Path:
    """Return the folder from which the paths in a script count: where the user is, or the script's own."""
    for base in (folder, script.parent, *script.parent.parents[:3]):
        named = re.findall(r"[\w./-]+\.py\b", text)
        modules = [f"{name.replace('.', '/')}.py" for name in re.findall(r"-m\s+([\w.]+)", text)]
        if any((base / name).is_file() for name in [*named, *modules]):
            return base
    return folder


def _lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def _statements(line: str) -> Iterator[list[str]]:
    """Yield the words of each simple command on a line, without redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:
        return
    statement: list[str] = []
    for token in [*tokens, ";"]:
        if token in _ENDS or (token and set(token) <= set("();")):
            if statement:
                yield _without_redirections(statement)
            statement = []
        elif statement or token not in _LEADING:
            statement.append(token)


def _without_redirections(tokens: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for token in tokens:
        if token and set(token) <= set("<>&"):
            if kept and kept[-1].isdecimal() and len(kept[-1]) == 1:  # 2> log
                kept.pop()
            skip = True
        elif skip:
            skip = False
        else:
            kept.append(token)
    return kept or tokens[:1]
