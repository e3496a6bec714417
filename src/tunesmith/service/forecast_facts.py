"""A fit of time series as plain JSON values: what `--json` prints."""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..diagnosis.forecast_weaknesses import forecast_weaknesses
from ..errors import InputError
from ..fitting.forecasting.families import absent_forecasters, forecasters
from ..fitting.forecasting.options import ForecastOptions
from ..fitting.forecasting.prepare import checked_horizon, default_windows, prepare_series
from ..fitting.forecasting.report import assess_forecasts
from ..fitting.forecasting.result import ForecastResult
from ..fitting.forecasting.selection import asked_forecasters, planned_forecasts
from ..series.analysis import analyse_series
from ..series.panel import Panel
from ..series.scores import forecast_score


def understood_series(data: Any, options: ForecastOptions, folder: Path) -> dict[str, Any]:
    """Return what a fit would do with time series; trains and keeps nothing.

    Args:
        data: The series, as `prepare_series` takes them.
        options: What the user asks for.
        folder: Where the fit would be kept.

    Raises:
        InputError: The data or an option is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="tunesmith-") as place:
        panel = prepare_series(data, options.series, Path(place) / "series")
        horizon = checked_horizon(panel, options.series.horizon)
        windows = options.series.windows or default_windows(panel)
        chosen = forecasters(panel, horizon, asked_forecasters(panel, horizon, windows, options))
        planned = planned_forecasts(chosen, panel, horizon, windows, options)
        return {
            "data": str(data) if isinstance(data, str | Path) else type(data).__name__,
            "folder": str(folder),
            **series_facts(panel, horizon),
            "horizon": horizon,
            "windows": windows,
            "metric": forecast_score(options.metric).name,
            "families": {name: family.profile.title for name, family in chosen.items()},
            "absent": [] if options.restricts_families else absent_forecasters(),
            "first": list(dict.fromkeys(str(trial.parameters["family"]) for trial in planned)),
            "limits": [{"metric": limit.metric, "low": limit.low, "high": limit.high} for limit in options.limits],
            "minutes": options.minutes,
            **({} if options.request is None else {"request": options.request.to_facts()}),
        }


def series_facts(panel: Panel, horizon: int) -> dict[str, Any]:
    """Return what is known about some series: how many, how long, how often, which seasons, what was noticed."""
    analysis = analyse_series(panel, horizon)
    return {
        "target": panel.target,
        "time": panel.columns.time,
        "ids": list(panel.columns.ids),
        "series": len(panel),
        "values": int(panel.lengths.sum()),
        "shortest": int(panel.lengths.min()),
        "longest": int(panel.lengths.max()),
        "frequency": panel.frequency.words,
        "begins": shown_stamp(panel.frequency.stamps(panel.starts.min()[None])[0]),
        "ends": shown_stamp(panel.frequency.stamps((panel.starts + panel.lengths).max()[None] - 1)[0]),
        "seasons": list(panel.seasons),
        "covariates": list(panel.covariates),
        "known_ahead": list(panel.known),
        "traits": analysis.traits.to_table(),
        "findings": [finding.to_table() for finding in analysis.findings],
    }


def forecast_facts(result: ForecastResult) -> dict[str, Any]:
    """Return the facts of fitted forecasting models: score, members, and every trained configuration."""
    ensemble = result.ensemble
    return {
        "folder": str(result.folder),
        **series_facts(result.panel, ensemble.horizon),
        "horizon": ensemble.horizon,
        "metric": ensemble.metric,
        "score": ensemble.score,
        "models": [
            {"trial": member.trial, "family": member.family, "weight": ensemble.combination.weights[member.trial]}
            for member in ensemble.members.values()
        ],
        "leaderboard": [
            {str(key): _plain(value) for key, value in row.items()} for row in result.leaderboard().to_dict("records")
        ],
        "quality": quality_facts(result),
        "test": held_out_facts(result),
        **({} if result.request is None else {"request": result.request.to_facts()}),
        "minutes": round(result.study.history.seconds_spent() / 60, 3),
    }


def quality_facts(result: ForecastResult) -> dict[str, Any] | None:
    """Return how good forecasts are in the backtest, and where they are weak; None if trials have been cleaned away.

    Args:
        result: The fitted models.
    """
    try:
        assessment = assess_forecasts(result.study, result.ensemble)
    except InputError:
        return None
    return {
        "windows": len(assessment.backtest.parts),
        "steps": assessment.backtest.steps,
        "coverage": _plain(assessment.coverage),
        "metrics": {name: _plain(values[0]) for name, values in assessment.metrics.items()},
        "baseline": {name: _plain(values[2]) for name, values in assessment.metrics.items()},
        "weaknesses": [finding.to_table() for finding in forecast_weaknesses(assessment)],
    }


def held_out_facts(result: ForecastResult) -> dict[str, Any] | None:
    """Return the scores on the test part; None if there is none."""
    scores = result.test_scores()
    return None if scores is None else asdict(scores)


def shown_stamp(stamp: Any) -> str:
    """Return a stamp without a time of day where it has none.

    >>> import numpy as np
    >>> shown_stamp(np.datetime64("2024-01-01T00:00:00")), shown_stamp(7)
    ('2024-01-01', '7')
    """
    return str(stamp).removesuffix("T00:00:00").replace("T", " ")


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
