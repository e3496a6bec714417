"""A fit of time series as plain JSON values: what `--json` prints."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..fitting.forecasting.families import absent_forecasters, first_forecasts, forecasters
from ..fitting.forecasting.options import ForecastOptions
from ..fitting.forecasting.prepare import checked_horizon, default_windows, prepare_series
from ..fitting.forecasting.result import ForecastResult
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
        chosen = forecasters(panel, horizon, options.families)
        return {
            "data": str(data) if isinstance(data, str | Path) else type(data).__name__,
            "folder": str(folder),
            **series_facts(panel, horizon),
            "horizon": horizon,
            "windows": windows,
            "metric": forecast_score(options.metric).name,
            "families": {name: family.profile.title for name, family in chosen.items()},
            "absent": [] if options.restricts_families else absent_forecasters(),
            "first": list(
                dict.fromkeys(
                    str(trial.parameters["family"]) for trial in first_forecasts(chosen, panel, horizon, windows)
                )
            ),
            "minutes": options.minutes,
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
        "begins": _stamp(panel, int(panel.starts.min())),
        "ends": _stamp(panel, int((panel.starts + panel.lengths).max()) - 1),
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
        "minutes": round(result.study.history.seconds_spent() / 60, 3),
    }


def _stamp(panel: Panel, position: int) -> str:
    stamp = panel.frequency.stamps(np.array([position]))[0]
    text = str(stamp)
    return text.removesuffix("T00:00:00")


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
