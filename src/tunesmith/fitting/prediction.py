"""Predictions for another table, and what is different in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.machine_faults import writing
from ..data.read import read_frame
from ..data.schema import Column, Schema
from ..errors import InputError, nearest
from ..text.cleaning import short
from ..text.wording import count
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
        keep: Columns of the table to keep.

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
    parts = []
    for start in range(0, max(len(frame), 1), _BATCH_ROWS):
        batch = frame.iloc[start : start + _BATCH_ROWS]
        predicted = ensemble.predict(batch)
        if proba:
            predicted = predicted.join(ensemble.predict_proba(batch).add_prefix("probability_"))
        parts.append(predicted)
    kept = frame[[name for name in keep if name not in parts[0].columns]]
    return Predictions(frame=pd.concat([kept, pd.concat(parts)], axis=1), remarks=list(_remarks(schema, frame)))


def _remarks(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        yield f"{count(len(missing), 'column')} of the training table missing here, taken as empty: {_named(missing)}"
    for column in schema.columns:
        if column.name in frame.columns and (words := _difference(column, frame[column.name])):
            yield words


def _difference(column: Column, values: pd.Series) -> str | None:
    """Return which values of a column cannot be used, in words; None if all can."""
    unused = values[values.notna() & column.read(values).isna()]
    if unused.empty:
        return None
    examples = _named([short(value, 40) for value in unused.drop_duplicates().head(_MOST_NAMED + 1)])
    reasons = {"number": "no numbers", "date": "no dates", "category": "not in the training table"}
    why = reasons.get(column.kind, "unreadable")
    return f"column {short(column.name, 60)}: {count(len(unused), 'value')} {why}, taken as missing: {examples}"


def _named(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
