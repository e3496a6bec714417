"""Rows that agree with others in every column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Indices

if TYPE_CHECKING:
    import pandas as pd

_MOST_COPIES = 0.05
"""The share of the rows above which equal rows are a common case, such as zero everywhere, rather than copies."""


def copies_of(features: pd.DataFrame) -> Indices:
    """Return a number for each row, the same for rows that are copies of one another; shape `(rows,)`.

    Args:
        features: The columns as a schema reads them.

    >>> import pandas as pd
    >>> copies_of(pd.DataFrame({"a": [1.0, 2.0, 1.0, None], "b": ["x", "x", "x", None]})).tolist()
    [0, 1, 0, 3]
    """
    import pandas as pd

    rows = len(features)
    if not rows:
        return np.arange(0)
    keys = pd.util.hash_pandas_object(features, index=False).to_numpy()
    _, first, numbers, sizes = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    is_common = sizes > max(2, _MOST_COPIES * rows)
    return np.where(is_common[numbers], np.arange(rows), first[numbers])
