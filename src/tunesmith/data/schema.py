"""How each column of a user's table is read: as numbers, categories, dates or text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from ..core.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

ColumnKind = Literal["number", "category", "date", "text"]

_NUMBER_SHARE = 0.95  # Of the values of a text column, to read it as numbers.
_TEXT_WORDS = 3.0
_TEXT_SHARE = 0.5  # Of distinct values.
_SAMPLE_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is read.

    Args:
        name: Its name in the user's table.
        kind: `number`: floating-point, NaN where missing. `category`: one of `categories`, all else is missing.
            `date`: a time stamp without zone. `text`: words.
        categories: The categories of the training table, the most frequent first.
    """

    name: str
    kind: ColumnKind
    categories: tuple[str, ...] = ()

    def read(self, values: pd.Series) -> pd.Series:
        """Return a column of any table in the form that models are trained on."""
        import pandas as pd

        if self.kind == "number":
            return pd.Series(numbers(values), index=values.index, name=self.name)
        if self.kind == "date":
            return pd.Series(_dates(values), index=values.index, name=self.name)
        texts = values.where(values.notna()).map(_text, na_action="ignore")
        if self.kind == "text":
            return texts.astype(object).rename(self.name)
        return pd.Series(pd.Categorical(texts, categories=list(self.categories)), index=values.index, name=self.name)

    @classmethod
    def of(cls, values: pd.Series) -> Self:
        """Return how a column of the training table is read."""
        name = str(values.name)
        if values.dtype.kind in "iufb":
            return cls(name=name, kind="number")
        if values.dtype.kind == "M":
            return cls(name=name, kind="date")
        known = values.dropna()
        sample = known if len(known) <= _SAMPLE_ROWS else known.sample(_SAMPLE_ROWS, random_state=0)
        texts = sample.map(_text)
        if len(texts):
            if np.isfinite(numbers(texts)).mean() >= _NUMBER_SHARE:
                return cls(name=name, kind="number")
            if np.mean(~np.isnat(_dates(texts))) >= _NUMBER_SHARE:
                return cls(name=name, kind="date")
            words = texts.str.count(r"\S+").mean()
            if words >= _TEXT_WORDS and texts.nunique() >= _TEXT_SHARE * len(texts):
                return cls(name=name, kind="text")
        counts = known.map(_text).value_counts()
        return cls(name=name, kind="category", categories=tuple(counts.index))


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The columns that models are trained on.

    Args:
        columns: In the order of the training table.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": ["31", " 48"], "town": ["Ulm", "Bonn"]})
    >>> schema = Schema.infer(frame)
    >>> [column.kind for column in schema.columns]
    ['number', 'category']
    >>> schema.read(frame)["age"].tolist()
    [31.0, 48.0]
    """

    columns: tuple[Column, ...]

    @classmethod
    def infer(cls, frame: pd.DataFrame, ignore: Collection[str] = ()) -> Self:
        """Return the schema of a training table.

        Args:
            frame: The table.
            ignore: Columns that are not used, such as the target.
        """
        return cls(columns=tuple(Column.of(frame[name]) for name in frame.columns if name not in ignore))

    def read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return any table in the form that models are trained on; a column that it lacks is missing everywhere."""
        import pandas as pd

        absent = pd.Series(np.full(len(frame), None, dtype=object), index=frame.index)
        columns = [
            column.read(frame[column.name] if column.name in frame.columns else absent) for column in self.columns
        ]
        return pd.concat(columns, axis=1) if columns else pd.DataFrame(index=frame.index)

    @cached_property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def to_table(self) -> list[dict[str, Any]]:
        """Return it as plain JSON."""
        return [{"name": c.name, "kind": c.kind, "categories": list(c.categories)} for c in self.columns]

    @classmethod
    def from_table(cls, table: Collection[Mapping[str, Any]]) -> Self:
        """Return the schema that `to_table` described."""
        return cls(
            columns=tuple(
                Column(name=row["name"], kind=row["kind"], categories=tuple(row["categories"])) for row in table
            )
        )


def numbers(values: pd.Series) -> Floats:
    """Return a column as numbers, shape `(rows,)`; text that is no number, and infinity, are missing."""
    import pandas as pd

    if values.dtype.kind not in "iufb":
        values = values.map(lambda value: value.strip() if isinstance(value, str) else value)
    array = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(array), array, np.nan)


def _dates(values: pd.Series) -> Any:
    """Return a column as time stamps in UTC without zone, NaT where it is no date; shape `(rows,)`."""
    import pandas as pd

    if values.dtype.kind in "iufb":
        return np.full(len(values), "NaT", dtype="datetime64[s]")
    found = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
    return found.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value)
