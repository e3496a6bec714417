"""Keys and row numbers: columns whose values name the row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats
from ..column import Column
from ..findings import Finding
from .names import names_identifier, names_moment

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_LEAST_ROWS = 20
_FEW_ROWS = 1_000  # To rule out most columns soon.
_DENSE = 1.5
_CODE = re.compile(r"^(?=.*\d)[\w.:/#-]{2,64}$")


def find_identifiers(sample: Sample) -> Iterator[Finding]:
    """Yield columns with another value in every row that say nothing else."""
    for column in sample.schema.columns:
        values = sample.whole[column.name]
        seen = sample.features[column.name]
        if column.kind == "date" or (column.kind == "number" and (seen != seen.round()).any()):
            continue
        if len(values) < _LEAST_ROWS or _repeats(values[:_FEW_ROWS]) or _repeats(sample.raw[column.name]):
            continue
        if not sample.is_whole and _repeats(values):
            continue
        if column.kind == "number":
            yield from _numeric(column.name, column.read(values).to_numpy(dtype=np.float64))
        elif is_code(column, values):
            yield Finding(
                kind="identifier",
                severity="warning",
                columns=(column.name,),
                text=f"'{column.name}' has another value in every row: it names the row.",
                remedy=f"Leave it out with --exclude {column.name}: a model can only learn it by heart.",
                values={"distinct": len(values)},
            )


def _repeats(values: pd.Series) -> bool:
    """Tell whether a value occurs twice, or is missing."""
    return bool(values.isna().any() or values.duplicated().any())


def is_code(column: Column, values: pd.Series) -> bool:
    """Tell whether a column of words looks like keys: one word with a digit in nearly all rows, or a name for it."""
    if column.kind not in ("category", "text"):
        return False
    seen = values.dropna().astype(str).iloc[:1000]
    return names_identifier(column.name) or bool(len(seen) and seen.str.match(_CODE).mean() > 0.95)


def _numeric(name: str, values: Floats) -> Iterator[Finding]:
    """Yield what is found about a column of different numbers.

    Without a name for it such a column may be a measure, so that it is only pointed out.
    """
    if np.isnan(values).any() or (values != np.round(values)).any() or names_moment(name):
        return
    rises, is_named = bool((np.diff(values) > 0).all()), names_identifier(name)
    if not is_named and values.max() - values.min() >= _DENSE * len(values):
        return
    what = "counts the rows: it rises from each row to the next" if rises else "has another whole number in every row"
    leave_out = "Leave it out" if is_named else "If it names the row, leave it out"
    yield Finding(
        kind=("row_number" if rises else "identifier") if is_named else "unique_number",
        severity="warning",
        columns=(name,),
        text=f"'{name}' {what}.",
        remedy=f"{leave_out} with --exclude {name}: new rows have other numbers.",
        values={"distinct": len(values), "rises": rises},
    )
