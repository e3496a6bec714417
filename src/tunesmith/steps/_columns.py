"""The columns that a step works on, chosen by kind, name or pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
