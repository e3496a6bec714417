"""`tunesmith export`: a fitted model as ONNX, as a script, or as a model card."""

from __future__ import annotations

from pathlib import Path

import click

from ..fitting.load import load_fit
from .options import FOLDER, Output, speaking

_FORMS = ("onnx", "script", "card")


@click.command()
@FOLDER
@click.option("--to", help=f"The form: {', '.join(_FORMS)} [default: that of the suffix of --out].")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file [default: model.onnx, model.py or model.md in FOLDER].",
)
@speaking
def export(output: Output, folder: Path, to: str | None, out: Path | None) -> None:
    """Write the model in FOLDER for other programs (onnx), as a script that trains it, or as a model card.

    ONNX takes raw rows: numbers, texts and missing values as they are; of time series the values up to the origin. It
    is compared with Python before it is written.
    """
    written = load_fit(folder).export(out, to=to)
    lines = [str(written.path), *([] if output.quiet else written.notes)]
    output.say("\n".join(lines), {"path": str(written.path), "notes": list(written.notes), **written.facts})
