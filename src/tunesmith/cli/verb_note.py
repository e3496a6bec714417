"""`tunesmith note`: a user's word on a trial."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import InputError
from ..service.facts import trial_facts
from ..study.tuning import load
from .options import FOLDER, TRIAL, Output, speaking


@click.command()
@FOLDER
@TRIAL
@click.argument("text", default="")
@click.option("--accept", is_flag=True, help="Put this configuration first, whatever was measured.")
@click.option("--reject", is_flag=True, help="Keep this configuration from ever being the best.")
@speaking
def note(output: Output, folder: Path, trial: int, text: str, accept: bool, reject: bool) -> None:
    """Write TEXT about a TRIAL of the study in FOLDER; `--accept` or `--reject` overrules the verdict."""
    if not (text or accept or reject):
        raise InputError("a note needs a text, --accept or --reject.")
    with load(folder) as study:
        noted = study.note(trial, text, accept=accept, reject=reject)
        best = study.best
    leads = f"; the best is trial {best.number}" if best else ""
    output.say(f"noted on trial {trial}{leads}", trial_facts(noted))
