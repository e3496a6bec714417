"""The training commands in a shell script, read without running it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from ..text.shell import command as shell_line
from .command_line import CommandLine
from .name_words import words

_ENDS = {"|", "||", "&&", ";", ";;", "&", "|&"}
_LEADING = {"then", "do", "else", "exec", "time", "nohup", "srun", "{", "(", "!"}
_DECLARATIONS = {"export", "declare", "local", "readonly"}
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))")
_LOOP = re.compile(r"for\s+([A-Za-z_]\w*)\s+in\s+([^;]+)")
_ALL_ARGUMENTS = re.compile(r"""["']?\$(?:\{?[@*]\}?)["']?""")
_OWN_OPTION = re.compile(r"^\s*(?:-\w\|)?--[A-Za-z][\w-]*\)", re.MULTILINE)
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


def command_in(script: Path, folder: Path) -> tuple[CommandLine | None, str]:
    """Return the training command in a shell script, and a remark on the choice.

    Args:
        script: The shell script.
        folder: The folder in which the user is; relative paths count from there, or else from the script's folder.

    Returns:
        The command, its variables replaced by their values. None if there is none to be read, or if the script reads
        options of its own, so that it is the program to run.
    """
    text = script.read_text(encoding="utf-8", errors="replace")
    if _OWN_OPTION.search(text):
        return None, ""
    commands = list(_commands(text, script, folder))
    if not commands:
        return None, ""
    chosen = max(commands, key=_likelihood)
    line = shell_line(*chosen.words)
    others = len(commands) - 1
    more = f" It has {others} more, which {'are' if others > 1 else 'is'} not run." if others else ""
    return chosen, f"The command is the one in {script.name}: {line}{more}"


def passes_arguments(text: str) -> bool:
    """Tell whether a shell script passes its own arguments on."""
    return _ALL_ARGUMENTS.search(text) is not None


def _likelihood(command: CommandLine) -> int:
    parts = set(words(command.module or Path(command.script or command.own_words[0]).stem))
    return 2 if parts & _TRAINING and not parts & _OTHER else 0 if parts & _OTHER else 1


def _commands(text: str, script: Path, folder: Path) -> Iterator[CommandLine]:
    """Yield the commands that run a script or a module, with the variables that stand before them."""
    values: dict[str, str] = {}
    exported: dict[str, str] = {}
    base = _base(text, script, folder)
    for line in _lines(text):
        if (loop := _LOOP.match(line)) is not None:
            first = _expanded(loop[2], values).split()
            values[loop[1]] = first[0].strip("\"'") if first else ""
        for tokens in _statements(_expanded(line, values)):
            if all(_ASSIGNMENT.fullmatch(token) or token in _DECLARATIONS for token in tokens):
                assigned = {match[1]: match[2] for match in map(_ASSIGNMENT.fullmatch, tokens) if match is not None}
                values |= assigned
                exported |= assigned if tokens[0] == "export" else {}
            elif tokens[0] == "cd" and len(tokens) == 2 and (base / tokens[1]).is_dir():
                base = base / tokens[1]
            elif not any("$" in token or "`" in token for token in tokens):
                yield from _parsed(tokens, base, exported)


def _parsed(tokens: list[str], base: Path, exported: dict[str, str]) -> Iterator[CommandLine]:
    try:
        command = CommandLine.parse(tokens, base)
    except InputError:
        return
    if command.script is not None and command.program and command.script.suffix != ".sh":
        yield replace(command, variables={**exported, **command.variables})


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


def _expanded(line: str, values: dict[str, str]) -> str:
    """Replace the variables of which the value is known; the script's own arguments are left out."""

    def value(match: re.Match[str]) -> str:
        known = values.get(match[1] or match[3], match[2])
        return match[0] if known is None else known

    return _VARIABLE.sub(value, _ALL_ARGUMENTS.sub("", line))


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
