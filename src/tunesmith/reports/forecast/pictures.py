"""Pictures of time series: history, forecast and backtest; errors by step and by series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...diagnosis.forecast_assessment import ForecastAssessment
from ...series.levels import LEVELS, MEDIAN
from ...series.panel import Panel
from ...text import wording
from ..fit.picture import Picture, band, figure, label

_MOST_STEPS = 500  # Of a history.
_MOST_WINDOWS = 5
_BARS = 30


def series_picture(assessment: ForecastAssessment, index: int) -> Picture:
    """Return the end of a series, its forecast with the interval of 80 %, and what the backtest forecast.

    Args:
        assessment: The forecasts.
        index: The number of the series.
    """
    backtest, panel = assessment.backtest, assessment.backtest.panel
    horizon = assessment.future.shape[1]
    rows = np.flatnonzero(backtest.series == index)[:_MOST_WINDOWS]
    shown = min(int(panel.lengths[index]), _MOST_STEPS, max((3 + len(rows)) * horizon, 3 * panel.season, 40))
    first = int(panel.lengths[index]) - shown
    past = _axis(panel, index, first, shown)
    ahead = _axis(panel, index, int(panel.lengths[index]), horizon)
    low, middle, high = (assessment.future[index, :, LEVELS.index(level)] for level in (0.1, 0.5, 0.9))
    end = panel.history(index)[-1:].tolist()
    traces = band([*past[-1:], *ahead], [*end, *low.tolist()], [*end, *high.tolist()])
    traces.append(_line(past, panel.known_values(index)[first:], "observed", "var(--text)", 1.6))
    for number, row in enumerate(rows):
        origin = int(panel.lengths[index]) - backtest.steps - number * (backtest.stride or backtest.steps)
        window = _axis(panel, index, origin, backtest.steps)
        forecast = _line(window, assessment.forecast[row, :, MEDIAN], "backtest", "var(--series-2)", 1.6)
        traces.append({**forecast, "line": {**forecast["line"], "dash": "dot"}, "showlegend": number == 0})
    traces.append(_line([*past[-1:], *ahead], [*end, *middle], "forecast", "var(--accent)", 2.4))
    name = panel.names[index]
    ends = f"{_near(middle[0])} at first, {_near(middle[-1])} at last"
    return Picture(
        heading=label(name) if name else "Forecast",
        figure=figure(traces, y=label(panel.target), legend=True, height=330),
        description=f"The forecast of {label(name or panel.target)}: {ends}.",
        values=[
            ("time", "forecast", "10 %", "90 %"),
            *((str(time), *map(_near, values)) for time, *values in zip(ahead, middle, low, high, strict=True)),
        ],
    )


def _axis(panel: Panel, index: int, first: int, count: int) -> list[Any]:
    stamps = panel.stamps(index, first, count)
    return stamps.tolist() if stamps.dtype.kind != "M" else [str(stamp).removesuffix("T00:00:00") for stamp in stamps]


def _line(x: Sequence[Any], y: Any, name: str, colour: str, width: float) -> dict[str, Any]:
    values = [None if not np.isfinite(value) else float(value) for value in y]
    return {
        "type": "scatter",
        "mode": "lines" if len(values) > 1 else "markers",
        "x": list(x),
        "y": values,
        "name": name,
        "line": {"color": colour, "width": width},
        "hovertemplate": f"%{{x}}: %{{y:.5g}}<extra>{name}</extra>",
    }


def step_picture(assessment: ForecastAssessment) -> Picture:
    """Return the error of each step of the horizon, beside that of repeating the last season."""
    ours, baseline = assessment.errors_by_step
    steps = list(range(1, len(ours) + 1))
    return Picture(
        heading="Error by step",
        figure=figure(
            [
                _line(steps, baseline, "last season repeated", "var(--faint)", 2.0),
                _line(steps, ours, "the forecast", "var(--accent)", 2.4),
            ],
            x="steps ahead",
            y="mean scaled error",
            legend=True,
            yaxis={"rangemode": "tozero"},
        ),
        caption="Absolute errors in the backtest, divided by those of repeating the last season in the history.",
        description=f"Errors from {_near(ours[0])} at the first step to {_near(ours[-1])} at the last.",
    )


def window_picture(assessment: ForecastAssessment) -> Picture:
    """Return the error of each window, the earliest first, beside that of repeating the last season."""
    ours, baseline = (errors[::-1] for errors in assessment.errors_by_window)
    windows = [f"−{number}" if number else "last" for number in range(len(ours) - 1, -1, -1)]
    return Picture(
        heading="Error by window",
        figure=figure(
            [
                _bars(windows, baseline, "last season repeated", "var(--faint)"),
                _bars(windows, ours, "the forecast", "var(--accent)"),
            ],
            x="window",
            y="mean scaled error",
            legend=True,
            barmode="group",
            xaxis={"type": "category"},
        ),
        caption="The same in each window of the backtest, the earliest first.",
        description=f"Errors from {_near(np.nanmin(ours))} to {_near(np.nanmax(ours))}.",
    )


def _bars(x: Sequence[Any], y: Any, name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(x),
        "y": [None if not np.isfinite(value) else float(value) for value in y],
        "name": name,
        "marker": {"color": colour},
        "hovertemplate": f"%{{y:.4g}}<extra>{name}</extra>",
    }


def quantile_picture(assessment: ForecastAssessment) -> Picture:
    """Return how often values lie below each quantile."""
    expected = [100 * level for level in LEVELS]
    return Picture(
        heading="Quantiles",
        figure=figure(
            [
                _line(expected, expected, "as they should be", "var(--faint)", 1.6),
                _line(expected, 100 * assessment.shares_below, "as they are", "var(--accent)", 2.4),
            ],
            x="quantile, in %",
            y="values below it, in %",
            legend=True,
            yaxis={"range": [0, 100]},
            xaxis={"range": [0, 100]},
        ),
        caption="On the straight line, as many values lie below a quantile as its name says.",
        description=f"{wording.share(assessment.coverage)} of the values lie in the interval of 80 %.",
    )


def spread_picture(assessment: ForecastAssessment) -> Picture:
    """Return how the errors are spread over the series."""
    errors = assessment.errors_by_series
    known = errors[np.isfinite(errors)]
    top = float(np.quantile(known, 0.98)) or 1.0
    counts, edges = np.histogram(np.minimum(known, top), bins=_BARS, range=(0, top))
    return Picture(
        heading="Error by series",
        figure=figure(
            [
                {
                    "type": "bar",
                    "x": ((edges[:-1] + edges[1:]) / 2).tolist(),
                    "y": counts.tolist(),
                    "width": 0.92 * float(edges[1] - edges[0]),
                    "marker": {"color": "var(--accent)"},
                    "hovertemplate": "%{y} series near %{x:.3g}<extra></extra>",
                }
            ],
            x="mean scaled error",
            y="series",
        ),
        caption=f"{wording.share(float(np.mean(known < 1)))} of the series are forecast better than by repeating the "
        "last season in their history.",
        description=f"Median {_near(float(np.median(known)))}.",
    )


def _near(value: float) -> str:
    return wording.rounded(float(value), 4)
