"""The other libraries, each in an environment of its own; `python -m benchmarks.search install` creates them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".peers"


@dataclass(frozen=True)
class Library:
    """One other library.

    Args:
        name: The folder of its environment, and the first word of the name of its script.
        methods: Its methods, the default first.
        requirements: The packages to install.
        alone: Packages to install first, without their dependencies.
    """

    name: str
    methods: Sequence[str]
    requirements: Sequence[str]
    alone: Sequence[str] = ()

    @property
    def script(self) -> Path:
        """Its script, which speaks the protocol."""
        return Path(__file__).with_name("peers") / f"{self.name}_peer.py"


_HEBO = (
    "GPy==1.13.2",
    "disjoint-set==0.9.0",
    "gpytorch==1.15.2",
    "numpy==1.26.4",
    "pandas==2.2.3",
    "pymoo==0.6.1.5",
    "scikit-learn==1.5.2",
    "scipy==1.12.0",
    "torch==2.13.0",
)
"""Later versions than HEBO declares, as those have no wheels for current versions of Python. CatBoost is not used."""

PEERS = {
    library.name: library
    for library in (
        Library("optuna", ("tpe", "tpe-multivariate", "gp", "random"), ("optuna==5.0.0", "torch==2.13.0", "scipy")),
        Library("flaml", ("blendsearch",), ("flaml[blendsearch]==2.7.0",)),
        Library("smac", ("hpo",), ("smac==2.4.1",)),
        Library("hebo", ("gpy", "gp"), _HEBO, alone=("HEBO==0.3.6",)),
    )
}


def python(name: str) -> str:
    """Return the path of a library's interpreter."""
    return str(FOLDER / name / "bin" / "python")


def install(names: Sequence[str]) -> None:
    """Create the environments of some libraries anew."""
    for name in names:
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / name], check=True)
        for chosen, options in ((PEERS[name].alone, ["--no-deps"]), (PEERS[name].requirements, [])):
            if chosen:
                subprocess.run([python(name), "-m", "pip", "install", "--quiet", *options, *chosen], check=True)
