"""Rows that occur more than once, within the table and in the test table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from ...core.arrays import Floats, Indices
from ...text.wording import share
from ..column import Column
from ..findings import Finding
from ..problem import Problem

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_WORTH_SAYING = 0.005
_MANY = 0.05
_SAME_TARGET = 0.95
_BEYOND_CHANCE = 5.0
_MOST_ROWS = 50_000


def find_duplicate_rows(sample: Sample) -> Iterator[Finding]:
    """Yield how many rows have a copy, and how many of these copies have another target."""
    if sample.rows < 2 or not sample.schema.columns:
        return
    rows, keys = _Selection.of(sample).rows(sample, sample.whole)
    numbers, representatives, copies = _equal(keys)
    is_copied = copies[numbers] > 1
    copied = float(is_copied.mean())
    if copied < _WORTH_SAYING:
        return
    agree = float(np.mean(sample.target[rows[is_copied]] == sample.target[rows[representatives[is_copied]]]))
    by_mistake = bool(sample.problems) and agree >= _SAME_TARGET and copied > _BEYOND_CHANCE * _expected(sample)
    yield Finding(
        kind="duplicate_rows",
        severity="warning" if by_mistake and copied >= _MANY else "info",
        text=f"{share(copied)} of the rows agree with another row in every column"
        + (
            ", also in the target. A random split puts copies on both sides, which flatters scores."
            if by_mistake
            else "."
        ),
        remedy="If these are copies of one record, remove them." if by_mistake else "",
        values={
            "share": copied,
            "same_target": agree if sample.problems else None,
            "by_mistake": by_mistake,
            "rows_looked_at": len(rows),
        },
    )
    for index, problem in enumerate(sample.problems):
        if problem.is_classification:
            yield from _conflicts(problem, sample.target[rows, index], numbers)


def _conflicts(problem: Problem, target: Floats, numbers: Indices) -> Iterator[Finding]:
    """Yield how many rows have another class than most of those that are equal to them.

    Args:
        problem: What is to be predicted.
        target: Encoded, shape `(rows,)`.
        numbers: The same for equal rows, shape `(rows,)`.
    """
    counts = np.zeros((numbers.max() + 1, len(problem.classes)), dtype=np.int64)
    np.add.at(counts, (numbers, target.astype(int)), 1)
    conflicting = float((counts.sum(axis=1) - counts.max(axis=1)).sum() / len(numbers))
    if conflicting >= _WORTH_SAYING:
        yield Finding(
            kind="conflicting_rows",
            severity="warning" if conflicting >= _MANY else "info",
            columns=(problem.target,),
            text=f"{share(conflicting)} of the rows have another '{problem.name}' than most rows that agree with "
            "them in every column.",
            remedy="No model can tell these apart: look for a column that does, or for wrong labels.",
            values={"share": conflicting},
        )


def find_rows_in_test(sample: Sample, test: pd.DataFrame) -> Iterator[Finding]:
    """Yield how many rows of the test table are also in the training table, with the same target."""
    names = [problem.target for problem in sample.problems]
    if not sample.schema.columns or not names or not set(names) <= set(test.columns):
        return
    selection = _Selection.of(sample)
    rows, known = selection.rows(sample, sample.whole)
    test_rows, keys = selection.rows(sample, test)
    if not len(keys) or not len(known):
        return
    order = np.argsort(known, kind="stable")
    nearest = order[np.searchsorted(known, keys, sorter=order).clip(max=len(known) - 1)]
    is_copied = known[nearest] == keys
    if not is_copied.any():
        return
    copied = float(is_copied.mean())
    outcomes = np.column_stack([problem.encode(test[problem.target]) for problem in sample.problems])
    agree = float(np.mean(outcomes[test_rows[is_copied]] == sample.target[rows[nearest[is_copied]]]))
    if copied >= _WORTH_SAYING and agree >= _SAME_TARGET and copied > _BEYOND_CHANCE * _expected(sample):
        yield Finding(
            kind="test_rows_in_training",
            severity="warning" if copied >= _MANY else "info",
            text=f"{share(copied)} of the rows of the test table are also in the training table, with the same target.",
            remedy="If these are copies of one record, remove them: the test score is too good otherwise.",
            values={"share": copied, "rows_looked_at": len(keys)},
        )


@dataclass(frozen=True)
class _Selection:
    """Rows by the hash of one column, so that the copies of a row are selected together.

    Args:
        column: The column with the most distinct values.
        limit: Rows with a hash above it are not selected.
    """

    column: Column
    limit: int

    @classmethod
    def of(cls, sample: Sample) -> Self:
        """Return a selection of about 50,000 rows of a table."""
        distinct = {name: sample.features[name].nunique() for name in sample.schema.names}
        chosen = max(sample.schema.columns, key=lambda column: distinct[column.name])
        limit = 2**64 - 1
        if sample.rows > _MOST_ROWS:
            limit = int(limit * (_MOST_ROWS / sample.rows))
        return cls(chosen, limit)

    def rows(self, sample: Sample, frame: pd.DataFrame) -> tuple[Indices, np.ndarray]:
        """Return the rows selected, and a hash of each over the columns of the schema."""
        selected = np.flatnonzero(_hashed(self.column, frame) <= np.uint64(self.limit))
        part = frame.iloc[selected]
        keys = np.zeros(len(part), dtype=np.uint64)
        for column in sample.schema.columns:
            keys = (keys * np.uint64(1_000_003)) ^ _hashed(column, part)
        return selected, keys


def _hashed(column: Column, frame: pd.DataFrame) -> np.ndarray:
    """Return a hash of each value of a column, shape `(rows,)`; the same for all where the column is absent."""
    import pandas as pd

    if column.name not in frame.columns:
        return np.zeros(len(frame), dtype=np.uint64)
    values = column.read(frame[column.name])
    if column.kind in ("number", "date"):
        plain = values.to_numpy()
    else:
        plain = values.astype(object).where(values.notna(), "\0").to_numpy(dtype=object)
    hashed: np.ndarray = pd.util.hash_array(plain)
    return hashed


def _equal(keys: np.ndarray) -> tuple[Indices, Indices, Indices]:
    """Return a number for each row, the same for equal rows; the first row with its number; the rows of each number."""
    _, first, numbers, copies = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return numbers, first[numbers], copies


def _expected(sample: Sample) -> float:
    """Return the share of rows with an equal one that would be expected if the columns were independent."""
    chance = 1.0
    for name in sample.schema.names:
        shares = sample.features[name].value_counts(normalize=True, dropna=False).to_numpy()
        chance *= float((shares**2).sum())
    return float(1 - np.exp(-min(sample.rows, _MOST_ROWS) * chance))
