"""`tunesmith predict`: predictions of a fitted model."""

from __future__ import annotations

from pathlib import Path

import click

from ..fit.result import FitResult
from .options import FOLDER, Output, speaking


@click.command()
@FOLDER
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file [default: predictions.csv].")
@speaking
def predict(output: Output, folder: Path, data: Path, to: Path | None) -> None:
    """Predict the rows of the table DATA with the model in FOLDER."""
    predicted = FitResult.load(folder).predict(data)
    target = to or Path("predictions.csv")
    predicted.to_csv(target, index=False)
    output.say(str(target), {"predictions": str(target)})
