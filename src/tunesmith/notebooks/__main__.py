"""The command `python -m tunesmith.notebooks`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import InputError


def main() -> int:
    """Run a notebook as the arguments say, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tunesmith.notebooks", description="Run a notebook from its first cell to its last one."
    )
    parser.add_argument("notebook", type=Path, help="the notebook; it is only read")
    parser.add_argument("to", type=Path, help="the file for the notebook with its outputs")
    parser.add_argument("--kernel", help="the name of a Jupyter kernel; by default that of the notebook")
    arguments = parser.parse_args()
    try:
        from .execution import run
    except ModuleNotFoundError as error:
        parser.error(f"a notebook needs {error.name}. Install it with: pip install 'tunesmith[notebook]'")
    try:
        return run(arguments.notebook, arguments.to, kernel=arguments.kernel)
    except InputError as error:
        parser.error(error.message)


if __name__ == "__main__":
    sys.exit(main())
