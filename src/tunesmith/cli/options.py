"""The options that every verb has, and what they set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..service.facts import to_json


@dataclass(frozen=True, kw_only=True)
class Output:
    """How a verb is to speak.

    Args:
        json: In JSON, for programs.
        quiet: Say as little as possible.
    """

    json: bool = False
    quiet: bool = False

    def say(self, printable: Any, facts: Any) -> None:
        """Print for people, or the facts as JSON.

        Args:
            printable: Text, or anything that rich can draw.
            facts: The same as plain values.
        """
        if self.json:
            click.echo(to_json(facts))
        elif isinstance(printable, str):
            click.echo(printable)
        else:
            # A path or command is one word: it runs past the edge rather than losing its end.
            Console(highlight=False).print(printable, crop=False)


def speaking(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb `--json`, `--verbose` and `--quiet`; it gets an `Output` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    @click.option("--verbose", "-v", is_flag=True, help="Log what happens inside.")
    @click.option("--quiet", "-q", is_flag=True, help="Print as little as possible.")
    @wraps(verb)
    def speaking_verb(*args: Any, as_json: bool, verbose: bool, quiet: bool, **options: Any) -> None:
        level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
        logging.getLogger("tunesmith").setLevel(level)
        verb(Output(json=as_json, quiet=quiet), *args, **options)

    return speaking_verb


FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
TRIAL = click.argument("trial", type=click.IntRange(min=0))
