"""Loaded by Python as it starts, since its folder leads `PYTHONPATH`; see the package above."""

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader


def _start() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    # The script sees the path that it would have had; its child processes take theirs from PYTHONPATH.
    sys.path[:] = [entry for entry in sys.path if os.path.basename(entry) != "startup" or not _is_same(entry, here)]
    folder = os.path.dirname(here)
    # What importlib.util would do, which takes longer to import than everything here.
    path = os.path.join(folder, "__init__.py")
    loader = SourceFileLoader("_tunesmith", path)
    package = type(sys)("_tunesmith")
    package.__file__, package.__path__, package.__loader__ = path, [folder], loader
    package.__package__, package.__spec__ = "_tunesmith", ModuleSpec("_tunesmith", loader, origin=path, is_package=True)
    assert package.__spec__.submodule_search_locations is not None
    package.__spec__.submodule_search_locations.append(folder)
    sys.modules["_tunesmith"] = package
    loader.exec_module(package)
    package.start()


def _is_same(entry: str, folder: str) -> bool:
    return os.path.realpath(entry) == os.path.realpath(folder)


def _start_the_next() -> None:
    """Import the sitecustomize that Python would have found without this one."""
    own = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except ImportError:
        sys.modules["sitecustomize"] = own


try:  # noqa: SIM105  (contextlib takes long to import)
    _start()
except Exception:  # Whatever goes wrong here, the script runs as it would have.
    pass
_start_the_next()
