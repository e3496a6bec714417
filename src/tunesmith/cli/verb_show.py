"""`tunesmith show`: one trial."""

from __future__ import annotations

from pathlib import Path

import click

from ..service.facts import trial_details
from ..study.tuning import load
from .options import FOLDER, TRIAL, Output, numbered, speaking
from .views import trial_view


@click.command()
@FOLDER
@TRIAL
@speaking
def show(output: Output, folder: Path, trial: int) -> None:
    """Show one TRIAL of the study in FOLDER, and how to reproduce it."""
    study = load(folder)
    trial = numbered(study, trial)
    facts = trial_details(study, folder, trial)
    output.say(trial_view(study.history, study.trials[trial], facts["log_tail"], facts["reproduce"]), facts)
