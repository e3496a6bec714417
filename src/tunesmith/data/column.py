"""How one column of a user's table is read: as numbers, categories, dates or text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import numpy as np

from ..text.cleaning import valid
from . import cells

if TYPE_CHECKING:
    import pandas as pd

ColumnKind = Literal["number", "category", "date", "text"]

_LEAST_SHARE = 0.95  # Of the rows, to read a column of text as numbers or dates.
_TEXT_WORDS = 3.0
_TEXT_SHARE = 0.5  # Of distinct values.
_LEAST_DISTINCT = 50
_MOST_CATEGORIES = 10_000
_SAMPLE = 2_000
_MOST_TOLD = 10


class Reading(NamedTuple):
    """A column that was read.

    Args:
        values: In the form that models are trained on: an array or a `Categorical`, shape `(rows,)`.
        unread: The distinct values that became missing because the column does not allow them.
        unread_rows: The number of their rows.
    """

    values: Any
    unread: Sequence[str] = ()
    unread_rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is read.

    Args:
        name: Its name in the user's table.
        kind: `number`: floating-point, NaN where missing. `category`: one of `categories`, all else is missing.
            `date`: a time stamp without zone, in UTC. `text`: words.
        categories: The categories of the training table, the most frequent first; at most 10,000.
        decimal: The decimal mark of numbers that are stored as text.
        date_format: The format of dates that are stored as text, one of `cells.DATE_FORMATS`.
    """

    name: str
    kind: ColumnKind
    categories: tuple[str, ...] = ()
    decimal: str = "."
    date_format: str | None = None

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {name: position for position, name in enumerate(self.categories)}

    def read(self, values: pd.Series) -> pd.Series:
        """Return a column of any table in the form that models are trained on."""
        import pandas as pd

        return pd.Series(self.read_and_report(values).values, index=values.index, name=self.name, copy=False)

    def read_and_report(self, values: pd.Series) -> Reading:
        """Return the values as `read` does, and which of them the column does not allow."""
        import pandas as pd

        if self.kind == "number" and values.dtype.kind in "iufb":
            numbers = cells.numbers(values)
            raw = values.to_numpy(dtype=np.float64, na_value=np.nan)
            lost = np.isnan(numbers) & ~np.isnan(raw) if np.isnan(numbers).any() else np.empty(0, dtype=bool)
            return Reading(numbers, [f"{value:g}" for value in np.unique(raw[lost])[:_MOST_TOLD]], int(lost.sum()))
        if self.kind == "number" and values.dtype.kind in "mM":
            numbers = cells.numbers(values)
            rows = int(np.isnan(numbers).sum() - values.isna().sum())
            return Reading(numbers, ("a date",) * bool(rows), rows)
        if self.kind == "date" and (values.dtype.kind in "mM" or isinstance(values.dtype, pd.PeriodDtype)):
            return Reading(cells.dates(values, None))
        codes, distinct = cells.factorize(values)
        array, unread = self._read_distinct(distinct)
        rows = int(np.isin(codes, unread).sum()) if unread else 0
        read = array[codes]
        if self.kind == "category":
            read = pd.Categorical.from_codes(read, categories=list(self.categories))
        return Reading(read, [str(distinct[index]) for index in unread], rows)

    def _read_distinct(self, distinct: Sequence[object]) -> tuple[Any, list[int]]:
        """Return the form of each distinct value, with one for missing at the end, and the positions of the unread."""
        if self.kind == "number":
            found = np.append(cells.distinct_numbers(distinct, self.decimal), np.nan)
            return found, _meant(distinct, np.flatnonzero(np.isnan(found[:-1])))
        if self.kind == "date":
            moments = np.append(
                cells.distinct_dates(distinct, self.date_format or "ISO8601"), np.datetime64("NaT", "s")
            )
            return moments, _meant(distinct, np.flatnonzero(np.isnat(moments[:-1])))
        texts = [cells.text_of(value) for value in distinct]
        if self.kind == "text":
            return np.array([*texts, None], dtype=object), []
        codes = [-1 if text is None else self._positions.get(text, -1) for text in texts]
        new = [index for index, text in enumerate(texts) if text is not None and codes[index] < 0]
        return np.array([*codes, -1], dtype=np.int32), new

    @classmethod
    def of(cls, values: pd.Series, *, decimal: str = ".") -> Self:
        """Return how a column of the training table is read.

        Args:
            values: The column.
            decimal: The decimal mark to assume where the values allow two.
        """
        import pandas as pd

        name = valid(str(values.name))
        if values.dtype.kind in "iufbm":
            return cls(name=name, kind="number")
        if values.dtype.kind == "M" or isinstance(values.dtype, pd.PeriodDtype):
            return cls(name=name, kind="date")
        codes, distinct = cells.factorize(values)
        counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
        if not isinstance(values.dtype, pd.CategoricalDtype):
            sample = np.linspace(0, len(distinct) - 1, min(_SAMPLE, len(distinct))).astype(int)
            form = _number_or_date([distinct[index] for index in sample], counts[sample], decimal)
            if form is not None:
                return cls(name=name, **form)
        known: dict[str, int] = {}
        for value, count in zip(distinct, counts.tolist(), strict=True):
            if count and (text := cells.text_of(value)) is not None:
                known[text] = known.get(text, 0) + count
        if not known:
            return cls(name=name, kind="number")
        if _is_text(known) and not isinstance(values.dtype, pd.CategoricalDtype):
            return cls(name=name, kind="text")
        ranked = sorted(known, key=lambda text: (-known[text], text))
        return cls(name=name, kind="category", categories=tuple(ranked[:_MOST_CATEGORIES]))

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        table: dict[str, Any] = {"name": self.name, "kind": self.kind, "categories": list(self.categories)}
        if self.decimal != ".":
            table["decimal"] = self.decimal
        return table | ({"date_format": self.date_format} if self.date_format else {})

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the column that `to_table` described."""
        return cls(**{**table, "categories": tuple(table["categories"])})


def _meant(distinct: Sequence[object], positions: np.ndarray) -> list[int]:
    """Return the positions whose values do not stand for a missing one."""
    return [int(index) for index in positions if str(distinct[index]).strip().lower() not in cells.NO_NUMBER]


def _number_or_date(distinct: Sequence[object], counts: np.ndarray, decimal: str) -> dict[str, Any] | None:
    """Return how a column is read if nearly all of its values are numbers, or dates in one format."""
    kept = _meant(distinct, np.arange(len(distinct)))
    values, weights = [distinct[index] for index in kept], counts[kept]
    total = weights.sum()
    if not total:
        return None
    shares = {
        mark: weights[np.isfinite(cells.distinct_numbers(values, mark))].sum() / total
        for mark in (decimal, "," if decimal == "." else ".")
    }
    best = max(shares, key=lambda mark: shares[mark])
    if shares[best] >= _LEAST_SHARE:
        return {"kind": "number", "decimal": best}
    texts = [value for value in values if isinstance(value, str)]
    if texts and not cells.looks_like_dates(texts):
        return None
    date_format = _date_format(values, weights / total) if texts else "ISO8601"
    found = weights[~np.isnat(cells.distinct_dates(values, date_format))].sum() / total if date_format else 0.0
    return {"kind": "date", "date_format": date_format} if found >= _LEAST_SHARE else None


def _date_format(values: Sequence[object], shares: np.ndarray) -> str | None:
    """Return the format that reads most of the values, tried on a few first; None if no format reads those."""
    few = values[:: max(1, len(values) // 20)]
    shapes = [cells.date_shape(value) for value in few if isinstance(value, str)]
    likely = [form for form in cells.DATE_FORMATS if cells.may_have_format(shapes, form)]
    fitting = [form for form in likely if np.isnat(cells.distinct_dates(few, form)).mean() <= 0.2]
    return max(fitting, key=lambda form: shares[~np.isnat(cells.distinct_dates(values, form))].sum(), default=None)


def _is_text(known: Mapping[str, int]) -> bool:
    """Return whether categories are text: many words, or hardly any value occurs twice."""
    rows = sum(known.values())
    words = sum(len(text.split()) * count for text, count in known.items()) / rows
    many = len(known) >= _TEXT_SHARE * rows
    return many and (words >= _TEXT_WORDS or len(known) >= _LEAST_DISTINCT)
