"""The rows that the checks of a table look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from ...core.arrays import Floats, Indices
from ..column import Column
from ..problem import Problem
from ..schema import Schema

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 50_000
MODEL_ROWS = 8_000
"""The number of rows that a check's own small models see."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A table with its target, and a random sample of its rows.

    Args:
        whole: Every row, as the user gave it, with an index from 0; its targets are known.
        target: Encoded, for every row of `whole`, shape `(rows, problems)`; no column if nothing is predicted.
        problems: What is to be predicted.
        schema: How the columns are read.
        positions: The rows of the sample, ascending.
        seed: The seed of all further samples.
    """

    whole: pd.DataFrame
    target: Floats
    problems: tuple[Problem, ...]
    schema: Schema
    positions: Indices
    seed: int

    @classmethod
    def of(
        cls,
        whole: pd.DataFrame,
        target: Floats,
        problems: Sequence[Problem],
        *,
        ignore: Collection[str] = (),
        decimal: str = ".",
        seed: int,
    ) -> Self:
        """Return a table with a random sample of at most 50,000 rows, which also tells how the columns are read.

        Args:
            whole: Every row.
            target: Encoded.
            problems: What is to be predicted.
            ignore: Columns that are not looked at, besides the targets.
            decimal: The decimal mark of numbers in text, where their values allow two.
            seed: The seed of all samples.
        """
        positions = drawn(len(whole), SAMPLE_ROWS, seed)
        unused = {*ignore, *(problem.target for problem in problems)}
        return cls(
            whole=whole,
            target=target,
            problems=tuple(problems),
            schema=Schema.infer(whole.iloc[positions], ignore=unused, decimal=decimal),
            positions=positions,
            seed=seed,
        )

    def without(self, names: Collection[str]) -> Self:
        """Return the table without some columns."""
        if not names:
            return self
        kept = tuple(column for column in self.schema.columns if column.name not in names)
        return replace(self, schema=Schema(columns=kept))

    @property
    def rows(self) -> int:
        """The number of rows of the whole table."""
        return len(self.whole)

    @property
    def size(self) -> int:
        """The number of rows of the sample."""
        return len(self.positions)

    @property
    def is_whole(self) -> bool:
        """Whether the sample holds every row."""
        return self.size == self.rows

    @cached_property
    def raw(self) -> pd.DataFrame:
        """The rows of the sample as the user gave them."""
        return self.whole if self.is_whole else self.whole.iloc[self.positions]

    @cached_property
    def features(self) -> pd.DataFrame:
        """The rows of the sample as the schema reads them."""
        return self.schema.read(self.raw)

    @cached_property
    def outcome(self) -> Floats:
        """The encoded target of the sample, shape `(rows, problems)`."""
        return self.target[self.positions]

    @cached_property
    def models_rows(self) -> Indices:
        """Positions within the sample, ascending, that small models are trained on."""
        return drawn(self.size, MODEL_ROWS, self.seed + 1)

    def columns(self, *kinds: str) -> list[Column]:
        """Return the columns of some kinds."""
        return [column for column in self.schema.columns if column.kind in kinds]


def drawn(rows: int, most: int, seed: int) -> Indices:
    """Return at most `most` of the row numbers below `rows`, drawn at random, ascending."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def as_numbers(values: pd.Series) -> Floats:
    """Return a column that a schema has read as numbers, shape `(rows,)`, NaN where missing.

    A category becomes its rank among the categories by frequency, a date the seconds since 1970, a text its length.
    """
    if values.dtype.kind in "fiu":
        numbers: Floats = values.to_numpy(dtype=np.float64)
        return numbers
    if values.dtype.kind == "M":
        stamps = values.to_numpy(dtype="datetime64[s]")
        return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64).astype(np.float64))
    if hasattr(values, "cat"):
        codes = values.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes)
    lengths: Floats = values.str.len().to_numpy(dtype=np.float64, na_value=np.nan)
    return lengths


def matrix(features: pd.DataFrame) -> Floats:
    """Return columns that a schema has read as numbers; shape `(rows, columns)`."""
    if not len(features.columns):
        return np.empty((len(features), 0))
    return np.column_stack([as_numbers(features[name]) for name in features.columns])
