"""`tunesmith add`: a result that is known already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from ..errors import InputError
from ..study.tuning import open_study
from .options import Output, speaking
from .verb_tell import parse_outcome, say_settled


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("parameters")
@click.argument("metrics", nargs=-1, metavar="METRIC=VALUE...")
@click.option("--failed", metavar="REASON", help="The configuration failed, for this reason.")
@speaking
def add(output: Output, folder: Path, parameters: str, metrics: Sequence[str], failed: str | None) -> None:
    """Add a known result to the study in FOLDER: `tunesmith add FOLDER '{"lr": 0.01}' val_loss=0.31`.

    FOLDER is a study's folder or a study.toml. PARAMETERS is a JSON object within the search space.
    """
    outcome = parse_outcome(metrics, failed)
    try:
        values = orjson.loads(parameters)
    except orjson.JSONDecodeError:
        raise InputError(f"parameters must be a JSON object, as '{{\"lr\": 0.01}}', got {parameters!r}.") from None
    with open_study(folder) as study:
        trial = study.add(values, outcome)
    say_settled(output, trial)
