"""Loaded by Python as it starts, since its folder leads `PYTHONPATH`; see the package above."""

import contextlib
import importlib.util
import sys
from pathlib import Path


def _start() -> None:
    here = Path(__file__).resolve().parent
    # The script sees the path that it would have had; its child processes take theirs from PYTHONPATH.
    sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() != here]
    spec = importlib.util.spec_from_file_location("_tunesmith", str(here.parent / "__init__.py"))
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_tunesmith"] = package
    spec.loader.exec_module(package)
    package.start()


def _start_the_next() -> None:
    """Import the sitecustomize that Python would have found without this one."""
    own = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        sys.modules["sitecustomize"] = own


with contextlib.suppress(Exception):  # Whatever goes wrong here, the script runs as it would have.
    _start()
_start_the_next()
