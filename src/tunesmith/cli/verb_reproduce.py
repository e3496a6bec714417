"""`tunesmith reproduce`: one trial run again."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from ..core.machine_faults import writing
from ..core.trial import CHECKPOINT_FOLDER, TrialFailed, TrialRequest
from ..errors import InputError, StudyFailed
from ..study.tuning import load
from ..text.cleaning import clean
from .options import FOLDER, TRIAL, Output, numbered, speaking


@click.command()
@FOLDER
@TRIAL
@speaking
def reproduce(output: Output, folder: Path, trial: int) -> None:
    """Run a TRIAL of the study in FOLDER again with the same parameters and seed, and compare the metrics.

    The trial starts from the same checkpoint, in a new folder. The study does not change.
    """
    study = load(folder)
    trial = numbered(study, trial)
    first = study.engine.trial(trial)
    if study.task is None or first.folder is None:
        raise InputError("only a study with a task can run a trial again, but this one has no [task].")
    again = first.folder / "again"
    with writing(again):
        again.mkdir(exist_ok=True)
    shutil.rmtree(again / CHECKPOINT_FOLDER, ignore_errors=True)  # That of an earlier run.
    origin = first.proposal.inherits
    request = TrialRequest(
        number=trial,
        attempt=1,
        parameters=first.parameters,
        seed=first.seed,
        folder=again,
        inherits=None if origin is None else study.trials[origin].folder,
        timeout_seconds=study.budget.seconds_per_trial,
        memory_bytes=study.budget.memory_bytes,
    )
    with study.executor as executor:
        executor.open(lambda *report: None)
        try:
            metrics = dict(executor.submit(study.task, request).result().metrics)
        except TrialFailed as error:
            raise StudyFailed(
                f"trial {trial} failed this time: {error.failure.reason}\n{error.failure.log_tail}"
            ) from None
    lines = [f"trial {trial}, run again in {again}", f"  {'':<24} {'then':>14} {'now':>14}"]
    for name in sorted({*metrics, *first.metrics}):
        then, now = first.metrics.get(name, "–"), metrics.get(name, "–")
        lines.append(f"  {clean(name):<24} {then:>14} {now:>14}")
    output.say("\n".join(lines), {"trial": trial, "then": dict(first.metrics), "now": metrics, "folder": str(again)})
