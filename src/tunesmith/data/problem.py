"""What is to be predicted: a target column, and the kind of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["binary", "multiclass", "regression"]
_MOST_INTEGER_CLASSES = 20


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The prediction of one column.

    Args:
        target: The name of the column.
        kind: What its values are.
        classes: The classes, sorted, for classification; the second of two is the positive one.
    """

    target: str
    kind: Kind
    classes: tuple[str, ...] = ()

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted."""
        return self.kind != "regression"

    @property
    def outputs(self) -> int:
        """The number of columns of a prediction: one for each class, one for a number."""
        return len(self.classes) or 1

    @classmethod
    def of(cls, frame: pd.DataFrame, target: str, kind: Kind | None = None) -> Self:
        """Return the problem of predicting a column.

        Args:
            frame: The training table.
            target: The column.
            kind: What its values are; by default numbers with many values are regression, all else classes.

        Raises:
            InputError: There is no such column, or its values cannot be predicted.
        """
        if target not in frame.columns:
            raise InputError(
                f"the target must be a column of the table, got '{target}'.{nearest(target, frame.columns)} "
                f"Columns: {', '.join(frame.columns[:20])}."
            )
        values = frame[target].dropna()
        distinct = values.nunique()
        if distinct < 2:
            raise InputError(f"the target must have two or more values, but '{target}' has {distinct}.")
        if kind is None:
            numeric = values.dtype.kind in "iuf"
            fractions = values.dtype.kind == "f" and not (values == values.round()).all()
            few = distinct <= _MOST_INTEGER_CLASSES and not fractions
            kind = "regression" if numeric and not few else "binary" if distinct == 2 else "multiclass"
        if kind == "regression":
            return cls(target=target, kind=kind)
        return cls(target=target, kind=kind, classes=tuple(sorted(map(label, values.unique()))))

    def encode(self, values: pd.Series) -> Floats:
        """Return a target column as class indices or numbers, NaN where it is missing; shape `(rows,)`."""
        import pandas as pd

        if not self.is_classification:
            numbers: Floats = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            return numbers
        index = {name: float(position) for position, name in enumerate(self.classes)}
        codes, distinct = pd.factorize(values)
        encoded = np.array([index.get(label(value), np.nan) for value in distinct] + [np.nan])
        indices: Floats = encoded[codes]
        return indices

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"target": self.target, "kind": self.kind, "classes": list(self.classes)}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the problem that `to_table` described."""
        return cls(target=table["target"], kind=table["kind"], classes=tuple(table["classes"]))


def label(value: object) -> str:
    """Return a class as text; whole numbers without a fraction, so that 1 and 1.0 are one class."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
