"""Checks of the installation: Python, the packages that tunesmith needs, and its extras."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from ... import __version__
from ...text.shell import command
from ...text.wording import count
from .finding import Finding

_NAME = re.compile(r"([\w.-]+)")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")
_PLATFORM = re.compile(r"""sys_platform\s*(==|!=)\s*["'](\w+)["']""")
_OF_DEVELOPERS = {"test", "dev", "docs"}


def check_installation() -> Iterator[Finding]:
    """Yield findings on Python, on missing packages, and on extras that are not installed."""
    yield Finding("python", "ok", f"Python {platform.python_version()} at {sys.executable}, tunesmith {__version__}")
    try:
        requirements = requires("tunesmith") or []
    except PackageNotFoundError:
        yield Finding(
            "packages", "hint", "tunesmith is not installed, and runs from its source", "Install it with pip."
        )
        return
    missing = [name for name, extra in _needed(requirements) if extra is None and not _is_installed(name)]
    if missing:
        yield Finding(
            "packages",
            "error",
            f"not installed: {', '.join(missing)}",
            f"Install them: {command(sys.executable, '-m', 'pip', 'install', *missing)}",
        )
    else:
        yield Finding(
            "packages", "ok", f"all {count(sum(e is None for _, e in _needed(requirements)), 'package')} are there"
        )
    extras: dict[str, list[str]] = {}
    for name, extra in _needed(requirements):
        if extra is not None and extra not in _OF_DEVELOPERS:
            extras.setdefault(extra, [])
            extras[extra] += [] if _is_installed(name) else [name]
    absent = sorted(extra for extra, names in extras.items() if names)
    present = sorted(extra for extra, names in extras.items() if not names)
    more = f"; {count(len(absent), 'other')} can be, where a study needs one" if absent else ""
    yield Finding("extras", "ok", f"installed: {', '.join(present) or 'none'}{more}")


def _needed(requirements: list[str]) -> Iterator[tuple[str, str | None]]:
    """Yield the packages that this platform needs, with the extra that needs each."""
    for requirement in requirements:
        name, extra, where = _NAME.match(requirement), _EXTRA.search(requirement), _PLATFORM.search(requirement)
        is_here = where is None or (where[1] == "==") is (sys.platform == where[2])
        if name is not None and is_here:
            yield name[1], None if extra is None else extra[1]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
