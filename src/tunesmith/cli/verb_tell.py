"""`tunesmith tell`: the result of a trial that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..core.trial import Failure, Trial
from ..errors import InputError
from ..service.facts import trial_facts
from ..service.results import outcome_of, report_step
from ..study.tuning import open_study
from ..text.cleaning import clean
from .options import TRIAL, Output, numbered, speaking


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@TRIAL
@click.argument("metrics", nargs=-1, metavar="METRIC=VALUE...")
@click.option("--step", type=click.IntRange(min=0), help="Report an intermediate result; prints whether to stop.")
@click.option("--failed", metavar="REASON", help="The trial failed, for this reason.")
@speaking
def tell(
    output: Output, folder: Path, trial: int, metrics: Sequence[str], step: int | None, failed: str | None
) -> None:
    """Settle a TRIAL of the study in FOLDER with its metrics: `tunesmith tell FOLDER 3 val_loss=0.31`."""
    outcome = parse_outcome(metrics, failed)
    with open_study(folder) as study:
        trial = numbered(study, trial)
        if step is not None:
            facts = report_step(study, trial, step, {} if isinstance(outcome, Failure) else outcome)
            output.say(f"stop: {facts['reason']}" if facts["prune"] else "continue", facts)
            return
        settled = study.tell(trial, outcome)
    say_settled(output, settled)


def parse_outcome(metrics: Sequence[str], failed: str | None) -> dict[str, Any] | Failure:
    """Return a trial's outcome from arguments `NAME=VALUE` or from the reason why it failed."""
    return outcome_of(dict(map(_metric, metrics)), failed, "Give METRIC=VALUE or --failed REASON.")


def say_settled(output: Output, trial: Trial) -> None:
    """Print the state of a settled trial and the verdict on it."""
    verdict = f", {trial.verdict.decision}: {clean(trial.verdict.reason)}" if trial.verdict else ""
    failure = f", {clean(trial.failure.reason)}" if trial.failure else ""
    output.say(f"trial {trial.number}: {trial.state}{failure}{verdict}", trial_facts(trial))


def _metric(argument: str) -> tuple[str, Any]:
    name, equals, value = argument.partition("=")
    if not (name and equals):
        raise InputError(f"a metric must be given as NAME=VALUE, got {argument!r}.")
    try:
        return name, float(value)
    except ValueError:
        return name, value  # Refused with the metric's name.
