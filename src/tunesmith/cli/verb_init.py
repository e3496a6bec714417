"""`tunesmith init`: a first study.toml from a script or a config file."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from ..draft import Draft, draft_study, to_toml
from ..errors import InputError
from .options import Output, speaking
from .text import clean


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--objective", help="As 'minimize val_loss'; found in the script by default.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Where to write; beside PATH by default.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; take what was understood.")
@click.option("--force", is_flag=True, help="Write over a study.toml that is there.")
@speaking
def init(output: Output, path: Path, objective: str | None, to: Path | None, yes: bool, force: bool) -> None:
    """Look at PATH, a script, a config file or a folder with them, and write a commented study.toml.

    PATH is only read, never run.
    """
    draft = draft_study(path, objective=objective)
    target = to or draft.folder / "study.toml"
    if target.exists() and not force:
        raise InputError(f"{target} is there already. Add --force to write over it, or choose another file with --to.")
    asks = not (yes or output.json or output.quiet) and sys.stdin.isatty()
    if asks:
        draft = _asked(draft)
    try:
        target.write_text(to_toml(draft), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from None
    to_do = [clean(note) for note in draft.notes if note.startswith("TO DO")]
    notes = [f"  {clean(note)}" for note in draft.notes if not note.startswith("TO DO")]
    said = [f"wrote {target}", *notes, *to_do, f"next: look at it, then tunesmith run {shlex.quote(str(target))}"]
    if not output.quiet:
        output.say("\n".join(said), {"study": str(target), "objective": draft.objective, "notes": list(draft.notes)})


def _asked(draft: Draft) -> Draft:
    """Let the user correct what was understood; Enter keeps it."""
    for question in draft.questions:
        answer = click.prompt(question.text, default=question.default)
        if answer != question.default:
            changes: dict[str, Any] = {question.field: answer}
            draft = dataclasses.replace(draft, **changes)
    return draft
