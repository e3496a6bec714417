"""The machine on which the figures were measured."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("tunesmith", "optuna", "langgraph", "numpy", "scipy")


def describe(packages: Sequence[str] = _PACKAGES) -> str:
    """Return the machine, its load, and the versions of packages, as Markdown."""
    lines = [
        f"- {_processor()}, {os.cpu_count()} cores, {_memory()}; {platform.system()} {platform.release()}",
        f"- load in the last minute, at the start: {os.getloadavg()[0]:.1f}",
        f"- Python {platform.python_version()}, {', '.join(_versions(packages))}",
        f"- {time.strftime('%d %B %Y')}",
    ]
    return "\n".join(lines)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"


def _versions(packages: Sequence[str]) -> list[str]:
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"no {package}")
    return versions
