"""Forecasts of time series, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..prediction import Written
from .result import ForecastResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Forecasts(Written):
    """The forecasts after the ends of time series.

    Args:
        result: The fitted models.
        data: The series up to the origin; None for those that the models were trained on.
        horizon: The number of steps; None for that of the fit.
        remarks: Nothing yet.
    """

    result: ForecastResult
    data: Any = None
    horizon: int | None = None
    remarks: list[str] = field(default_factory=list)

    def batches(self) -> Iterator[pd.DataFrame]:
        """Yield one row for each step of each series."""
        yield self.result.predict(self.data, horizon=self.horizon)
