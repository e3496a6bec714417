"""The variables that tell where a model is and what its token is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values


def environment(folder: Path) -> Mapping[str, str]:
    """Return the variables of a file `.env` in a folder, with those of the environment over them."""
    told = {name: value for name, value in dotenv_values(folder / ".env").items() if value}
    return told | dict(os.environ)
