"""Gives the script an edited copy of a file under the file's own name.

Whoever reads the original gets the copy: `import`, `open`, `pathlib`, `os.open`, and Python itself, which runs a script
through `script.py`. Nothing else changes: a module's `__file__`, its traceback, its neighbours, and the file for
whoever writes to it. Compiled bytecode of the original is neither used nor written.

Files that a library reads in C, and those that a process without Python reads, are not replaced. The settings may name
a file to which each process adds the copies that it has read, so that this is noticed.
"""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader

from .copies import Copies
from .opening import redirect_opening
from .script import run_copy

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def start(files: Mapping[str, str], seen: str | None = None) -> None:
    """Give this process the copies of some files in place of the originals.

    Args:
        files: The absolute path of each copy by that of its original.
        seen: A file to which each process adds the paths of the copies that it has read.
    """
    copies = Copies(files, seen)
    redirect_opening(copies.redirect)
    _import_copies(copies)
    script = sys.argv[0] if getattr(sys, "argv", None) else ""
    if copies.of(script) is not None:
        run_copy(copies)


def _import_copies(copies: Copies) -> None:
    get_code, get_data = SourceFileLoader.get_code, SourceFileLoader.get_data

    def code_of(self: SourceFileLoader, fullname: str) -> Any:
        path = self.get_filename(fullname)
        copy = copies.of_module(path)
        if copy is None:
            return get_code(self, fullname)
        return self.source_to_code(copies.read(copy), path)

    def data_of(self: SourceFileLoader, path: str) -> bytes:
        # What reads a module's source in this way compiles it into a file that would outlive the trial.
        copy = None if path.endswith((".py", ".pyc")) else copies.of_module(path)
        return get_data(self, path) if copy is None else copies.read(copy)

    SourceFileLoader.get_code = code_of  # type: ignore[assignment,method-assign]
    SourceFileLoader.get_data = data_of  # type: ignore[assignment,method-assign]
