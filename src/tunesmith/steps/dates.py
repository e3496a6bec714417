"""Dates as numbers: days since 1970, and those of year, month, day, weekday and hour that vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ._columns import choose
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class Dates(Transformer):
    """Replaces each date by numbers."""

    def __init__(self, *, columns: Sequence[str] = ("date",), cyclical: bool = False) -> None:
        self.columns = list(columns)
        self.cyclical = cyclical
        self.parts: dict[str, list[str]] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find the parts that vary, and return the rows with numbers instead of dates."""
        for name in choose(features, self.columns):
            if features[name].dtype.kind == "M":
                dates = features[name].dt
                parts = ("year", "quarter", "month", "day", "day_of_year", "day_of_week", "hour", "minute")
                self.parts[name] = [part for part in parts if getattr(dates, part).nunique() > 1]
        return self.transform(features)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with numbers instead of dates."""
        import pandas as pd

        if not self.parts:
            return features
        periods = {"month": 12, "day": 31, "day_of_year": 365.25, "day_of_week": 7, "hour": 24, "minute": 60}
        made = {}
        for name, parts in self.parts.items():
            dates = features[name]
            days = dates.to_numpy(dtype="datetime64[s]").astype("float64") / 86_400
            made[f"{name} (days)"] = np.where(dates.isna(), np.nan, days)
            for part in parts:
                values = getattr(dates.dt, part).to_numpy(dtype="float64", na_value=np.nan)
                if not self.cyclical or part not in periods:
                    made[f"{name} ({part})"] = values
                    continue
                angle = 2 * np.pi * values / periods[part]
                made[f"{name} (sine of {part})"] = np.sin(angle)
                made[f"{name} (cosine of {part})"] = np.cos(angle)
        rest = features.drop(columns=list(self.parts))
        return pd.concat([rest, pd.DataFrame(made, index=features.index)], axis=1)


@dataclass(frozen=True, kw_only=True)
class DatesStep(Step):
    """Replaces dates by numbers.

    Args:
        columns: Which.
        cyclical: Whether a month, weekday or hour becomes sine and cosine, so that December is close to January: for
            linear models and nets. Trees do better with the number.
    """

    transformer: ClassVar = Dates
    onnx_obstacle: ClassVar = ""

    columns: tuple[str, ...] = ("date",)
    cyclical: bool = False
