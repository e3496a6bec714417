"""`tunesmith ask`: the next trial, for another program to run."""

from __future__ import annotations

from pathlib import Path

import click

from ..service.facts import trial_facts
from ..study.tuning import open_study
from ..text.cleaning import clean
from ..text.shell import command
from .options import Output, speaking


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--again", metavar="TRIAL", type=click.IntRange(min=0), help="Hand out a trial again whose program died.")
@speaking
def ask(output: Output, folder: Path, again: int | None) -> None:
    """Start the next trial of the study in FOLDER and print its parameters. Settle it with `tunesmith tell`.

    FOLDER is a study's folder, or the study.toml of a new study, which needs no [task].
    """
    with open_study(folder) as study:
        trial = study.ask(again=again)
    lines = [f"trial {trial.number}  (seed {trial.seed})"]
    lines += [f"  {clean(name)} = {clean(value)}" for name, value in trial.parameters.items()]
    names = [m.name for m in study.objective.metrics] + [c.metric for c in study.objective.constraints]
    values = [f"{name}=VALUE" for name in dict.fromkeys(names)]
    options_end = ["--"] if any(value.startswith("-") for value in values) else []
    lines.append(f"next: {command('tunesmith', 'tell', study.folder, trial.number, *options_end, *values)}")
    output.say("\n".join(lines), trial_facts(trial))
