"""Copies of rows with one column shuffled or set to a value, in one frame, so that they are predicted at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def permuted_copies(features: pd.DataFrame, names: Sequence[str | None], rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows once for each name, with that column shuffled; None leaves them as they are.

    Args:
        features: The rows.
        names: The columns.
        rng: Draws the permutations.
    """
    import pandas as pd

    rows = len(features)
    order = np.tile(np.arange(rows), len(names))
    columns: dict[str, Any] = {}
    for name in features.columns:
        own = order
        if name in names:
            own = order.copy()
            start = list(names).index(name) * rows
            own[start : start + rows] = rng.permutation(rows)
        columns[name] = features[name].array.take(own)
    return pd.DataFrame(columns, index=range(len(order)), copy=False)


def copies_with(features: pd.DataFrame, name: str, values: Sequence[Any]) -> pd.DataFrame:
    """Return the rows once for each value, with a column set to it.

    Args:
        features: The rows.
        name: The column.
        values: Of the kind of the column: numbers, time stamps or categories.
    """
    import pandas as pd

    rows = len(features)
    order = np.tile(np.arange(rows), len(values))
    repeated = np.repeat(np.arange(len(values)), rows)
    columns: dict[str, Any] = {}
    for other in features.columns:
        columns[other] = features[other].array.take(order)
    dtype = features[name].dtype
    chosen = pd.Series(list(values)).astype(dtype).array
    columns[name] = chosen.take(repeated)
    return pd.DataFrame(columns, index=range(len(order)), copy=False)
