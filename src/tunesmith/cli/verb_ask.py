"""`tunesmith ask`: the next trial, for a program of one's own to run."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from ..service.facts import trial_facts
from ..study.tuning import open_study
from .options import Output, speaking


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@speaking
def ask(output: Output, folder: Path) -> None:
    """Print the next trial of the study in FOLDER, and count it as started.

    FOLDER is a study's folder, or the study.toml of a new study (it needs no [task]).
    """
    with open_study(folder) as study:
        trial = study.ask()
    lines = [f"trial {trial.number}  (seed {trial.seed})", *(f"  {k} = {v}" for k, v in trial.parameters.items())]
    wanted = [m.name for m in study.objective.metrics] + [c.metric for c in study.objective.constraints]
    values = " ".join(f"{shlex.quote(name)}=VALUE" for name in dict.fromkeys(wanted))
    lines.append(f"then: tunesmith tell {shlex.quote(str(study.folder))} {trial.number} {values}")
    output.say("\n".join(lines), trial_facts(trial))
