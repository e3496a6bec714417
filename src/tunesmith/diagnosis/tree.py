"""A shallow regression tree whose nodes read as conditions: on numbers, dates, categories and missing values.

scikit-learn's tree knows neither categories nor how to tell them, and takes two seconds to import at the end of a fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from .conditions import Condition, simplified

if TYPE_CHECKING:
    import pandas as pd

_BINS = 24
_MOST_CATEGORIES = 12
_MOST_COLUMNS = 300


@dataclass(frozen=True)
class SplitColumn:
    """A column cut into bins.

    Args:
        codes: The bin of each row, shape `(rows,)`; -1 where the value is missing or a rare category.
        ordered: Whether rows are split between two bins, not by one bin against the others.
        below: The condition of the rows up to each bin, or of those not in it.
        above: The condition of the other rows.
    """

    codes: Indices
    ordered: bool
    below: tuple[Condition, ...]
    above: tuple[Condition, ...]


def split_columns(features: pd.DataFrame) -> list[SplitColumn]:
    """Return the columns that a tree can split; those of text only by missing values."""
    columns = []
    for name in features.columns[:_MOST_COLUMNS]:
        values = features[name]
        missing = values.isna().to_numpy()
        if values.dtype == "category":
            frequent = [str(category) for category in values.value_counts().index[:_MOST_CATEGORIES]]
            position = {category: index for index, category in enumerate(frequent)}
            by_code = [position.get(str(category), -1) for category in values.cat.categories]
            codes = np.array([*by_code, -1], dtype=np.intp)[values.cat.codes.to_numpy()]
            columns.append(
                SplitColumn(
                    codes=codes,
                    ordered=False,
                    below=tuple(Condition(name, "≠", category) for category in frequent),
                    above=tuple(Condition(name, "=", category) for category in frequent),
                )
            )
        elif values.dtype.kind in "fM":
            columns += _ordered(name, values.to_numpy(), missing)
        if missing.any():
            columns.append(
                SplitColumn(
                    codes=missing.astype(np.intp),
                    ordered=False,
                    below=(Condition(name, "is missing"), Condition(name, "is known")),
                    above=(Condition(name, "is known"), Condition(name, "is missing")),
                )
            )
    return columns


def _ordered(name: str, values: np.ndarray, missing: Flags) -> list[SplitColumn]:
    """Return a column of numbers or dates, cut at rounded quantiles; none if there is nothing to cut."""
    known = np.sort(values[~missing])
    if not len(known):
        return []
    marks = known[np.linspace(0, len(known) - 1, _BINS + 1).astype(int)[1:-1]]
    if known.dtype.kind == "M":
        edges = np.unique(marks.astype("datetime64[D]"))
        shown: list[float | str] = [str(edge) for edge in edges]
    else:
        edges = np.unique([float(f"{mark:.4g}") for mark in marks])
        shown = [float(edge) for edge in edges]
    edges, shown = edges[edges > known[0]], [text for edge, text in zip(edges, shown, strict=True) if edge > known[0]]
    if not len(edges):
        return []
    codes = np.where(missing, -1, np.searchsorted(edges.astype(known.dtype), values, side="right"))
    return [
        SplitColumn(
            codes=codes.astype(np.intp),
            ordered=True,
            below=tuple(Condition(name, "<", value) for value in shown),
            above=tuple(Condition(name, "≥", value) for value in shown),
        )
    ]


def grown(columns: Sequence[SplitColumn], losses: Floats, *, depth: int, least: int) -> list[tuple[Condition, ...]]:
    """Return the conditions of every node of a tree that splits rows of high losses from others, the root aside.

    Each split is that of the largest reduction of the squared error (Breiman et al. 1984, section 8.4). A missing value
    belongs to neither side of a split of numbers.

    Args:
        columns: What it can split by.
        losses: Of each row, shape `(rows,)`.
        depth: The number of splits in a row.
        least: The number of rows of each side.
    """
    nodes: list[tuple[Condition, ...]] = []
    open_nodes: list[tuple[Indices, tuple[Condition, ...]]] = [(np.arange(len(losses)), ())]
    while open_nodes:
        rows, conditions = open_nodes.pop(0)
        if conditions:
            nodes.append(simplified(conditions))
        if len(conditions) == depth:
            continue
        splits = [split for column in columns if (split := _best_split(column, losses, rows, least)) is not None]
        if not splits:
            continue
        _, column, cut = max(splits, key=lambda split: split[0])
        codes = column.codes[rows]
        if column.ordered:
            sides = (rows[(codes >= 0) & (codes <= cut)], rows[codes > cut])
        else:
            sides = (rows[codes != cut], rows[codes == cut])
        open_nodes.append((sides[0], (*conditions, column.below[cut])))
        open_nodes.append((sides[1], (*conditions, column.above[cut])))
    return nodes


def _best_split(
    column: SplitColumn, losses: Floats, rows: Indices, least: int
) -> tuple[float, SplitColumn, int] | None:
    """Return the reduction of the squared error by the best split of a column, with the column and the bin."""
    codes = column.codes[rows] + 1
    bins = len(column.below) + 1 + column.ordered
    counts = np.bincount(codes, minlength=bins).astype(np.float64)
    sums = np.bincount(codes, weights=losses[rows], minlength=bins)
    if column.ordered:
        many, total = counts[1:].sum(), sums[1:].sum()
        inside, inside_sum = np.cumsum(counts[1:])[:-1], np.cumsum(sums[1:])[:-1]
    else:
        many, total = counts.sum(), sums.sum()
        inside, inside_sum = counts[1:], sums[1:]
    outside, outside_sum = many - inside, total - inside_sum
    valid = np.minimum(inside, outside) >= least
    if not valid.any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = inside_sum**2 / inside + outside_sum**2 / outside - total**2 / many
    gains = np.where(valid, gains, -np.inf)
    cut = int(np.argmax(gains))
    return (float(gains[cut]), column, cut) if gains[cut] > 1e-12 * abs(total) else None
