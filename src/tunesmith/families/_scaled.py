"""Columns as scaled numbers and one-hot levels, for models of sums and distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from ..core.arrays import Floats, Singles
from ..errors import InputError
from ._codes import codes_of

if TYPE_CHECKING:
    import pandas as pd

FARTHEST = 10.0  # Standard deviations; values beyond are drawn in.
_DENSE_SHARE = 0.2
_MOST_LEVELS = 500
_SUFFIXES = (".json", ".npz")


@dataclass(frozen=True, kw_only=True)
class ScaledColumns:
    """Encodes numbers and categories as columns of about the same spread, in single precision.

    A number is centred and scaled in double precision, and its gaps are filled with the scaled median. Columns with
    gaps get an indicator. A category becomes one column for each frequent level, and one for all others if any are
    rare; a missing value is a level of its own.

    Args:
        numbers: The names of the numeric columns.
        centers: Their means, shape `(numbers,)`.
        scales: Their standard deviations; 1 where they are constant.
        fills: Their medians after scaling.
        gaps: The positions of the numeric columns with an indicator.
        categories: The categories of each other column.
        levels: The column of each category's code within the columns of its name, the last entry for missing values;
            -1 for none.
    """

    numbers: Sequence[str]
    centers: Floats
    scales: Floats
    fills: Singles
    gaps: np.ndarray
    categories: Mapping[str, Sequence[str]]
    levels: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, features: pd.DataFrame, *, least_rows: int = 5, most_levels: int = _MOST_LEVELS) -> Self:
        """Return the encoding of a training table.

        Args:
            features: Numbers and categories.
            least_rows: Levels in fewer rows share one column.
            most_levels: The most levels of one column that get a column of their own; the most frequent do.
        """
        numbers = [str(name) for name in features.columns if features[name].dtype.kind != "O"]
        values = features[numbers].to_numpy(dtype=np.float64)
        known = ~np.isnan(values)
        counts = np.maximum(known.sum(axis=0), 1)
        centers = np.where(known, values, 0).sum(axis=0) / counts
        spread = np.sqrt((np.where(known, values - centers, 0.0) ** 2).sum(axis=0) / counts)
        scales = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(centers)), spread, 1.0)
        fills = [np.median(c[k]) if k.any() else m for c, k, m in zip(values.T, known.T, centers, strict=True)]
        categories, levels = {}, {}
        for name in (str(name) for name in features.columns if features[name].dtype.kind == "O"):
            categories[name] = list(features[name].cat.categories)
            codes = features[name].cat.codes.to_numpy()
            levels[name] = _levels(np.bincount(codes + 1, minlength=len(categories[name]) + 1), least_rows, most_levels)
        return cls(
            numbers=numbers,
            centers=centers,
            scales=scales,
            fills=((np.array(fills) - centers) / scales).astype(np.float32),
            gaps=np.flatnonzero(~known.all(axis=0)),
            categories=categories,
            levels=levels,
        )

    @property
    def names(self) -> list[str]:
        """What each column of the result stands for."""
        names = [*self.numbers, *(f"{self.numbers[index]} is missing" for index in self.gaps)]
        for name, columns in self.levels.items():
            labels = [*self.categories[name], "(missing)"]
            for column in range(columns.max() + 1):
                own = np.flatnonzero(columns == column)
                names.append(f"{name} = {labels[own[0]]}" if len(own) == 1 else f"{name} = (rare)")
        return names

    def transform(self, features: pd.DataFrame) -> Any:
        """Return the columns encoded: an array of shape `(rows, columns)`, sparse if that is much smaller."""
        scaled = self._numbers(features)
        if not self.levels:
            return scaled
        rows = len(features)
        widths = [int(columns.max()) + 1 for columns in self.levels.values()]
        starts = scaled.shape[1] + np.cumsum([0, *widths])
        placed = np.stack([self._columns(features, name) for name in self.levels], axis=1)
        hot = placed >= 0
        indices = (placed + starts[:-1])[hot]
        if len(self.levels) + scaled.shape[1] >= _DENSE_SHARE * starts[-1]:
            dense = np.zeros((rows, starts[-1]), dtype=np.float32)
            dense[:, : scaled.shape[1]] = scaled
            dense[np.nonzero(hot)[0], indices] = 1.0
            return dense
        from scipy.sparse import csr_matrix, hstack

        pointers = np.concatenate([[0], np.cumsum(hot.sum(axis=1))])
        shape = (rows, int(starts[-1]) - scaled.shape[1])
        one_hot = csr_matrix((np.ones(len(indices), np.float32), indices - scaled.shape[1], pointers), shape=shape)
        return hstack([csr_matrix(scaled), one_hot], format="csr")

    def _numbers(self, features: pd.DataFrame) -> Singles:
        """Return the numeric columns scaled and filled, and the indicators; shape `(rows, numbers + gaps)`."""
        scaled = np.empty((len(features), len(self.numbers) + len(self.gaps)), dtype=np.float32)
        for index, name in enumerate(self.numbers):
            values = (features[name].to_numpy(dtype=np.float64) - self.centers[index]) / self.scales[index]
            scaled[:, index] = np.clip(values, -FARTHEST, FARTHEST)
        own = scaled[:, : len(self.numbers)]
        missing = np.isnan(own)
        scaled[:, len(self.numbers) :] = missing[:, self.gaps]
        np.copyto(own, self.fills, where=missing)
        return scaled

    def _columns(self, features: pd.DataFrame, name: str) -> np.ndarray:
        """Return the column of each row's level among those of a name, -1 for none; shape `(rows,)`."""
        columns: np.ndarray = self.levels[name][codes_of(features[name], self.categories[name])]
        return columns

    def save(self, path: Path) -> None:
        """Write it next to a path: names as JSON, numbers as arrays."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in ("centers", "scales", "fills", "gaps")}
        joined = np.concatenate([*self.levels.values(), np.empty(0, dtype=np.int32)])
        np.savez(path.with_suffix(_SUFFIXES[1]), levels=joined, **arrays)
        table = {"numbers": list(self.numbers), "categories": {name: list(c) for name, c in self.categories.items()}}
        path.with_suffix(_SUFFIXES[0]).write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the encoding that `save` wrote.

        Raises:
            InputError: A file is damaged.
        """
        table = orjson.loads(path.with_suffix(_SUFFIXES[0]).read_bytes())
        with np.load(path.with_suffix(_SUFFIXES[1]), allow_pickle=False) as stored:
            arrays = dict(stored)
        counts = [len(categories) + 1 for categories in table["categories"].values()]
        joined = arrays.pop("levels")
        if (
            len(joined) != sum(counts)
            or joined.max(initial=-1) > len(joined)
            or any(len(arrays[name]) != len(table["numbers"]) for name in ("centers", "scales", "fills"))
        ):
            raise InputError(f"the files of a model must belong together, but those of {path} differ in size.")
        parts = np.split(joined, np.cumsum(counts)[:-1]) if counts else []
        return cls(**table, **arrays, levels=dict(zip(table["categories"], parts, strict=True)))


