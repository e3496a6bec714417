"""From a user's data to the table that trials learn from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.folds import assign_folds
from ..data.problem import Problem
from ..data.read import read_frame
from ..data.schema import Schema
from ..data.table import Table


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """What a user says about the data.

    Args:
        target: The column to predict.
    """

    target: str


def prepare(data: Any, options: DataOptions, folder: Path, *, seed: int) -> Table:
    """Return the table in a study's folder; reads the data first if it is not there yet.

    Args:
        data: A path of a CSV or Parquet file, or a frame.
        options: What the user says about it.
        folder: Where the table is kept.
        seed: The seed of the folds.

    Raises:
        InputError: The data cannot be read, or cannot be predicted.
    """
    if not folder.exists():
        frame = read_frame(data)
        problem = Problem.of(frame, options.target)
        target = problem.encode(frame[options.target])[:, None]
        known = ~np.isnan(target).any(axis=1)
        frame, target = frame[known].reset_index(drop=True), target[known]
        schema = Schema.infer(frame, ignore=[options.target])
        table = Table(
            schema=schema,
            problems=(problem,),
            features=schema.read(frame),
            target=target,
            folds=assign_folds((problem,), target, seed=seed),
        )
        table.save(folder)
    return Table.load(folder)
