"""Conditions on columns, in words and as masks: the rows of a segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..core.arrays import Flags
from ..text import wording
from ..text.cleaning import short

if TYPE_CHECKING:
    import pandas as pd

Operator = Literal["<", "≥", "=", "≠", "is missing", "is known"]
_LONGEST = 40


@dataclass(frozen=True)
class Condition:
    """A condition on one column.

    Args:
        column: Its name.
        operator: How it is compared; a missing value satisfies `≠` and `is missing` only.
        value: A number, a date as ISO text, or a category; None for an operator that takes none.
    """

    column: str
    operator: Operator
    value: float | str | None = None

    def __str__(self) -> str:
        """Return it in words, as `tenure < 6`."""
        name = short(self.column, _LONGEST)
        if self.value is None:
            return f"{name} {self.operator}"
        shown = short(self.value, _LONGEST) if isinstance(self.value, str) else wording.number(self.value)
        return f"{name} {self.operator} {shown}"

    def holds(self, features: pd.DataFrame) -> Flags:
        """Return for each row whether it satisfies the condition, shape `(rows,)`."""
        values = features[self.column]
        missing: Flags = values.isna().to_numpy()
        if self.operator == "is missing":
            return missing
        if self.operator == "is known":
            return np.logical_not(missing)
        if self.operator in ("=", "≠"):
            equal: Flags = (values == self.value).to_numpy(dtype=bool)
            return equal if self.operator == "=" else np.logical_not(equal)
        bound = np.datetime64(self.value) if isinstance(self.value, str) else self.value
        array = values.to_numpy()
        with np.errstate(invalid="ignore"):
            compared = array < bound if self.operator == "<" else array >= bound
        return np.asarray(compared & ~missing, dtype=bool)


def in_words(conditions: tuple[Condition, ...]) -> str:
    """Return conditions that hold together, as `tenure < 6 and contract = monthly`."""
    return " and ".join(map(str, conditions))


def simplified(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return conditions without those that others imply: only the tightest bound of each side of a column.

    >>> in_words(simplified((Condition("age", "<", 30.0), Condition("age", "<", 20.0))))
    'age < 20'
    """
    kept: dict[tuple[str, str, object], Condition] = {}
    for condition in conditions:
        bound = condition.operator in ("<", "≥")
        kept[condition.column, condition.operator, None if bound else condition.value] = condition
    equal = {column for column, operator, _ in kept if operator == "="}
    return tuple(c for c in kept.values() if not (c.operator == "≠" and c.column in equal))
