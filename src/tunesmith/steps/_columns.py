"""The columns that a step works on, chosen by kind, name or pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..core.values import shown
from ..errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("number", "category", "date", "text")


def choose(features: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the names of the columns that are of one of the kinds, or have one of the names or patterns.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"price_old": [1.0], "price_new": [2.0], "day": pd.to_datetime(["2024-05-01"])})
    >>> choose(frame, ["date", "*_old"])
    ['price_old', 'day']
    """
    from fnmatch import fnmatchcase

    kinds = {"f": "number", "i": "number", "u": "number", "b": "number", "M": "date"}
    chosen = []
    for name, dtype in features.dtypes.items():
        kind = "category" if str(dtype) == "category" else kinds.get(dtype.kind, "text")
        if kind in columns or name in columns or any(fnmatchcase(str(name), pattern) for pattern in columns):
            chosen.append(str(name))
    return chosen


def check_names(features: pd.DataFrame, columns: Sequence[str]) -> None:
    """Check that every name, which is neither a kind nor a pattern, is a column.

    Raises:
        InputError: One is not.
    """
    for name in columns:
        if name not in features.columns and name not in KINDS and not set(name) & set("*?["):
            raise InputError(
                f"a step's columns must be kinds ({', '.join(KINDS)}), names of columns or patterns, "
                f"got {shown(name)}.{nearest(name, map(str, features.columns))}",
                keys=("columns",),
            )


def extended(features: pd.DataFrame, made: Mapping[str, np.ndarray], without: Sequence[str] = ()) -> pd.DataFrame:
    """Return a frame with columns more, and without some of its own."""
    import pandas as pd

    rest = features.drop(columns=list(without)) if without else features
    return pd.concat([rest, pd.DataFrame(made, index=features.index)], axis=1) if made else rest


def find_levels(values: pd.Series, most: int = 32) -> list[str] | np.ndarray:
    """Return what divides a column into levels: its categories, or the lower edges of bins of a number.

    A number has one bin for each of its values; above `most` values, `most` bins of about equally many rows.
    """
    if values.dtype.kind == "O":
        return [str(level) for level in values.cat.categories]
    known = values.dropna().to_numpy(dtype="float64")
    edges = np.unique(known)
    if len(edges) > most:
        edges = np.unique(np.quantile(known, np.arange(most) / most, method="lower"))
    return edges


def level_codes(values: pd.Series, levels: Sequence[str] | np.ndarray) -> np.ndarray:
    """Return the level of each row: 0 where it is missing or unseen, otherwise from 1 on; shape `(rows,)`."""
    if isinstance(levels, np.ndarray):
        numbers = values.to_numpy(dtype="float64")
        bins = np.maximum(np.searchsorted(levels, numbers, side="right"), min(1, len(levels)))
        return np.where(np.isnan(numbers), 0, bins).astype("int64")
    held = values.array  # Faster than `values.cat`, which counts where rows are few.
    if list(held.categories) != list(levels):
        held = held.set_categories(levels)
    codes: np.ndarray = held.codes.astype("int64") + 1
    return codes
