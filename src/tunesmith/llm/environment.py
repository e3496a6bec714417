"""Environment variables with the addresses and API keys of language models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_hidden: set[str] = set()


def load_environment(folder: Path) -> Mapping[str, str]:
    """Return the variables of the folder's `.env` file, overridden by those of the environment."""
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(folder / ".env").items() if value} | dict(os.environ)


def hide_from_trials(*names: str) -> None:
    """Keep variables from the processes of trials, from now on."""
    _hidden.update(names)


def hidden_from_trials() -> frozenset[str]:
    """Return the names of the variables that are kept from trials."""
    return frozenset(_hidden)


def trial_environment() -> dict[str, str]:
    """Return the environment for the process of a trial, without hidden variables."""
    return {name: value for name, value in os.environ.items() if name not in _hidden}
