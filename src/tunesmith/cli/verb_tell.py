"""`tunesmith tell`: what came of a trial that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..core.trial import Failure, State, check_number
from ..errors import InputError
from ..service.facts import trial_facts
from ..study.study import Study
from ..study.tuning import open_study
from .options import TRIAL, Output, speaking


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@TRIAL
@click.argument("metrics", nargs=-1, metavar="METRIC=VALUE...")
@click.option("--step", type=click.IntRange(min=0), help="An intermediate result; prints whether to stop the trial.")
@click.option("--failed", metavar="REASON", help="The trial failed, for this reason.")
@speaking
def tell(
    output: Output, folder: Path, trial: int, metrics: Sequence[str], step: int | None, failed: str | None
) -> None:
    """Settle a TRIAL of the study in FOLDER with its metrics, as `tunesmith tell FOLDER 3 val_loss=0.31`."""
    if bool(metrics) == (failed is not None):
        raise InputError("a trial is told with METRIC=VALUE, or with --failed REASON: one of the two.")
    numbers = metrics_told(metrics)
    with open_study(folder) as study:
        if step is not None:
            facts = report_step(study, trial, step, numbers)
            output.say(f"stop: {facts['reason']}" if facts["prune"] else "go on", facts)
            return
        outcome = numbers if failed is None else Failure(kind="told", reason=failed)
        told = study.tell(trial, outcome)
    verdict = f", {told.verdict.decision}: {told.verdict.reason}" if told.verdict else ""
    output.say(f"trial {trial}: {told.state}{verdict}", trial_facts(told))


def report_step(study: Study, number: int, step: int, metrics: Mapping[str, float]) -> dict[str, Any]:
    """Note what a running trial says on its way, and return whether it is to stop, and why.

    Raises:
        InputError: There is no such trial, or it does not run.
    """
    state = study.engine.trial(number).state
    if state is not State.RUNNING:
        raise InputError(f"only a running trial reports, but trial {number} is {state}.")
    reason = study.engine.record_report(number, step, metrics)
    return {"prune": reason is not None, "reason": reason}


def metrics_told(words: Sequence[str]) -> dict[str, float]:
    """Return the metrics that are given as words, each `NAME=VALUE`."""
    return dict(map(_metric, words))


def _metric(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InputError(f"a metric must be given as NAME=VALUE, but {text!r} was given.")
    try:
        return name, float(value)
    except ValueError:
        return name, check_number(name, value)
