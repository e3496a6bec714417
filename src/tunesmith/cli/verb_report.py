"""`tunesmith report`: the HTML report."""

from __future__ import annotations

from pathlib import Path

import click

from ..service.report import write_study
from ..study.tuning import load
from .options import FOLDER, Output, speaking


@click.command()
@FOLDER
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file [default: FOLDER/report.html].")
@click.option("--open", "open_it", is_flag=True, help="Open the report in the browser.")
@speaking
def report(output: Output, folder: Path, to: Path | None, open_it: bool) -> None:
    """Write the study in FOLDER, and the model that a fit has found, as one self-contained HTML page."""
    written = write_study(load(folder), to)
    output.say(str(written), {"report": str(written)})
    if open_it:
        click.launch(str(written))
