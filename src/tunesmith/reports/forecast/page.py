"""The report of a fit of time series: one self-contained HTML page for a person who did not run it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...diagnosis.forecast_assessment import ForecastAssessment
from ...diagnosis.forecast_weaknesses import forecast_weaknesses
from ...history.history import History
from ...proposers.base import Proposer
from ...text import wording
from ...text.cleaning import plain, short
from ...text.shell import command
from ..about import about
from ..fit.picture import Picture
from ..overview import stopped
from ..page import near, rendered, write_page
from ..search import search_values
from .pictures import quantile_picture, series_picture, spread_picture, step_picture, window_picture
from .words import long_metric, result_sentences

_MOST_SERIES = 6
_MOST_ROWS = 40
_MOST_RANKED = 10
_ENOUGH_VALUES = 20  # For quantiles.
_MANY_SERIES = 12  # From so many on, errors are drawn by series.


def write_forecast_report(
    assessment: ForecastAssessment,
    history: History,
    target: Path,
    *,
    title: str,
    facts: Mapping[str, Any] | None = None,
    proposer: Proposer | None = None,
    thorough: bool = True,
) -> Path:
    """Write the report of a fit of time series as one self-contained HTML file.

    Args:
        assessment: What is known about the forecasts.
        history: The study's history.
        target: The file; an existing one is replaced.
        title: The study's name.
        facts: Facts about the study, as for `write_report`.
        proposer: The study's proposer.
        thorough: Whether to draw the plots of the search, which take a second or more.

    Returns:
        The absolute path of the file.

    Raises:
        OutputError: The file cannot be written.
    """
    facts = dict(facts or {})
    panel, backtest = assessment.backtest.panel, assessment.backtest
    folder = str(facts.get("folder") or "FOLDER")
    page = rendered(
        "forecast.html.jinja",
        has_figures=True,
        webgl=thorough and bool(history.trials),
        **search_values(history, proposer),
        **about(history, facts),
        study=plain(title),
        title=plain(f"A forecast of {panel.target}"),
        panel_words=_panel_words(assessment),
        horizon=assessment.future.shape[1],
        windows=len(backtest.parts),
        metric_name=long_metric(assessment.metric),
        score=near(assessment.metrics[assessment.metric][0]),
        baseline=near(assessment.metrics[assessment.metric][2]),
        gain=_gain(assessment),
        coverage=wording.share(assessment.coverage),
        sentences=result_sentences(assessment),
        series=[series_picture(assessment, index) for index in _shown(assessment)],
        left_out=max(0, len(panel) - _MOST_SERIES),
        quality=_quality(assessment),
        weaknesses=forecast_weaknesses(assessment),
        ranking=_ranking(assessment),
        test=_test(facts.get("test"), assessment.metric),
        metrics=[(name, [near(value) for value in values]) for name, values in assessment.metrics.items()],
        findings=assessment.analysis.findings,
        traits=_traits(assessment),
        board=assessment.rows[:_MOST_ROWS],
        members=[row for row in assessment.rows if row.weight > 0],
        configurations={
            row.trial: short(", ".join(f"{key} {wording.value(value)}" for key, value in row.parameters.items()), 400)
            for row in assessment.rows[:_MOST_ROWS]
        },
        commands=[
            ("The forecasts as a table", command("tunesmith", "predict", folder, "--to", "forecast.csv")),
            ("From a later origin", command("tunesmith", "predict", folder, "NEW.csv", "--to", "forecast.csv")),
            ("The best model again", facts.get("reproduce")),
            ("Repeat the fit, with the reason of each decision", facts.get("workflow")),
            ("Take the models elsewhere", command("tunesmith", "export", folder, "--to", "onnx")),
            ("Read them as one Python script", command("tunesmith", "export", folder, "--to", "script")),
            ("A model card", command("tunesmith", "export", folder, "--to", "card")),
        ],
        python=f'import tunesmith as ts\n\nresult = ts.ForecastResult.load("{folder}")\nresult.predict()',
        stopped=stopped(history),
        thorough=thorough,
        plots=_search_plots(history, proposer) if thorough else [],
    )
    return write_page(target, page)


def _quality(assessment: ForecastAssessment) -> list[Picture]:
    pictures = [step_picture(assessment)] if assessment.backtest.steps > 1 else []
    if len(assessment.backtest.parts) > 1:
        pictures.append(window_picture(assessment))
    if np.isfinite(assessment.backtest.actual).sum() >= _ENOUGH_VALUES:
        pictures.append(quantile_picture(assessment))
    return [*pictures, *([spread_picture(assessment)] if _many_scored(assessment) else [])]


def _ranking(assessment: ForecastAssessment) -> list[tuple[str, list[str]]]:
    """Return the series that are forecast worst: name, values, error, and that of repeating the last season."""
    panel, errors = assessment.backtest.panel, assessment.errors_by_series
    if len(panel) < 2:
        return []
    ranked = [int(index) for index in np.argsort(-np.nan_to_num(errors, nan=-1)) if np.isfinite(errors[index])]
    return [
        (
            short(plain(panel.names[index]), 60),
            [f"{int(panel.lengths[index]):,}", near(errors[index]), near(assessment.baseline_by_series[index])],
        )
        for index in ranked[:_MOST_RANKED]
    ]


def _test(scores: Any, metric: str) -> dict[str, str] | None:
    """Return the scores on the test part in words; None if there is none, or the metric has no value."""
    if scores is None or scores.metrics.get(metric) is None:
        return None
    baseline = scores.baseline.get(metric)
    return {
        "score": near(scores.metrics[metric]),
        "baseline": "" if baseline is None else near(baseline),
        "coverage": wording.share(scores.coverage),
        "what": f"{wording.count(scores.steps, 'step')} of {scores.series:,} series",
    }


def _many_scored(assessment: ForecastAssessment) -> bool:
    return int(np.isfinite(assessment.errors_by_series).sum()) >= _MANY_SERIES


def _search_plots(history: History, proposer: Proposer | None) -> Any:
    """Return the plots of the search; plotly's own classes take a second to import."""
    from .. import plots
    from ..importance import importance

    return plots.draw(history, importance(history), proposer)


