"""Predictions for another table, and what is different in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.machine_faults import writing
from ..data.read import read_frame
from ..errors import InputError, nearest
from .result import FitResult

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS = 50_000
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Predictions for a table.

    Args:
        frame: The columns that are kept, then the predictions, one column for each target, then probabilities.
        remarks: What is different from the training table, in words.
    """

    frame: pd.DataFrame
    remarks: list[str]

    def save(self, path: Path) -> None:
        """Write the frame to a `.csv` or `.parquet` file, which appears only when it is whole.

        Raises:
            OutputError: The file cannot be written.
        """
        partial = path.with_name(f".{path.name}.partial")
        with writing(path):
            try:
                if path.suffix.lower() == ".parquet":
                    self.frame.to_parquet(partial, index=False)
                else:
                    self.frame.to_csv(partial, index=False)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)


def predictions(result: FitResult, data: Any, *, proba: bool = False, keep: Sequence[str] = ()) -> Predictions:
    """Return predictions for each row of a table.

    Args:
        result: The fitted model.
        data: A path or a frame.
        proba: Whether to add the probability of each class, in columns `probability_CLASS`.
        keep: Columns of the table to keep, besides those that `fit` was told name a row.

    Raises:
        InputError: The table cannot be read, has none of the model's columns, or lacks a column to keep.
    """
    import pandas as pd

    frame, ensemble = read_frame(data), result.ensemble
    for name in keep:
        if name not in frame.columns:
            raise InputError(f"--id must name a column of the table, got '{name}'.{nearest(name, frame.columns)}")
    schema = ensemble.schema
    if schema.columns and not set(schema.names) & set(frame.columns):
        raise InputError(
            f"the table must have the columns that the model was trained on ({_named(schema.names)}), but it has "
            f"{_named([str(name) for name in frame.columns])}."
        )
    remarks = [f"{finding.text} {finding.remedy}" for finding in schema.read_and_report(frame)[1]]
    parts = []
    for start in range(0, max(len(frame), 1), _BATCH_ROWS):
        batch = frame.iloc[start : start + _BATCH_ROWS]
        predicted = ensemble.predict(batch)
        if proba:
            predicted = predicted.join(ensemble.predict_proba(batch).add_prefix("probability_"))
        parts.append(predicted)
    named = [name for name in dict.fromkeys((*result.ids, *keep)) if name in frame.columns]
    kept = frame[[name for name in named if name not in parts[0].columns]]
    return Predictions(frame=pd.concat([kept, pd.concat(parts)], axis=1), remarks=remarks)


def _named(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
