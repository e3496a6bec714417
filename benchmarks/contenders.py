"""Contenders of a benchmark: each in an environment of its own, run one at a time, watched from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / ".peers"
_POLL_SECONDS = 1.0


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


@dataclass(frozen=True)
class Environments:
    """The environments of the contenders of a benchmark.

    Args:
        folder: Where they lie.
        requirements: What is installed in each, one command after the other.
    """

    folder: Path
    requirements: Mapping[str, tuple[tuple[str, ...], ...]]

    def python(self, name: str) -> Path:
        """Return the path of an environment's interpreter."""
        return self.folder / name / "bin" / "python"

    def install(self, names: Sequence[str]) -> None:
        """Create some environments anew."""
        for name in names:
            subprocess.run([sys.executable, "-m", "venv", "--clear", self.folder / name], check=True)
            for packages in self.requirements[name]:
                subprocess.run([self.python(name), "-m", "pip", "install", "--quiet", *packages], check=True)

    def versions(self, names: Sequence[str], packages: Sequence[str]) -> dict[str, str]:
        """Return the versions of packages in the first of some environments that has each."""
        folders = [str(path) for name in names for path in (self.folder / name / "lib").glob("python*/site-packages")]
        found = {one.metadata["Name"].lower(): one.version for one in distributions(path=folders[::-1])}
        return {package: found[package] for package in packages if package in found}

    def installed_mb(self, name: str) -> float:
        """Return the size of an environment, in 10^6 bytes."""
        files = (path for path in (self.folder / name / "lib").rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_size for path in files) / 1e6


def run_watched(
    command: Sequence[object], folder: Path, *, cores: int, deadline: float, saved: Sequence[str], after_seconds: float
) -> float:
    """Run a command to its end, or kill what takes too long; return the peak memory of its tree, in 10^6 bytes.

    Shared pages count once for each process that maps them, as in Linux' proportional share.

    Args:
        command: What to run.
        folder: Where to; its output goes to `log.txt` there.
        cores: As many threads may run, wherever a library asks.
        deadline: When it is killed, by `time.time()`.
        saved: Files of which one exists when the model is saved.
        after_seconds: The further time that it has from then on, to load and to predict.
    """
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(cores),
            start_new_session=True,
        )
        root, peak = psutil.Process(process.pid), 0.0
        while process.poll() is None:
            is_saved = any((folder / name).exists() for name in saved)
            if time.time() > deadline + (after_seconds if is_saved else 0.0):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                break
            peak = max(peak, _tree_mb(root))
            time.sleep(_POLL_SECONDS)
    return peak


def _environment(cores: int) -> dict[str, str]:
    """Return the variables of a contender: as many threads as cores, wherever a library asks."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(cores))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TUNESMITH"))}
    return {**kept, **threads}


def _tree_mb(root: psutil.Process) -> float:
    total = 0
    try:
        for process in (root, *root.children(recursive=True)):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total / 1e6
