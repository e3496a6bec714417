"""What is to be predicted: the target, the kind of prediction, and the metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..core.arrays import Floats
from ..errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["binary", "multiclass", "regression"]
_MOST_INTEGER_CLASSES = 20


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A supervised problem on a table.

    Args:
        target: The name of the column to predict.
        kind: What its values are.
        classes: The classes, sorted, for classification.
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
    def of(cls, frame: pd.DataFrame, target: str, kind: Kind | None = None) -> Problem:
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
        """Return a target column as class indices or numbers, shape `(rows,)`."""
        if not self.is_classification:
            return values.to_numpy(dtype=np.float64)
        index = {name: position for position, name in enumerate(self.classes)}
        return np.array([index[label(value)] for value in values], dtype=np.float64)


def label(value: object) -> str:
    """Return a class as text; whole numbers without a fraction, so that 1 and 1.0 are one class."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
