"""`tunesmith predict`: predictions of a fitted model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..errors import InputError
from ..fitting.forecasting.prediction import Forecasts
from ..fitting.forecasting.result import ForecastResult
from ..fitting.load import load_fit
from ..fitting.prediction import Predictions, Written
from ..study.tuning import load
from .options import FOLDER, Output, number_or_best, numbered, speaking

_PREVIEW_ROWS = 20


@click.command()
@FOLDER
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="A .csv or .parquet file [default: stdout]."
)
@click.option("--proba", is_flag=True, help="Also the probability of each class.")
@click.option("--id", "ids", multiple=True, help="A column of DATA to keep beside the predictions; repeatable.")
@click.option("--horizon", type=int, help="Time series: the number of steps [default: that of the fit].")
@click.option("--trial", callback=number_or_best, help="Use the models of this trial alone, a number or best.")
@speaking
def predict(
    output: Output,
    folder: Path,
    data: Path | None,
    to: Path | None,
    proba: bool,
    ids: tuple[str, ...],
    horizon: int | None,
    trial: int | None,
) -> None:
    """Predict the rows of the table DATA with the model in FOLDER.

    Time series are forecast after their ends: those in DATA, or without it those that the model was trained on.

    Without `--to` the predictions go to standard output as CSV; on a terminal, the first of them.
    """
    if to is not None and to.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"--to must name a .csv or .parquet file, got {to}.")
    chosen = None if trial is None else numbered(load(folder), trial)
    result = load_fit(folder, trial=chosen)
    made: Written
    _check_options(result, proba=proba, ids=ids, horizon=horizon)
    if isinstance(result, ForecastResult):
        made = Forecasts(result=result, data=data, horizon=horizon)
    elif data is None:
        raise InputError("the rows to predict must be given, as tunesmith predict FOLDER NEW.csv.")
    else:
        made = Predictions(result=result, data=data, proba=proba, keep=ids)
    if to is not None:
        rows = made.save(to)
        output.say(str(to), {"predictions": str(to), "rows": rows, "remarks": made.remarks})
    elif output.json:
        output.say("", {"predictions": made.frame().to_dict("records"), "remarks": made.remarks})
    else:
        _print(made)
    for remark in () if output.json or output.quiet else made.remarks:
        click.echo(f"tunesmith: {remark}", err=True)


def _check_options(result: Any, *, proba: bool, ids: Sequence[str], horizon: int | None) -> None:
    """Refuse options that would have no effect."""
    of_series = isinstance(result, ForecastResult)
    given = {"--proba": proba, "--id": bool(ids)} if of_series else {"--horizon": horizon is not None}
    for name, is_given in given.items():
        if is_given:
            raise InputError(f"{name} is for {'tables of rows' if of_series else 'time series'}. Leave it out.")


def _print(made: Written) -> None:
    """Print predictions as CSV; on a terminal, the first of them."""
    rows = 0
    for batch in made.batches():
        shown = batch.head(_PREVIEW_ROWS) if sys.stdout.isatty() else batch
        click.echo(shown.to_csv(index=False, header=rows == 0), nl=False)
        rows += len(shown)
        if len(shown) < len(batch):
            click.echo("… and more; write all of them with --to predictions.csv", err=True)
            return
