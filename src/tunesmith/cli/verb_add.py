"""`tunesmith add`: a result that is known already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from ..core.trial import Failure
from ..errors import InputError
from ..service.facts import trial_facts
from ..study.tuning import open_study
from .options import Output, speaking
from .verb_tell import metrics_told


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("parameters")
@click.argument("metrics", nargs=-1, metavar="METRIC=VALUE...")
@click.option("--failed", metavar="REASON", help="It failed, for this reason.")
@speaking
def add(output: Output, folder: Path, parameters: str, metrics: Sequence[str], failed: str | None) -> None:
    """Enter a known result into the study in FOLDER: `tunesmith add FOLDER '{"lr": 0.01}' val_loss=0.31`.

    FOLDER is a study's folder, or a study.toml. PARAMETERS is a JSON object, and must lie in the search space.
    """
    if bool(metrics) == (failed is not None):
        raise InputError("a result is METRIC=VALUE, or --failed REASON: one of the two.")
    try:
        given = orjson.loads(parameters)
    except orjson.JSONDecodeError:
        raise InputError(
            f"parameters must be a JSON object, as '{{\"lr\": 0.01}}', but {parameters!r} was given."
        ) from None
    outcome = metrics_told(metrics) if failed is None else Failure(kind="told", reason=failed)
    with open_study(folder) as study:
        trial = study.add(given, outcome)
    verdict = f", {trial.verdict.decision}: {trial.verdict.reason}" if trial.verdict else ""
    output.say(f"trial {trial.number}: {trial.state}{verdict}", trial_facts(trial))
