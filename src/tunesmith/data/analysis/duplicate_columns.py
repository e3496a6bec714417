"""Columns that say what another column says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats
from ...text.wording import number
from ..findings import Finding
from .names import listed

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_NEARLY = 0.999
_LEAST_DISTINCT = 3
_FEW = 0.1  # Distinct values per row; if there are more, being one-to-one says nothing.
_MOST_COLUMNS = 1000


def find_duplicate_columns(sample: Sample) -> Iterator[Finding]:
    """Yield columns that are copies of another, with the same values or with others in their place, and near copies.

    Copies are found by a hash of the column's codes in the order of appearance, near copies by Spearman's correlation.
    """
    rows = sample.models_rows
    groups: dict[bytes, list[str]] = {}
    for name in sample.schema.names:
        if code := _fingerprint(sample.features[name]):
            groups.setdefault(code, []).append(name)
    copies = {name for group in groups.values() for name in group[1:]}
    for group in groups.values():
        if len(group) > 1:
            yield Finding(
                kind="duplicate_columns",
                severity="info",
                columns=tuple(group),
                text=f"{listed(group)} say the same in other words or on another scale.",
                remedy="One of them is enough.",
            )
    names = [column.name for column in sample.columns("number", "date") if column.name not in copies][:_MOST_COLUMNS]
    frame = sample.features[names].iloc[rows]
    for first, second, correlation in _correlated(frame):
        yield Finding(
            kind="near_duplicate_columns",
            severity="info",
            columns=(first, second),
            text=f"'{first}' and '{second}' order the rows almost alike (rank correlation {number(correlation, 4)}).",
            remedy="One of them is enough for trees; their ratio or difference may be new.",
            values={"correlation": correlation},
        )


def _fingerprint(values: pd.Series) -> bytes | None:
    """Return a hash that is the same for columns that say the same; None for a column of one value.

    Columns of few values say the same if these are one-to-one, columns of many numbers if they order the rows alike.
    """
    import pandas as pd

    codes, distinct = pd.factorize(values)
    if len(distinct) < 2:
        return None
    if len(distinct) > _FEW * len(values):
        if values.dtype.kind not in "fM":
            codes = pd.util.hash_array(values.astype(object).where(values.notna(), "\0").to_numpy(dtype=object))
        else:
            codes = values.rank(method="dense").fillna(0).to_numpy(dtype=np.int64)
            if 2 * codes[0] > len(distinct):
                codes = np.where(codes > 0, len(distinct) + 1 - codes, 0)
    return hashlib.blake2b(codes.astype(np.int64).tobytes()).digest()


def _correlated(frame: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of columns whose ranks are nearly the same, or nearly opposite."""
    names = [name for name in frame.columns if frame[name].nunique() >= _LEAST_DISTINCT]
    if len(names) < 2 or len(frame) < 2:
        return
    ranks: Floats = frame[names].rank().to_numpy(dtype=np.float64)
    gaps = np.isnan(ranks)
    ranks = np.where(gaps, (len(frame) + 1) / 2, ranks)
    centred = ranks - ranks.mean(axis=0)
    centred /= np.maximum(np.sqrt((centred**2).sum(axis=0)), 1e-12)
    correlations = centred.T @ centred
    for first, second in np.argwhere(np.triu(np.abs(correlations) >= _NEARLY, 1)):
        if (gaps[:, first] != gaps[:, second]).mean() < 1 - _NEARLY:
            yield names[first], names[second], float(np.clip(correlations[first, second], -1, 1))
