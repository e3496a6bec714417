"""`tunesmith fit`: train models on a table."""

from __future__ import annotations

from pathlib import Path

import click

from ..fit.fit import fit as fit_table
from ..text import wording
from .options import Output, speaking


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--target", required=True, help="The column to predict.")
@click.option("--minutes", type=float, default=5.0, show_default=True, help="The time for everything.")
@click.option("--metric", help="What to improve [default: log_loss for classes, rmse for numbers].")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where the study is kept.")
@click.option("--parallel", type=int, help="Number of trials that run at once [default: the number of cores].")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of all randomness.")
@speaking
def fit(
    output: Output,
    data: Path,
    target: str,
    minutes: float,
    metric: str | None,
    folder: Path | None,
    parallel: int | None,
    seed: int,
) -> None:
    """Find a good model of the table DATA, a CSV or Parquet file."""
    result = fit_table(data, target=target, minutes=minutes, metric=metric, folder=folder, parallel=parallel, seed=seed)
    ensemble = result.ensemble
    members = wording.count(len(ensemble.members), "model")
    output.say(
        f"{ensemble.metric} {wording.number(ensemble.score)} with {members}; saved in {result.folder}",
        {"folder": str(result.folder), "metric": ensemble.metric, "score": ensemble.score},
    )
