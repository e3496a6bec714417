"""Load what an earlier `fit` left, whatever the data were."""

from __future__ import annotations

from pathlib import Path

from ..study.tuning import load
from ..tasks.forecast import ForecastTask
from .forecasting.result import ForecastResult
from .result import FitResult


def load_fit(folder: Path | str, *, trial: int | None = None) -> FitResult | ForecastResult:
    """Return the result of an earlier `fit`; of one that was killed, what it had trained.

    Args:
        folder: The study's folder.
        trial: The number of one trial, whose models are then used alone.

    Raises:
        InputError: The folder holds no fitted model, or the trial has none.
    """
    if isinstance(load(Path(folder)).task, ForecastTask):
        return ForecastResult.load(folder, trial=trial)
    return FitResult.load(folder, trial=trial)
