"""A fit of time series in sentences: how good the forecast is, what the series are like, where it is weak."""

from __future__ import annotations

from collections.abc import Sequence

from ...diagnosis.forecast_assessment import ForecastAssessment
from ...diagnosis.forecast_weaknesses import forecast_weaknesses
from ...text import wording
from ...text.cleaning import short
from ..fit.words import metric_words
from ..page import near

_MOST_FINDINGS = 8
_MOST_WEAKNESSES = 6
_LONG_METRICS = {
    "mase": "mean absolute scaled error",
    "smape": "symmetric mean absolute percentage error",
    "rmsse": "root mean squared scaled error",
    "mse": "mean squared error",
    "wql": "weighted quantile loss",
    "sql": "scaled quantile loss",
}


def long_metric(name: str) -> str:
    """Return a metric's name for people."""
    return _LONG_METRICS.get(name, metric_words(name))


def result_sentences(assessment: ForecastAssessment) -> list[str]:
    """Return how good the forecast is, beside the best single model and repeating the last season."""
    ours, single, baseline = assessment.metrics[assessment.metric]
    name, best = long_metric(assessment.metric), assessment.rows[0]
    windows = wording.count(len(assessment.backtest.parts), "window")
    members = [row for row in assessment.rows if row.weight > 0]
    sentences = [
        f"In the last {windows} of each series, forecast from what was known before, the {name} is {near(ours)}; lower "
        f"is better. Repeating the last season has {near(baseline)}."
    ]
    if len(members) > 1:
        families = ", ".join(dict.fromkeys(row.title for row in members))
        sentences.append(
            f"The forecast averages {wording.count(len(members), 'model')} ({families}). The best of them alone, "
            f"{best.title} (trial {best.trial}), has {near(single)}."
        )
    else:
        sentences.append(f"The forecast is that of {best.title} (trial {best.trial}).")
    if pretrained := ", ".join(dict.fromkeys(row.title for row in members if row.pretrained)):
        sentences.append(
            f"Others trained {pretrained}, on many public series. If yours are among them, the backtest is not fair."
        )
    sentences.append(f"{wording.share(assessment.coverage)} of these values lie in the interval that should hold 80 %.")
    if len(assessment.rows) > 1:
        sentences.append(
            f"The forecast was chosen from {wording.count(len(assessment.rows), 'model')} by these windows: "
            "new values will be forecast a little less well."
        )
    return sentences


def series_sentences(assessment: ForecastAssessment) -> list[str]:
    """Return what the series are like: their number, seasons, trend and demand, and what was noticed."""
    panel, traits = assessment.backtest.panel, assessment.analysis.traits
    many = f"{len(panel):,} series" if len(panel) > 1 else "one series"
    seasons = ", ".join(
        f"{wording.count(length, 'step')} ({wording.share(part)} of the variance)"
        for length, part in traits.seasons.items()
    )
    steps = wording.count(assessment.future.shape[1], "step")
    sentences = [
        f"{many[:1].upper()}{many[1:]} of {short(panel.target, 80)}, {panel.frequency.words}, "
        f"{wording.count(int(panel.lengths.sum()), 'value')}; {steps} are forecast.",
        f"Seasons: {seasons}." if seasons else "There is no season.",
        f"A smooth trend explains {wording.share(traits.trend)} of the variance; demand is {traits.demand}.",
    ]
    severe = [finding for finding in assessment.analysis.findings if finding.severity != "info"]
    return [*sentences, *(short(f"{one.text} {one.remedy}".strip(), 400) for one in severe[:_MOST_FINDINGS])]


def weakness_sentences(assessment: ForecastAssessment) -> list[str]:
    """Return the most severe weaknesses, each with its remedy."""
    return [f"{one.text} {one.remedy}".strip() for one in forecast_weaknesses(assessment)[:_MOST_WEAKNESSES]]


def explanation_topics(assessment: ForecastAssessment) -> list[tuple[str, Sequence[str]]]:
    """Return the fit in plain words, by topic."""
    return [
        ("forecast", result_sentences(assessment)),
        ("series", series_sentences(assessment)),
        ("weak points", weakness_sentences(assessment)),
    ]
