"""The peers, each in an environment of its own, made by `python -m benchmarks.search install`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".peers"


@dataclass(frozen=True)
class Library:
    """A peer.

    Args:
        name: Its environment's folder, and the first word of its script.
        methods: What it offers, the usual one first.
        requirements: What pip installs.
        alone: What pip installs first, without what it says it needs.
    """

    name: str
    methods: Sequence[str]
    requirements: Sequence[str]
    alone: Sequence[str] = ()

    @property
    def script(self) -> Path:
        """Its side of the protocol."""
        return Path(__file__).with_name("peers") / f"{self.name}_peer.py"


PEERS = {
    library.name: library
    for library in (
        Library("optuna", ("tpe", "tpe-multivariate", "gp", "random"), ("optuna==5.0.0", "torch==2.13.0", "scipy")),
        Library("flaml", ("blendsearch",), ("flaml[blendsearch]",)),
        Library("smac", ("hpo",), ("smac",)),
        Library("hebo", ("gpy", "gp"), ("GPy", "torch==2.13.0", "pymoo"), alone=("HEBO",)),
    )
}


def python(name: str) -> str:
    """Return a peer's interpreter, as a path."""
    return str(FOLDER / name / "bin" / "python")


def install(names: Sequence[str]) -> None:
    """Make the environments of some peers anew."""
    for name in names:
        subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / name], check=True)
        for chosen, options in ((PEERS[name].alone, ["--no-deps"]), (PEERS[name].requirements, [])):
            if chosen:
                subprocess.run([python(name), "-m", "pip", "install", "--quiet", *options, *chosen], check=True)
