"""Dates as numbers: year, month, day, weekday and seconds since 1970."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..core.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

_PARTS = ("year", "month", "day", "weekday", "hour")


class DateParts:
    """Replaces each date column by its parts that vary, and by days since 1970."""

    def __init__(self, parts: Sequence[tuple[str, Sequence[str]]] = ()) -> None:
        self.parts = [(name, list(kept)) for name, kept in parts]

    def fit_transform(self, features: pd.DataFrame, target: Floats | None = None) -> pd.DataFrame:
        """Find the parts that vary, and return the rows with them."""
        self.parts = []
        for name in features.columns:
            if features[name].dtype.kind == "M":
                varying = [part for part in _PARTS if getattr(features[name].dt, part).nunique() > 1]
                self.parts.append((str(name), varying))
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with parts instead of dates."""
        import pandas as pd

        if not self.parts:
            return features
        columns: dict[str, Any] = {}
        for name, kept in self.parts:
            dates = features[name]
            days = dates.to_numpy(dtype="datetime64[s]").astype(np.float64) / 86_400
            columns[f"{name} (day)"] = np.where(dates.isna(), np.nan, days)
            for part in kept:
                columns[f"{name} ({part} of date)"] = getattr(dates.dt, part).to_numpy(
                    dtype=np.float64, na_value=np.nan
                )
        rest = features.drop(columns=[name for name, _ in self.parts])
        return pd.concat([rest, pd.DataFrame(columns, index=features.index)], axis=1)

    def to_table(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        return {"parts": self.parts}

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Return the transformer that `to_table` described."""
        return cls(table["parts"])


@dataclass(frozen=True, kw_only=True)
class DatesStep:
    """Replaces dates by numbers."""

    exportable: ClassVar[bool] = False
    transformer: ClassVar[type[DateParts]] = DateParts

    def build(self) -> DateParts:
        """Return the unfitted transformer."""
        return DateParts()
