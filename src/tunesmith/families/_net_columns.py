"""Columns for a network: scaled and clipped numbers, one-hot small categories, codes of large ones."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from ..core.arrays import Floats, Singles

if TYPE_CHECKING:
    import pandas as pd

CLIP = 3.0
FARTHEST = 1e9  # Beyond that, a number is clipped to 3 anyway.


class NetInputs(NamedTuple):
    """The inputs of a network.

    Args:
        numbers: Shape `(rows, numbers)`; 0 where missing.
        indicators: One-hot categories, and where numbers are missing; shape `(rows, indicators)`.
        codes: Of large categories, 0 where missing; shape `(rows, embedded)`.
    """

    numbers: Singles
    indicators: Singles
    codes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class NetColumns:
    """Prepares columns as RealMLP does: median centering, robust scaling and smooth clipping to -3 and 3.

    Holzmueller, Grinsztajn and Steinwart 2024 (arXiv 2407.04491), section 3. Beyond that, an indicator says where a
    number is missing.

    Args:
        numbers: The names of the columns of numbers.
        gaps: Those of them that have an indicator.
        one_hot: The categories of the columns that are small.
        embedded: The categories of the columns that are large.
        centers: The medians of numbers and indicators, shape `(numbers + indicators,)`.
        factors: The reciprocals of their ranges between quartiles, same shape; 0 for constant columns.
    """

    numbers: Sequence[str]
    gaps: Sequence[str]
    one_hot: Mapping[str, Sequence[str]]
    embedded: Mapping[str, Sequence[str]]
    centers: Floats
    factors: Floats

    @classmethod
    def of(cls, features: pd.DataFrame, *, most_one_hot: int) -> Self:
        """Return the preparation of the training rows.

        Args:
            features: Numbers and categories.
            most_one_hot: A column with more categories gets an embedding.
        """
        names = [str(name) for name in features.columns]
        categories = {n: list(map(str, features[n].cat.categories)) for n in names if features[n].dtype.kind == "O"}
        numbers = [name for name in names if name not in categories]
        columns = cls(
            numbers=numbers,
            gaps=[name for name in numbers if not np.isfinite(features[name].to_numpy()).all()],
            one_hot={name: kinds for name, kinds in categories.items() if len(kinds) <= most_one_hot},
            embedded={name: kinds for name, kinds in categories.items() if len(kinds) > most_one_hot},
            centers=np.zeros(0),
            factors=np.zeros(0),
        )
        raw = columns._raw(features)
        if not raw.shape[1]:
            return columns
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a column may have no value at all
            low, center, high = np.nanquantile(raw, [0.25, 0.5, 0.75], axis=0)
            half = (np.nanmax(raw, axis=0) - np.nanmin(raw, axis=0)) / 2
        spread = np.where(high > low, high - low, half)
        usable = np.isfinite(spread) & (spread > 0)
        factors = np.where(usable, 1 / np.where(usable, spread, 1.0), 0.0)
        return cls(**{**columns.__dict__, "centers": np.nan_to_num(center), "factors": factors})

    @property
    def sizes(self) -> list[int]:
        """The number of codes of each embedded column, that of missing values included."""
        return [len(kinds) + 1 for kinds in self.embedded.values()]

    def transform(self, features: pd.DataFrame) -> NetInputs:
        """Return rows prepared."""
        scaled = np.clip((self._raw(features) - self.centers) * self.factors, -FARTHEST, FARTHEST)
        clipped = np.nan_to_num(scaled / np.sqrt(1 + (scaled / CLIP) ** 2)).astype(np.float32)
        codes = np.zeros((len(features), len(self.embedded)), dtype=np.int64)
        for index, (name, kinds) in enumerate(self.embedded.items()):
            codes[:, index] = _codes(features[name], kinds) + 1
        end = len(self.numbers)
        return NetInputs(clipped[:, :end], clipped[:, end:], codes)

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "numbers": list(self.numbers),
            "gaps": list(self.gaps),
            "one_hot": {name: list(kinds) for name, kinds in self.one_hot.items()},
            "embedded": {name: list(kinds) for name, kinds in self.embedded.items()},
            "centers": self.centers.tolist(),
            "factors": self.factors.tolist(),
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the preparation that `to_table` described."""
        arrays = {name: np.array(table[name], dtype=np.float64) for name in ("centers", "factors")}
        return cls(**{**table, **arrays})

    def _raw(self, features: pd.DataFrame) -> Floats:
        """Return numbers and indicators before scaling, NaN where missing; shape `(rows, numbers + indicators)`."""
        parts = [np.asarray(features[name], dtype=np.float64)[:, None] for name in self.numbers]
        parts += [~np.isfinite(np.asarray(features[name], dtype=np.float64)[:, None]) * 1.0 for name in self.gaps]
        for name, kinds in self.one_hot.items():
            codes = _codes(features[name], kinds)[:, None]
            if len(kinds) <= 2:  # one column: 1, -1, and 0 where missing
                parts.append((codes == 0) * 1.0 - (codes == 1))
            else:
                parts.append((codes == np.arange(len(kinds))) * 1.0)
        raw = np.hstack([*parts, np.empty((len(features), 0))])
        return np.where(np.isfinite(raw), raw, np.nan)


def _codes(column: pd.Series, kinds: Sequence[str]) -> np.ndarray:
    """Return the position of each value among the categories, -1 where it is missing or none of them."""
    position = {kind: index for index, kind in enumerate(kinds)}
    of_code = np.array([position.get(str(kind), -1) for kind in column.cat.categories] + [-1], dtype=np.int64)
    codes: np.ndarray = of_code[column.cat.codes.to_numpy()]
    return codes
