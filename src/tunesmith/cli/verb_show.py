"""`tunesmith show`: one trial."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from ..executors._bounded_log import read_tail
from ..tuning import load
from .facts import trial_facts
from .options import FOLDER, TRIAL, Output, speaking
from .views import trial_view


@click.command()
@FOLDER
@TRIAL
@speaking
def show(output: Output, folder: Path, trial: int) -> None:
    """Show one TRIAL of the study in FOLDER, and how to reproduce it."""
    study = load(folder)
    found = study.engine.trial(trial)
    reproduce = f"tunesmith reproduce {shlex.quote(str(folder))} {trial}" if study.has_task else ""
    tail = "" if found.folder is None else read_tail(found.folder / "log.txt")
    output.say(
        trial_view(study.history, found, tail, reproduce),
        trial_facts(found) | {"log_tail": tail, "reproduce": reproduce},
    )
