"""The options that every verb has."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ..errors import InputError
from ..progress.terminal import CleanConsole
from ..service.facts import to_json
from ..study.study import Study
from ..text.shell import command


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


TRYOUT_FOLDER = "tryout"
"""The folder of a run of the script before its study, in the study's."""
TRY_MINUTES = click.option(
    "--try-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="The limit of time of one run of the script before the study.",
)
FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


BEST = -1
"""The best trial, where a number is expected."""


def number_or_best(context: click.Context, argument: click.Parameter, value: str | None) -> int | None:
    """Return the number of a trial, or `BEST`."""
    if value is None or value == "best":
        return None if value is None else BEST
    if not value.isdecimal() or len(value) > 18:
        raise click.BadParameter(f"expected the number of a trial, from 0, or best, got {value!r:.80}.")
    return int(value)


TRIAL = click.argument("trial", callback=number_or_best)
OPTIONAL_TRIAL = click.argument("trial", callback=number_or_best, required=False)


def numbered(study: Study, trial: int) -> int:
    """Return the number of a trial; that of the best one for `BEST`.

    Raises:
        InputError: No trial is the best.
    """
    if trial != BEST:
        return trial
    if study.best is None:
        raise InputError("there is no best trial, as none is complete. Give the number of a trial.")
    return study.best.number


def put_aside(folder: Path) -> None:
    """Rename a study's folder, so that the next run starts over without losing it.

    Raises:
        InputError: The folder holds no study.
        StudyLocked: Another process uses it.
    """
    if not folder.exists() or [path.name for path in folder.iterdir()] == [TRYOUT_FOLDER]:
        return
    if not (folder / "journal.jsonl").exists():
        raise InputError(f"--fresh renames a study's folder, but {folder} holds no study. Choose another folder.")
    number = 1
    while (aside := folder.with_name(f"{folder.name}.old-{number}")).exists():
        number += 1
    from ..journal.file import FileJournal

    journal = FileJournal(folder / "journal.jsonl")
    journal.lock()  # Raises while another process uses it.
    try:
        shutil.move(folder, aside)
    finally:
        journal.unlock()


def command_again(context: click.Context, *, leave_out: Collection[str] = ()) -> str:
    """Return the command line of a verb that runs, to copy.

    Args:
        context: The verb's context.
        leave_out: The options that only its first call needs, by parameter name.
    """
    words: list[object] = ["tunesmith", context.info_name]
    for parameter in sorted(context.command.params, key=lambda parameter: isinstance(parameter, click.Option)):
        name, value = str(parameter.name), context.params.get(str(parameter.name))
        if name in leave_out or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        for one in tuple(value or ()) if parameter.multiple else [value]:
            option = [parameter.opts[0]] if isinstance(parameter, click.Option) else []
            words += option if getattr(parameter, "is_flag", False) else [*option, one]
    return command(*words)
