"""The options that every verb has."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ..progress.terminal import CleanConsole
from ..service.facts import to_json


@dataclass(frozen=True, kw_only=True)
class Output:
    """How a verb prints.

    Args:
        json: Print JSON, for programs.
        quiet: Print as little as possible.
    """

    json: bool = False
    quiet: bool = False

    def say(self, printable: Any, facts: Any) -> None:
        """Print a text for people, or the facts as JSON.

        Args:
            printable: A string, or anything that rich can draw.
            facts: The same as plain values.
        """
        if self.json:
            click.echo(to_json(facts))
        elif isinstance(printable, str):
            click.echo(printable)
        else:
            # Not cropped: a path or a command is copied as a whole, however long.
            CleanConsole().print(printable, crop=False)


def speaking(verb: Callable[..., None]) -> Callable[..., None]:
    """Add `--json`, `--verbose` and `--quiet` to a verb, which gets an `Output` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.option("--verbose", "-v", is_flag=True, help="Log details.")
    @click.option("--quiet", "-q", is_flag=True, help="Print as little as possible.")
    @wraps(verb)
    def speaking_verb(*args: Any, as_json: bool, verbose: bool, quiet: bool, **options: Any) -> None:
        level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
        logging.getLogger("tunesmith").setLevel(level)
        verb(Output(json=as_json, quiet=quiet), *args, **options)

    return speaking_verb


FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
TRIAL = click.argument("trial", type=click.IntRange(min=0))
