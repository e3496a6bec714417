"""`tunesmith predict`: predictions of a fitted model."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import InputError
from ..fitting.prediction import predictions
from ..fitting.result import FitResult
from ..study.tuning import load
from .options import FOLDER, Output, number_or_best, numbered, speaking

_PREVIEW_ROWS = 20


@click.command()
@FOLDER
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="A .csv or .parquet file [default: stdout]."
)
@click.option("--proba", is_flag=True, help="Also the probability of each class.")
@click.option("--id", "ids", multiple=True, help="A column of DATA to keep beside the predictions; repeatable.")
@click.option("--trial", callback=number_or_best, help="Use the models of this trial alone, a number or best.")
@speaking
def predict(
    output: Output, folder: Path, data: Path, to: Path | None, proba: bool, ids: tuple[str, ...], trial: int | None
) -> None:
    """Predict the rows of the table DATA with the model in FOLDER.

    Without `--to` the predictions go to standard output as CSV; on a terminal, the first of them.
    """
    if to is not None and to.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"--to must name a .csv or .parquet file, got {to}.")
    chosen = None if trial is None else numbered(load(folder), trial)
    found = predictions(FitResult.load(folder, trial=chosen), data, proba=proba, keep=ids)
    for remark in found.remarks:
        click.echo(f"tunesmith: {remark}", err=True)
    if to is not None:
        found.save(to)
        output.say(
            "" if output.quiet else str(to),
            {"predictions": str(to), "rows": len(found.frame), "remarks": found.remarks},
        )
    elif output.json:
        output.say("", {"predictions": found.frame.to_dict("records"), "remarks": found.remarks})
    elif sys.stdout.isatty() and len(found.frame) > _PREVIEW_ROWS:
        click.echo(found.frame.head(_PREVIEW_ROWS).to_csv(index=False), nl=False)
        more = len(found.frame) - _PREVIEW_ROWS
        click.echo(f"tunesmith: {more:,} more rows; write them all with --to predictions.csv", err=True)
    else:
        click.echo(found.frame.to_csv(index=False), nl=False)
