"""The language of a program, by its first lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

_PYTHON = re.compile(rb"#!.*\b(?:python|pypy)|#!/bin/sh\n'''exec' ")
"""As pip writes its programs: with a long path, as a shell script that begins by starting Python."""
_SHELL = re.compile(rb"#!\s*(?:\S*/)?(?:env\s+)?(?:\S*/)?(?:ba|da|k|z)?sh\b")


def language_of(program: Path) -> Literal["python", "shell", ""]:
    """Return the language of a script without a suffix that tells it; empty for another one, and for a binary."""
    try:
        with program.open("rb") as file:
            start = file.read(300)
    except OSError:
        return ""
    return "python" if _PYTHON.match(start) else "shell" if _SHELL.match(start) else ""