def _shown(assessment: ForecastAssessment) -> list[int]:
    """Return the series that are drawn: all of a few; of many some from the best to the worst forecast."""
    errors = assessment.errors_by_series
    if len(errors) <= _MOST_SERIES:
        return list(range(len(errors)))
    ranked = [int(index) for index in np.argsort(errors) if np.isfinite(errors[index])] or list(range(len(errors)))
    return [ranked[place] for place in np.linspace(0, len(ranked) - 1, _MOST_SERIES).astype(int)]


def _panel_words(assessment: ForecastAssessment) -> str:
    panel = assessment.backtest.panel
    many = f"{len(panel):,} series" if len(panel) > 1 else "one series"
    return f"{many}, {panel.frequency.words}, {wording.count(int(panel.lengths.sum()), 'value')}"


def _gain(assessment: ForecastAssessment) -> str | None:
    """Return the part of the baseline's error that the forecast saves; None if it saves none."""
    ours, _, baseline = assessment.metrics[assessment.metric]
    return wording.share(1 - ours / baseline) if baseline > 0 and ours < baseline else None


def _traits(assessment: ForecastAssessment) -> list[tuple[str, str]]:
    traits = assessment.analysis.traits
    seasons = ", ".join(f"{length} steps ({wording.share(part)})" for length, part in traits.seasons.items())
    return [
        ("Length", wording.rounded(traits.length)),
        ("Seasons, and the variance that they explain", seasons or "none"),
        ("Variance that a smooth trend explains", wording.share(traits.trend)),
        ("Differences until stationary (KPSS test)", wording.rounded(traits.differences)),
        ("Correlation of neighbours, without seasons", wording.rounded(traits.autocorrelation)),
        ("Zeros", wording.share(traits.zeros)),
        ("Demand", traits.demand),
    ]
