"""`tunesmith note`: a user's note on a trial, or verdict."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import InputError
from ..service.facts import trial_facts
from ..study.tuning import load
from .options import FOLDER, TRIAL, Output, numbered, speaking


@click.command()
@FOLDER
@TRIAL
@click.argument("text", default="")
@click.option("--accept", is_flag=True, help="Make this configuration the best, whatever its metrics.")
@click.option("--reject", is_flag=True, help="Exclude this configuration from being the best.")
@speaking
def note(output: Output, folder: Path, trial: int, text: str, accept: bool, reject: bool) -> None:
    """Add TEXT to a TRIAL of the study in FOLDER; `--accept` or `--reject` overrules the verdict."""
    if not (text or accept or reject):
        raise InputError("a note needs a text, --accept or --reject, got none of them.")
    with load(folder) as study:
        trial = numbered(study, trial)
        noted = study.note(trial, text, accept=accept, reject=reject)
        best = study.best
    leads = f"; the best is trial {best.number}" if best else ""
    output.say(f"noted on trial {trial}{leads}", trial_facts(noted))
