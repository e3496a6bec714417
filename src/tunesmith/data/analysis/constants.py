"""Columns with one value, or nearly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...text.wording import share
from ..findings import Finding
from .names import listed, verb

if TYPE_CHECKING:
    from .sample import Sample

_NEARLY = 0.995
_LEAST_ROWS = 200


def find_constants(sample: Sample) -> Iterator[Finding]:
    """Yield columns that are empty, that have one value, and that have one value in nearly all rows."""
    empty, constant, nearly = [], [], {}
    for name in sample.schema.names:
        values = sample.features[name]
        counts = values.value_counts()
        known = int(counts.sum())
        if known == 0:
            empty.append(name)
        elif counts.iloc[0] == known:
            # With missing rows, whether there is a value may still say something.
            if known == len(values):
                constant.append(name)
        elif counts.iloc[0] >= _NEARLY * len(values) and len(values) >= _LEAST_ROWS:
            nearly[name] = float(counts.iloc[0] / len(values))
    if empty:
        yield Finding(
            kind="empty",
            severity="warning",
            columns=tuple(empty),
            text=f"{listed(empty)} {verb(empty, 'has', 'have')} no value in any row.",
            remedy="Check how the column was read; models get nothing from it.",
        )
    if constant:
        yield Finding(
            kind="constant",
            severity="info",
            columns=tuple(constant),
            text=f"{listed(constant)} {verb(constant, 'has', 'have')} the same value in every row.",
            remedy="Models get nothing from it; leave it out to save time.",
        )
    if nearly:
        yield Finding(
            kind="near_constant",
            severity="info",
            columns=tuple(nearly),
            text=f"{listed(list(nearly))} {verb(nearly, 'has', 'have')} one value in "
            f"{share(float(np.min(list(nearly.values()))))} of the rows or more.",
            remedy="Models get little from it, unless the rare rows matter.",
            values={"shares": list(nearly.values())},
        )
