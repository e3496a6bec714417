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
        remarks: What was noticed in the data and wants a look, in words; complete after all batches.
    """

    result: ForecastResult
    data: Any = None
    horizon: int | None = None
    remarks: list[str] = field(default_factory=list)

    def batches(self) -> Iterator[pd.DataFrame]:
        """Yield one row for each step of each series."""
        if self.data is None:
            yield self.result.predict(horizon=self.horizon)
            return
        panel = self.result.read(self.data)
        severe = (finding for finding in panel.findings if finding.severity != "info")
        self.remarks.extend(f"{finding.text} {finding.remedy}".strip() for finding in severe)
        yield self.result.predict(panel, horizon=self.horizon)
