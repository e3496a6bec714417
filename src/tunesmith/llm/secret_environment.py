"""Variables that hold secrets of tunesmith's own, and are none of a trial's business."""

from __future__ import annotations

import os

_hidden: set[str] = set()


def hide(*names: str) -> None:
    """Keep variables from the processes of trials, from now on."""
    _hidden.update(names)


def visible_variables() -> dict[str, str]:
    """Return the environment as the process of a trial may see it."""
    return {name: value for name, value in os.environ.items() if name not in _hidden}
