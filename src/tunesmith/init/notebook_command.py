"""A notebook as the training script: the command that runs it, and its code."""

from __future__ import annotations

import json
from pathlib import Path

from .command_line import CommandLine

RUNNER = "tunesmith.notebooks"
"""The module that runs a notebook."""
OUTPUT = "executed.ipynb"
"""The notebook with its outputs, in a trial's folder."""


def is_notebook(path: Path) -> bool:
    """Tell whether a file is a Jupyter notebook."""
    return path.suffix.lower() == ".ipynb"


def notebook_command(path: Path) -> CommandLine:
    """Return the command that runs a notebook in its folder."""
    program, arguments = ("python", "-m"), (path.name, OUTPUT)
    words = (*program, RUNNER, *arguments)
    return CommandLine(words=words, folder=path.parent, program=program, module=RUNNER, arguments=arguments)


def code_of(path: Path) -> str:
    """Return the code of a notebook's cells without lines for IPython alone; empty if it is malformed."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    lines = "\n".join(code).split("\n")
    return "\n".join(line for line in lines if line.lstrip()[:1] not in ("%", "!", "?"))
