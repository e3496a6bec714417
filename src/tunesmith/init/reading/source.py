"""What a reader of options works on."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..script_option import ScriptOption
from .local_files import tree_of


@dataclass(frozen=True)
class Source:
    """A script with the local modules that it imports.

    Args:
        script: The script.
        texts: The text of each file, the script's first.
        arguments: The words after the script in the user's command.
        folder: The folder in which the command runs.
    """

    script: Path
    texts: Mapping[Path, str]
    arguments: Sequence[str] = ()
    folder: Path = Path()

    @property
    def text(self) -> str:
        """The script's own text."""
        return self.texts.get(self.script, "")

    @cached_property
    def trees(self) -> dict[Path, ast.Module]:
        """The syntax trees of the Python files; those that are not valid are left out."""
        trees = {path: tree_of(text) for path, text in self.texts.items() if path.suffix == ".py"}
        return {path: tree for path, tree in trees.items() if tree is not None}


@dataclass(frozen=True)
class Found:
    """What a reader found: options in the source's order, and notes for the user."""

    framework: str = ""
    options: Sequence[ScriptOption] = ()
    notes: Sequence[str] = field(default=())
