"""`tunesmith status`: a study's status."""

from __future__ import annotations

from pathlib import Path

import click

from ..service.facts import study_facts
from ..study.tuning import load
from .options import FOLDER, Output, speaking
from .views import status as status_view


@click.command()
@FOLDER
@speaking
def status(output: Output, folder: Path) -> None:
    """Show the status of the study in FOLDER: best trial, counts, budget, proposers."""
    study = load(folder)
    view = status_view(study.history, study.budget, name=study.name, folder=folder, proposer=study.engine.proposer)
    output.say(view, study_facts(study))
