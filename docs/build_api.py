"""Build the pages of the Python API from the docstrings: `python docs/build_api.py [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

import pdoc

HERE = Path(__file__).parent
MODULES = [
    "tunesmith",
    "tunesmith.history.history",
    "tunesmith.core.trial",
    "tunesmith.plugins",
    *(f"tunesmith.{kind}.base" for kind in ("proposers", "pruners", "judges", "executors", "tasks", "trackers")),
    "tunesmith.executors.pool",
    "tunesmith.journal.events",
    "tunesmith.testing",
    "!tunesmith.testing._.*",
]
"""What users and plugin authors import. `!` leaves out what a pattern matches."""


def build(folder: Path) -> None:
    """Write one HTML page per module, with a search over all of them.

    Args:
        folder: Where the pages go; `index.html` is the first one.
    """
    pdoc.render.configure(docformat="google", include_undocumented=False, template_directory=HERE / "pdoc")
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build/api")
    build(target)
    print(f"wrote {target / 'index.html'}")