def _levels(counts: np.ndarray, least_rows: int, most_levels: int) -> np.ndarray:
    """Return the column of each code, the last entry for missing values; -1 where there is none.

    Args:
        counts: The rows of missing values and of each code, shape `(1 + codes,)`.
        least_rows: As in `ScaledColumns.of`.
        most_levels: As in `ScaledColumns.of`.
    """
    counts = np.roll(counts, -1)
    ranked = np.argsort(-counts, kind="stable")[:most_levels]
    frequent = np.sort(ranked[counts[ranked] >= least_rows])
    columns = np.full(len(counts), -1, dtype=np.int32)
    columns[frequent] = np.arange(len(frequent))
    rare = columns < 0
    if (counts[rare] > 0).any():
        columns[rare] = len(frequent)  # Levels that the training rows lack are rare, too.
    return columns


def dense(encoded: Any) -> Singles:
    """Return encoded columns as an array, shape `(rows, columns)`."""
    array: Singles = encoded if isinstance(encoded, np.ndarray) else encoded.toarray()
    return array


def class_shares(sums: Floats, classes: Sequence[int], outputs: int) -> Floats:
    """Return the probabilities of the classes from one sum for each class, or from one for two; by softmax.

    Args:
        sums: Shape `(rows, classes)`, or `(rows, 1)` for the second of two classes.
        classes: The indices of the classes of the sums.
        outputs: The number of all classes.
    """
    from scipy.special import softmax

    both = np.column_stack([np.zeros(len(sums)), sums[:, 0]]) if len(classes) == 2 else sums
    shares = np.zeros((len(sums), outputs))
    shares[:, list(classes)] = softmax(both, axis=1)
    return shares
