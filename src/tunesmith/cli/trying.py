"""The test run of a script before its study: offered, announced, watched and summed up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.text import Text

from ..core.trial import Value
from ..errors import InputError
from ..init import Asked, Draft, Sources
from ..init.effects import MOST_SECONDS, can_be_moved, measure_effects, with_effects
from ..init.observed import with_tryout
from ..init.redrafting import redraft
from ..init.trying import OnProgress, try_script, try_task
from ..init.tryout import Limits, Tryout
from ..init.tryout_words import announcement, summary
from ..progress.terminal import CleanConsole, near
from ..runner.signals import handled, interrupt
from ..tasks.command import CommandTask
from ..text.cleaning import clean, short
from ..text.shell import command
from ..text.wording import count, duration
from .options import TRYOUT_FOLDER, Output


def with_test_run(
    draft: Draft,
    sources: Sources,
    output: Output,
    asked: Asked | None = None,
    *,
    objective: str | None = None,
    minutes: float,
    wanted: bool | None = None,
    asks: bool = False,
) -> tuple[Draft, Tryout | None]:
    """Run a draft's own configuration once, if the user wants that, and return the draft changed by what it showed.

    Args:
        draft: The draft.
        sources: The files from which it was drafted; without a command there is nothing to run.
        output: How the verb prints.
        asked: The script's options, as it gave them itself, or None.
        objective: The user's objective, or None.
        minutes: The most time.
        wanted: Whether to run it; None asks if `asks` is set, and does not run it otherwise.
        asks: Whether the user can be asked.

    Returns:
        The draft, and the run; None if there was none. A draft that cannot be run says so in its notes.

    Raises:
        InputError: A run is wanted, but there is no command.
    """
    own = sources.command
    if wanted and own is None:
        raise InputError("--try runs your command, but none was found. Give it: tunesmith init --try -- COMMAND.")
    if wanted is False or (wanted is None and not asks) or own is None:
        return draft, None
    # What the draft leaves out, as secrets and the choice of a GPU, is the user's own for this run.
    variables = {name: value for name, value in own.variables.items() if name not in draft.environment}
    folder = tryout_folder(draft.folder.absolute() / "studies" / draft.name)
    limits = Limits(seconds=60 * minutes)
    _say(announcement(command(*own.own_words), draft.folder, near(folder), limits), output)
    if wanted is None and not click.confirm("Run it?", default=True):
        return draft, None
    try:
        with _progress(output) as on_progress:
            tryout = try_script(draft, folder, limits, on_progress, variables=variables)
    except InputError as error:
        note = f"TO DO: correct what follows, since it cannot be run: {error.message}"
        return replace(draft, notes=(*draft.notes, note)), None
    _say(summary(tryout), output)
    draft = redraft(draft, tryout, sources, objective=objective, asked=asked)
    draft = with_tryout(draft, tryout, () if asked is None else asked.options)
    return _with_effects(draft, tryout, folder / "effects", output), tryout


def _with_effects(draft: Draft, tryout: Tryout, folder: Path, output: Output) -> Draft:
    """Move each parameter of a draft in short runs, unless the user does not want to wait for them."""
    if not can_be_moved(draft, tryout):
        return draft
    many = f"{count(len(draft.space), 'parameter')} {'are' if len(draft.space) > 1 else 'is'}"
    limit = duration(MOST_SECONDS)
    _say([f"{many} moved one by one, for at most {limit}, to see what they change. Ctrl-C skips this."], output)
    try:
        with handled(interrupt):
            effects = measure_effects(draft, tryout, folder)
    except KeyboardInterrupt:
        _say(["skipped"], output)
        return draft
    return with_effects(draft, effects, tryout)


def test_run(
    task: CommandTask, parameters: Mapping[str, Value], study_folder: Path, output: Output, *, minutes: float, seed: int
) -> Tryout:
    """Run the command of a study once with some parameters, and show its progress; see `try_task`."""
    limits = Limits(seconds=60 * minutes)
    with _progress(output) as on_progress:
        return try_task(task, parameters, tryout_folder(study_folder), limits, on_progress, seed=seed)


def tryout_folder(study_folder: Path) -> Path:
    """Return the folder of a run before a study."""
    return study_folder / TRYOUT_FOLDER


@contextmanager
def _progress(output: Output) -> Iterator[OnProgress | None]:
    """Show the time and the last line of output on a terminal; end the run where a signal ends this process."""
    console = CleanConsole()
    with handled(interrupt):
        if output.json or output.quiet or not console.is_terminal:
            yield None
            return
        with console.status(Text("starting …")) as status:

            def show(seconds: float, line: str) -> None:
                room = max(20, console.width - 24)
                status.update(Text(f"{duration(round(seconds))}  {short(line, room)}"))

            yield show


def _say(lines: Iterator[str] | Sequence[str], output: Output) -> None:
    if not (output.json or output.quiet):
        for line in lines:
            indent = len(line) - len(line.lstrip(" "))
            click.echo(f"{' ' * indent}{clean(line)}")
