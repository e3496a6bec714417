"""What tunesmith advises on time series, as plain JSON values: patterns, families, what is usual. Trains no fit."""

from __future__ import annotations

from typing import Any

from ..fitting.forecasting.advice import (
    diagnosed_forecasts,
    suggested_forecasters,
    suggested_setup,
    temporal_patterns,
)
from ..fitting.forecasting.options import ForecastOptions, SeriesOptions
from ..fitting.forecasting.prepare import checked_horizon, default_windows, series_of
from ..fitting.forecasting.report import assess_forecasts
from ..fitting.forecasting.result import ForecastResult
from .forecast_facts import series_facts


def pattern_facts(data: Any, options: ForecastOptions) -> dict[str, Any]:
    """Return what the series in a table are, their temporal patterns, and what is wrong with them.

    Args:
        data: The table.
        options: What is known of it.

    Raises:
        InputError: The table or an option is wrong.
    """
    panel = series_of(data, options.series)
    horizon = checked_horizon(panel, options.series.horizon)
    facts = series_facts(panel, horizon)
    return {**facts, "horizon": horizon, "patterns": _without_findings(temporal_patterns(panel, horizon))}


def forecaster_facts(data: Any, options: ForecastOptions) -> dict[str, Any]:
    """Return what speaks for and against each family on the series in a table, those to be tried first in front.

    Args:
        data: The table.
        options: What is known of it, and what is needed of the model.

    Raises:
        InputError: The table or an option is wrong.
    """
    panel = series_of(data, options.series)
    horizon = checked_horizon(panel, options.series.horizon)
    windows = options.series.windows or default_windows(panel)
    return {
        "target": panel.target,
        "series": len(panel),
        "frequency": panel.frequency.words,
        "horizon": horizon,
        **({} if options.request is None else {"request": options.request.to_facts()}),
        **suggested_forecasters(panel, horizon, options.needs, windows=windows),
    }


def setup_facts(data: Any = None, field: str | None = None) -> dict[str, Any]:
    """Return how time series of a field are usually forecast.

    Args:
        data: A table, whose columns tell the field where none is named.
        field: `retail`, `finance` or `energy`.

    Raises:
        InputError: The table is wrong, or there is no such field.
    """
    return suggested_setup(None if data is None else series_of(data, SeriesOptions()), field)


def forecast_diagnosis_facts(result: ForecastResult) -> dict[str, Any]:
    """Return where the forecasts of a fit are weak and what helps."""
    assessment = assess_forecasts(result.study, result.ensemble)
    metrics = {name: dict(zip(("model", "best_single", "last_season"), values, strict=True))
               for name, values in assessment.metrics.items()}  # fmt: skip
    return {
        "folder": str(result.folder),
        "metrics": metrics,
        "coverage_of_the_80_percent_interval": assessment.coverage,
        **diagnosed_forecasts(assessment),
    }


def _without_findings(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "findings"}
