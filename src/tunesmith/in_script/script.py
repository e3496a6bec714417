"""Runs the edited copy of a script in place of the script: `python train.py`, and whatever starts that.

Python offers no way to change the script that it is about to run, except one: if an importer takes the script's path
for that of a package, as of a folder or a zip file, Python runs the module `__main__` which that importer finds there.
This keeps the process, its arguments and its options. To start Python again with a script of ours in front, which is
the other way, costs a start, and a debugger, `torchrun` and whatever reads the command line of the process notice.
What Python sets up differently for a package is set right here before the script runs.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from os.path import dirname, realpath

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from types import CodeType
    from typing import NoReturn

    from .copies import Copies


def run_copy(copies: Copies) -> None:
    """Let Python run the copy of the script that it is about to run."""
    sys.path_hooks.insert(0, _Script(copies).entered)


class _Script:
    """The importer of the script: a finder and a loader of `__main__`.

    Args:
        copies: The copies.

    Attributes:
        path: The script's path, as Python has it.
    """

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self.path = ""

    def entered(self, entry: str) -> _Script:
        """Return the importer for an entry of `sys.path`: for the script's path alone."""
        if self._copies.of(entry) is None:
            raise ImportError
        self.path = entry
        return self

    def find_spec(self, name: str, target: object = None) -> ModuleSpec | None:
        """Return the spec of `__main__`; there is no other module."""
        return ModuleSpec(name, self, origin=self.path) if name == "__main__" else None  # type: ignore[arg-type]

    def get_code(self, name: str) -> CodeType:
        """Return what `runpy` runs: it lets this loader run the script."""
        return compile("__loader__.run()", "<tunesmith>", "exec")

    def run(self) -> None:
        """Run the script's copy as Python runs a script, and show an error without the frames before it."""
        self._leave()
        names = vars(sys.modules["__main__"])
        loader = SourceFileLoader("__main__", self.path)
        names.update(__file__=self.path, __loader__=loader, __package__=None, __spec__=None, __cached__=None)
        copy = self._copies.of(self.path)
        try:
            source = loader.get_data(self.path) if copy is None else self._copies.read(copy)
            exec(compile(source, self.path, "exec", dont_inherit=True), names)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            _end(error)

    def _leave(self) -> None:
        """Undo what has made this the importer, for whoever asks for the script's path again."""
        sys.path_hooks.remove(self.entered)
        sys.path_importer_cache.pop(self.path, None)
        if sys.path[:1] == [self.path]:
            sys.path[:1] = [] if getattr(sys.flags, "safe_path", False) else [dirname(realpath(self.path))]


def _end(error: BaseException) -> NoReturn:
    """End as Python does after an exception."""
    trace = error.__traceback__
    error.__traceback__ = trace.tb_next if trace is not None and trace.tb_next is not None else trace
    sys.excepthook(type(error), error, error.__traceback__)
    sys.exit(1)
