"""A notebook as the training script: the command that runs it, and its code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ..config_files.edits import Malformed
from ..config_files.notebook import code_in
from .command_line import CommandLine
from .why_not_asked import why_refused

RUNNER = "tunesmith.notebooks"
"""The module that runs a notebook."""
OUTPUT = "executed.ipynb"
"""The notebook with its outputs, in a trial's folder."""
_IPYTHON = ("ipython", "ipython3")
_PAPERMILL = "papermill"
_KERNEL = re.compile(r"--(?:\w+\.)?kernel(?:_name)?|-k")
_NATIVE_KERNEL = "python3"
"""The kernel in the Python that starts it, in which IPython runs every notebook."""


def is_notebook(path: Path) -> bool:
    """Tell whether a file is a Jupyter notebook."""
    return path.suffix.lower() == ".ipynb"


def notebook_command(path: Path) -> tuple[CommandLine, tuple[str, ...]]:
    """Return the command that runs a notebook in its folder, and notes on it."""
    python = ("python",) if _has_tunesmith(("python",), path.parent) else (sys.executable,)
    command = _runner(CommandLine(words=(), folder=path.parent), python, (path.name,))
    return command, () if python == ("python",) else (_about_python(),)


def notebook_in(command: CommandLine) -> Path | None:
    """Return the notebook that a command of IPython, Jupyter or papermill runs to its last cell, or None.

    Such a command is `ipython train.ipynb`, `jupyter execute train.ipynb`, `jupyter nbconvert --execute train.ipynb`
    or `papermill train.ipynb out.ipynb`. None if it runs several, or passes arguments to the notebook.
    """
    words = _tool_words(command)
    if words[0] == _PAPERMILL:
        return _run_by_papermill(words, command.folder)
    named = [
        word
        for before, word in pairwise(words)
        if is_notebook(Path(word)) and before != "--output" and (command.folder / word).is_file()
    ]
    if len(named) != 1:
        return None
    executes = words[0] in ("execute", "nbconvert") and (words[0] == "execute" or "--execute" in words)
    runs_it_last = words[0] in _IPYTHON and words[-1] == named[0]
    return command.folder / named[0] if executes or runs_it_last else None


def _run_by_papermill(words: Sequence[str], folder: Path) -> Path | None:
    """Return the notebook that papermill runs without parameters, or None."""
    has_parameters = any(re.match(r"-[pryfb]$|--(?:parameters|inject)", word) for word in words)
    places = [word for word in words[1:] if is_notebook(Path(word))]
    is_known = len(places) == 2 and not has_parameters and (folder / places[0]).is_file()
    return folder / places[0] if is_known else None


def command_of_notebook(command: CommandLine, path: Path) -> tuple[CommandLine, tuple[str, ...]]:
    """Return the command that runs a notebook in place of the user's own tool, and notes on it.

    It has the user's Python, variables and kernel. Jupyter runs a notebook in the notebook's folder, IPython and
    papermill in that of the command.

    Args:
        command: The user's own command.
        path: The notebook, as `notebook_in` returns it.
    """
    words = _tool_words(command)
    is_ipython = words[0] in _IPYTHON
    folder = command.folder if is_ipython or words[0] == _PAPERMILL else path.parent
    python = _python_of(command, folder)
    has_tunesmith = why_refused(command) is not None or _has_tunesmith(python, folder)
    kernel = _other_kernel(path) if is_ipython else _kernel_in(words)
    arguments = (*(("--kernel", kernel) if kernel else ()), Path(os.path.relpath(path, folder)).as_posix())
    before = CommandLine(words=(), folder=folder, variables=command.variables, starters=command.starters)
    runner = _runner(before, python if has_tunesmith else (sys.executable,), arguments)
    note = f"{path.name} is run by {RUNNER} in place of your command, so that what its cells print is read."
    return runner, (note,) if has_tunesmith else (note, _about_python())


def code_of(path: Path) -> str:
    """Return the code of a notebook's cells as a script, without lines for IPython alone; empty if it is malformed."""
    try:
        return code_in(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, Malformed):
        return ""


def _runner(before: CommandLine, python: Sequence[str], arguments: Sequence[str]) -> CommandLine:
    """Return the command that runs a notebook, with the variables and in the folder of the one before."""
    program = (*python, "-m")
    variables = [f"{name}={value}" for name, value in before.variables.items()]
    return CommandLine(
        words=(*variables, *program, RUNNER, *arguments, OUTPUT),
        folder=before.folder,
        variables=before.variables,
        program=program,
        starters=before.starters,
        module=RUNNER,
        arguments=(*arguments, OUTPUT),
    )


def _tool_words(command: CommandLine) -> tuple[str, ...]:
    """Return the words from the tool on: `execute`, `nbconvert`, `ipython` or `papermill`, and its arguments."""
    name = command.module or (Path(command.program[-1]).name if command.program and command.script is None else "")
    tool, arguments = name.lower(), command.arguments
    if tool == "jupyter" and arguments:
        return arguments
    return (tool.removeprefix("jupyter-"), *arguments)


def _python_of(command: CommandLine, folder: Path) -> tuple[str, ...]:
    """Return the words that start the Python of a user's own tool, as `bin/python` for `bin/jupyter`."""
    before = command.program[:-1]
    words = before if command.module else (*before, str(Path(command.program[-1]).with_name("python")))
    if folder == command.folder:
        return words
    return tuple(str((command.folder / word).absolute()) if _is_file(command.folder, word) else word for word in words)


def _is_file(folder: Path, word: str) -> bool:
    return "/" in word and (folder / word).is_file()


def _kernel_in(words: Sequence[str]) -> str:
    """Return the kernel that a command of Jupyter names, or an empty text."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if _KERNEL.fullmatch(name):
            return value if equals else following
    return ""


def _other_kernel(path: Path) -> str:
    """Return the kernel of IPython where a notebook names another one, or an empty text."""
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return "" if name == _NATIVE_KERNEL else _NATIVE_KERNEL


def _about_python() -> str:
    return (
        f"The notebook is started by {sys.executable}, since its own Python cannot import tunesmith. If its kernel "
        "lacks packages, install tunesmith in the notebook's environment, and write that Python into the command."
    )


def _has_tunesmith(python: Sequence[str], folder: Path) -> bool:
    """Tell whether a Python can import tunesmith: not where that is installed in its own environment."""
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('tunesmith') is None)"
    try:
        words = [*python, "-c", code]
        result = subprocess.run(words, cwd=folder, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0
