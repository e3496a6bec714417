"""Where modules of the user are found, for trials that start in another Python."""

from __future__ import annotations

import site
import sys
import sysconfig
from pathlib import Path


def own_folders() -> list[str]:
    """Return the folders of `sys.path` that belong to no installation: another Python brings its own packages."""
    installed = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *site.getsitepackages()]
    installed.append(site.getusersitepackages())

    def is_own(path: Path) -> bool:
        has_tunesmith = (path / "tunesmith" / "__init__.py").exists()  # As where it is installed to be edited.
        return not has_tunesmith and not any(path.is_relative_to(place) for place in installed)

    paths = [path or str(Path.cwd()) for path in sys.path]  # An empty one is the current folder, as in a notebook.
    return [path for path in paths if is_own(Path(path))]
