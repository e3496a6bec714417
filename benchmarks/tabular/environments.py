"""The contenders, each in an environment of its own; `python -m benchmarks.tabular install` creates them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".peers" / "tabular"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Contender:
    """One contender.

    Args:
        name: Its name in the tables.
        environment: The folder of its environment.
        script: The file in `peers` that runs it.
        variant: The word that the script gets.
    """

    name: str
    environment: str
    script: str
    variant: str = ""


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender("tunesmith", "tunesmith", "tunesmith_peer.py"),
        Contender("tunesmith[boosters]", "tunesmith-boosters", "tunesmith_peer.py"),
        Contender("flaml", "flaml", "flaml_peer.py"),
        Contender("autogluon-medium", "autogluon", "autogluon_peer.py", "medium_quality"),
        Contender("autogluon-best", "autogluon", "autogluon_peer.py", "best_quality"),
        Contender("lightgbm", "flaml", "default_peer.py", "lightgbm"),
        Contender("catboost", "flaml", "default_peer.py", "catboost"),
    )
}
REQUIREMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "tunesmith": (("-e", str(ROOT)),),
    "tunesmith-boosters": (("-e", f"{ROOT}[boosters]"),),
    "flaml": (("flaml==2.8.0", "lightgbm", "xgboost-cpu", "catboost==1.2.10", "scikit-learn", "pandas<3"),),
    "autogluon": (
        ("torch==2.13.0",),
        ("autogluon.tabular[lightgbm,catboost,fastai,ray]==1.6.3", "xgboost-cpu"),
    ),
}
"""What is installed, one command after the other. XGBoost and torch without CUDA, as no contender has a GPU."""


def python(name: str) -> Path:
    """Return the path of an environment's interpreter."""
    return FOLDER / name / "bin" / "python"


def install(names: Sequence[str]) -> None:
    """Create some environments anew."""
    for name in names:
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / name], check=True)
        for packages in REQUIREMENTS[name]:
            subprocess.run([python(name), "-m", "pip", "install", "--quiet", *packages], check=True)


def versions(names: Sequence[str], packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of packages in the first of some environments that has each."""
    folders = [str(path) for name in names for path in (FOLDER / name / "lib").glob("python*/site-packages")]
    found = {one.metadata["Name"].lower(): one.version for one in distributions(path=folders[::-1])}
    return {package: found[package] for package in packages if package in found}


def installed_mb(name: str) -> float:
    """Return the size of an environment, in 10^6 bytes."""
    files = (path for path in (FOLDER / name / "lib").rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6
