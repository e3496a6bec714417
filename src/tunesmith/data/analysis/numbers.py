"""Columns of numbers: outliers, heavy tails, infinities, and numbers that stand for a missing value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats
from ...text.wording import number, share
from ..findings import Finding
from .names import listed, verb

if TYPE_CHECKING:
    from .sample import Sample

_FAR = 10.0  # Interquartile ranges beyond the quartiles.
_MOST_FAR = 0.01
_SKEWED = 3.0
_LEAST_ROWS = 50
_PLACEHOLDERS = (-9, -99, -999, -9999, -99999, -1, 99, 999, 9999, 99999, 999999)
_LEAST_PLACEHOLDERS = 0.005
_LEAST_DISTINCT = 10


def find_numbers(sample: Sample) -> Iterator[Finding]:
    """Yield what is found about columns of numbers."""
    far, skewed = {}, {}
    for column in sample.columns("number"):
        values = sample.features[column.name].to_numpy(dtype=np.float64)
        known = values[~np.isnan(values)]
        yield from _infinite(sample, column.name)
        if len(known) < _LEAST_ROWS or len(np.unique(known)) < _LEAST_DISTINCT:
            continue
        yield from _placeholder(column.name, known)
        if (count := _far(known)) and count <= _MOST_FAR * len(known):
            far[column.name] = count / len(known)
        if (skew := _skew(known)) and abs(skew) >= _SKEWED:
            skewed[column.name] = skew
    if far:
        yield Finding(
            kind="outliers",
            severity="info",
            columns=tuple(far),
            text=f"{listed(list(far))} {verb(far, 'has', 'have')} values more than ten interquartile ranges "
            f"from the quartiles ({', '.join(map(share, list(far.values())[:6]))} of the rows).",
            remedy="Trees do not mind; for linear models and nets clip them or take ranks. Check that they are real.",
            values={"shares": list(far.values())},
        )
    if skewed:
        yield Finding(
            kind="skewed",
            severity="info",
            columns=tuple(skewed),
            text=f"{listed(list(skewed))} {verb(skewed, 'is', 'are')} heavily skewed "
            f"({', '.join(number(skew, 2) for skew in list(skewed.values())[:6])}).",
            remedy="Trees do not mind; for linear models and nets take logarithms or quantiles.",
            values={"skewness": list(skewed.values())},
        )


def _infinite(sample: Sample, name: str) -> Iterator[Finding]:
    raw = sample.raw[name]
    if raw.dtype.kind != "f" or not (infinite := int(np.isinf(raw.to_numpy(dtype=np.float64, na_value=np.nan)).sum())):
        return
    yield Finding(
        kind="infinite",
        severity="warning",
        columns=(name,),
        text=f"'{name}' is infinite in {infinite:,} of {sample.size:,} rows; these are read as missing.",
        remedy="Infinity mostly comes from a division by zero: check where the column is computed.",
        values={"rows": infinite},
    )


def _placeholder(name: str, known: Floats) -> Iterator[Finding]:
    """Yield a value that probably stands for a missing one: repeated, at the end of the range, far from the next."""
    for end, rest in ((known.min(), known[known > known.min()]), (known.max(), known[known < known.max()])):
        repeated = float((known == end).mean())
        if end not in _PLACEHOLDERS or repeated < _LEAST_PLACEHOLDERS or len(np.unique(rest)) < _LEAST_DISTINCT:
            continue
        low, high = np.quantile(rest, [0.01, 0.99])
        spread = max(float(high - low), 1e-12)
        is_far = end < min(low - spread, 0) if end < 0 else end > high + spread
        if end < 0 and rest.min() >= 0 and end != -1:
            is_far = True
        if is_far:
            yield Finding(
                kind="placeholder",
                severity="warning",
                columns=(name,),
                text=f"{number(end)} in '{name}' probably stands for a missing value: {share(repeated)} of the rows "
                f"have it, far from all others ({number(rest.min())} to {number(rest.max())}).",
                remedy="Leave such cells empty.",
                values={"value": float(end), "share": repeated},
            )


def _far(known: Floats) -> int:
    """Return the number of values that are far outside the quartiles."""
    low, high = np.quantile(known, [0.25, 0.75])
    margin = _FAR * (high - low)
    return int(((known < low - margin) | (known > high + margin)).sum()) if margin > 0 else 0


def _skew(known: Floats) -> float | None:
    """Return the skewness, or None for a column of one value."""
    centred = known - known.mean()
    spread = float(np.sqrt((centred**2).mean()))
    if not np.isfinite(spread) or spread < 1e-12 * max(1.0, float(np.abs(known).max())):
        return None
    return float(((centred / spread) ** 3).mean())
