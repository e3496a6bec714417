"""Prepared rows on disk, so that trials with the same recipe prepare each fold once.

Fitting the terms of a text column takes as long as training a model on it.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from ..data.column import Column
from ..data.schema import Schema
from ..data.table import Table
from .recipe import FittedRecipe, Recipe

if TYPE_CHECKING:
    import pandas as pd

_LOG = logging.getLogger(__name__)
_WORTHWHILE_SECONDS = 0.2
_MOST_BYTES = 2**28
_FITTED_FILE = "fitted.json"
_PARTS = ("training", "held_out")


def prepare_fold(
    recipe: Recipe, table: Table, split: tuple[np.ndarray, np.ndarray], folder: Path
) -> tuple[FittedRecipe, pd.DataFrame, pd.DataFrame]:
    """Return a recipe fitted on the training rows of a fold, and its training and held-out rows prepared.

    What took long is kept, and read the next time. Several processes may do so at once: each writes to a folder of its
    own, and the first to rename it wins.

    Args:
        recipe: The recipe.
        table: The table.
        split: The rows to train on and those held out, as indices.
        folder: Where prepared rows of this table are kept.
    """
    train, held_out = split
    place = folder / _key(recipe, split)
    if place.exists():
        fitted = FittedRecipe.from_table(orjson.loads((place / _FITTED_FILE).read_bytes()))
        training, validation = (Table.load(place / part).features for part in _PARTS)
        return fitted, training, validation
    started = time.monotonic()
    fitted, training = recipe.fit_transform(table.features.iloc[train], table.target[train], table.problems)
    validation = fitted.transform(table.features.iloc[held_out])
    if time.monotonic() - started > _WORTHWHILE_SECONDS and 8 * training.size <= _MOST_BYTES:
        _keep(place, fitted, (training, validation))
    return fitted, training, validation


def _key(recipe: Recipe, split: tuple[np.ndarray, np.ndarray]) -> str:
    """Return a name for a recipe and a fold of one table."""
    digest = hashlib.sha256(orjson.dumps(recipe.to_table(), option=orjson.OPT_SORT_KEYS))
    for rows in split:
        digest.update(rows.tobytes())
        digest.update(b"/")
    return digest.hexdigest()[:24]


def _keep(place: Path, fitted: FittedRecipe, frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Write what was prepared; a disk that is full or read-only is no reason to fail."""
    try:
        place.parent.mkdir(exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=place.parent))
        try:
            for part, frame in zip(_PARTS, frames, strict=True):
                _as_table(frame).save(partial / part)
            (partial / _FITTED_FILE).write_bytes(orjson.dumps(fitted.to_table()))
            partial.rename(place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        _LOG.debug("prepared rows are not kept: %s", error)


def _as_table(frame: pd.DataFrame) -> Table:
    """Return prepared rows as a table without target, which can be written to disk."""
    kinds = {"f": "number", "M": "date"}
    columns = [
        Column(name=str(name), kind="category", categories=tuple(frame[name].cat.categories))
        if str(frame[name].dtype) == "category"
        else Column(name=str(name), kind=kinds.get(frame[name].dtype.kind, "text"))  # type: ignore[arg-type]
        for name in frame.columns
    ]
    rows = len(frame)
    return Table(
        schema=Schema(columns=tuple(columns)),
        problems=(),
        features=frame,
        target=np.zeros((rows, 0)),
        folds=np.zeros((1, rows), dtype=np.int8),
    )
