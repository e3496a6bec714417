"""A notebook as the training script: the command that runs it, and its code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .command_line import CommandLine

RUNNER = "tunesmith.notebooks"
"""The module that runs a notebook."""
OUTPUT = "executed.ipynb"
"""The notebook with its outputs, in a trial's folder."""


def is_notebook(path: Path) -> bool:
    """Tell whether a file is a Jupyter notebook."""
    return path.suffix.lower() == ".ipynb"


def notebook_command(path: Path) -> tuple[CommandLine, tuple[str, ...]]:
    """Return the command that runs a notebook in its folder, and notes on it."""
    python = "python" if _has_tunesmith("python") else sys.executable
    program, arguments = (python, "-m"), (path.name, OUTPUT)
    words = (*program, RUNNER, *arguments)
    command = CommandLine(words=words, folder=path.parent, program=program, module=RUNNER, arguments=arguments)
    if python == "python":
        return command, ()
    note = (
        f"The notebook is started by {python}, since `python` cannot import tunesmith. If its kernel lacks packages, "
        "install tunesmith in the notebook's own environment, and write `python` into the command."
    )
    return command, (note,)


def _has_tunesmith(program: str) -> bool:
    """Tell whether a Python on the PATH can import tunesmith: not where that is installed in its own environment."""
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('tunesmith') is None)"
    try:
        result = subprocess.run([program, "-c", code], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


def code_of(path: Path) -> str:
    """Return the code of a notebook's cells without lines for IPython alone; empty if it is malformed."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    lines = "\n".join(code).split("\n")
    return "\n".join(line for line in lines if line.lstrip()[:1] not in ("%", "!", "?"))
