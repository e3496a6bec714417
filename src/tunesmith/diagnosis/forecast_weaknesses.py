"""Where forecasts are weak in the backtest, and what helps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data.findings import by_severity
from ..text.cleaning import short
from ..text.wording import count, rounded, share
from .diagnosis import Diagnosis
from .forecast_assessment import ForecastAssessment

_FEW_VALUES = 30
_NARROW, _WIDE = 0.7, 0.92  # Of the interval of 80 %.
_LEAST_BIAS = 0.65
_LEAST_GROWTH = 2.0
_WORST_WINDOW = 2.0  # Times the median window.
_MOST_NAMED = 5
_LONGEST_NAME = 40
_MANY_SERIES = 10
_HARD_SHARE, _HARD_ERROR = 0.1, 0.4  # Of the series, and of all errors.


def forecast_weaknesses(assessment: ForecastAssessment) -> tuple[Diagnosis, ...]:
    """Return where forecasts are weak, the most severe first; none if they have been backtested and are sound."""
    values = int(np.isfinite(assessment.backtest.actual).sum())
    findings: list[Diagnosis] = [] if values >= _FEW_VALUES else [_few_values(values)]
    if values:
        findings += [
            *_no_gain(assessment),
            *_weak_series(assessment),
            *_few_hard_series(assessment),
            *_intervals(assessment),
            *_bias(assessment),
            *_worst_window(assessment),
            *_growth(assessment),
        ]
    return tuple(one for one in by_severity(findings) if isinstance(one, Diagnosis))


def _few_values(values: int) -> Diagnosis:
    return Diagnosis(
        kind="few_values",
        actions=("collect_rows",),
        severity="warning",
        text=f"The backtest holds {count(values, 'value')}: the scores are rough.",
        remedy="A longer history, more series or a shorter horizon tell more.",
        values={"values": values},
    )


def _no_gain(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    ours, _, baseline = assessment.metrics[assessment.metric]
    if np.isfinite(ours) and ours >= baseline:
        yield Diagnosis(
            kind="no_gain",
            actions=("add_columns", "collect_rows"),
            severity="warning",
            text="No model was better than repeating the last season.",
            remedy="The series may hold no more than that. Columns that are known ahead, such as prices, may help.",
        )


def _weak_series(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    ours, baseline = assessment.errors_by_series, assessment.baseline_by_series
    names = assessment.backtest.panel.names
    scored = np.isfinite(ours)
    worse = np.flatnonzero(scored & (ours > baseline))
    if len(worse) and scored.sum() > 1:
        ranked = worse[np.argsort(baseline[worse] - ours[worse])]
        listed = ", ".join(
            f"{short(names[index], _LONGEST_NAME)} ({rounded(ours[index])})" for index in ranked[:_MOST_NAMED]
        )
        part = len(worse) / scored.sum()
        yield Diagnosis(
            kind="weak_series",
            actions=("check_rows",),
            severity="warning" if part > 0.3 else "info",
            text=f"{len(worse):,} of {int(scored.sum()):,} series ({share(part)}) are forecast worse than by repeating "
            f"their last season: {listed}{' and more' if len(worse) > _MOST_NAMED else ''}.",
            remedy="Series that behave in another way may be better forecast by themselves.",
            values={"series": len(worse)},
        )


def _few_hard_series(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    errors, names = assessment.errors_by_series, assessment.backtest.panel.names
    scored = np.flatnonzero(np.isfinite(errors))
    if len(scored) < _MANY_SERIES:
        return
    hard = scored[np.argsort(-errors[scored])][: max(1, int(_HARD_SHARE * len(scored)))]
    total = float(errors[scored].sum())
    part = float(errors[hard].sum()) / total if total else 0.0
    if part < _HARD_ERROR:
        return
    listed = ", ".join(short(names[index], _LONGEST_NAME) for index in hard[:_MOST_NAMED])
    yield Diagnosis(
        kind="few_hard_series",
        actions=("check_rows",),
        severity="warning",
        text=f"{share(len(hard) / len(scored))} of the series have {share(part)} of the error: "
        f"{listed}{' and more' if len(hard) > _MOST_NAMED else ''}.",
        remedy="Look for jumps, wrong values, and series that have ended: they hide what is right with the others.",
        values={"series": len(hard), "share": part},
    )


def _intervals(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    held = assessment.coverage
    if _NARROW <= held <= _WIDE:
        return
    yield Diagnosis(
        kind="intervals",
        actions=("calibrate",),
        severity="warning" if held < _NARROW else "info",
        text=f"The interval of 80 % holds {share(held)} of the values: it is too {'narrow' if held < 0.8 else 'wide'}.",
        remedy="Take the outer quantiles." if held < 0.8 else "It is on the safe side.",
        values={"coverage": held},
    )


def _bias(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    below = float(assessment.shares_below[assessment.forecast.shape[-1] // 2])
    if max(below, 1 - below) < _LEAST_BIAS:
        return
    low = below < 0.5
    yield Diagnosis(
        kind="bias",
        actions=("check_rows", "add_columns"),
        severity="info",
        text=f"Forecasts are mostly too {'low' if low else 'high'}: {share(1 - below if low else below)} of the values "
        f"lie {'above' if low else 'below'} them.",
        remedy="The level or the trend may have changed within the windows of the backtest.",
        values={"below": below},
    )


def _worst_window(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    errors, _ = assessment.errors_by_window
    if len(errors) < 3 or not np.isfinite(errors).all():
        return
    worst = int(errors.argmax())
    if errors[worst] < _WORST_WINDOW * np.median(errors):
        return
    back = "last" if worst == 0 else "one before the last" if worst == 1 else f"last but {worst}"
    yield Diagnosis(
        kind="window",
        actions=("check_rows", "add_columns"),
        severity="info",
        text=f"The {back} window has an error of {rounded(float(errors[worst]))}, the median window "
        f"{rounded(float(np.median(errors)))}.",
        remedy="Something unusual may have happened then; what it was could be a column.",
        values={"window": worst},
    )


def _growth(assessment: ForecastAssessment) -> Iterator[Diagnosis]:
    errors, _ = assessment.errors_by_step
    third = len(errors) // 3
    if third < 1:
        return
    first, last = float(np.nanmean(errors[:third])), float(np.nanmean(errors[-third:]))
    if last > _LEAST_GROWTH * first > 0:
        yield Diagnosis(
            kind="horizon",
            actions=("add_columns",),
            severity="info",
            text=f"Errors grow from {rounded(first)} in the first third of the horizon to {rounded(last)} in the last.",
            remedy="Forecast again as soon as new values are there.",
            values={"first": first, "last": last},
        )
