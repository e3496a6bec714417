"""A user's own training command, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """A user's own training command, taken apart.

    Args:
        words: All its words as the user types them, variables included.
        folder: The folder in which it is typed.
        variables: The variables set before it, as in `CUDA_VISIBLE_DEVICES=0 python train.py`.
        program: The words that start the script, as `("python", "-u")`, `("torchrun", "--nproc_per_node=1")` or
            `("python", "-m")`.
        script: The script, relative to the folder or absolute; None if it is no file, as a program on the PATH.
        module: The module after `-m`, or an empty text.
        arguments: The words after the script or module.
    """

    words: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = ()
    script: Path | None = None
    module: str = ""
    arguments: tuple[str, ...] = ()
