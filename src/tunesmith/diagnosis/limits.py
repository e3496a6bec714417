"""What limits the score: too few rows, too little capacity, or noise and columns that are not there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.trial import Trial
from ..families.base import BASELINE
from ..text import wording
from .diagnosis import Diagnosis
from .fitted import Fitted
from .leaderboard import Estimate, LeaderboardRow, estimate, family_title, stratified_blocks

_FRACTIONS = (0.125, 0.25, 0.5)
_MOST_ROWS = 50_000
_ALIKE = 0.9
_SIMPLE = ("linear", BASELINE)
_MOST_KEPT = 0.75
_LEAST_GAIN = 0.02
"""The part of the distance to the prior that more rows must promise to be worth collecting."""
_LEAST_SAVING = 0.1
"""Or the part of what is left of the loss."""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The score of a model trained on some of the rows."""

    rows: int
    score: Estimate


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """How the score improves with training rows.

    Args:
        trial: The trial whose configuration was trained again.
        family: Its family.
        points: By rows; the last is the trial's own.
        doubled: The score that twice the rows promise, from a power law through the points; None if there is no trend.
    """

    trial: int
    family: str
    points: tuple[CurvePoint, ...]
    doubled: float | None


def learning_curve(fitted: Fitted, *, deadline: float, seed: int = 0) -> LearningCurve | None:
    """Return how the score improves with rows, by training the best quick configuration on parts of one fold.

    Args:
        fitted: The fit.
        deadline: When to stop, by `time.monotonic()`; a training is not started if it would likely exceed it.
        seed: Of the parts.
    """
    trial = _quick_and_good(fitted)
    if trial is None or fitted.refit is None:
        return None
    train, held_out = fitted.table.splits[0]
    shuffled = np.random.default_rng(seed).permutation(train)
    position = (np.cumsum(fitted.table.held_out) - 1)[held_out]
    blocks = [position[block] for block in stratified_blocks(fitted.target[position, 0])]
    seconds_each = (trial.seconds or 0.0) / len(fitted.table.splits)
    points = []
    for fraction in _FRACTIONS:
        count = int(fraction * len(train))
        if count < 30 or time.monotonic() + max(fraction * seconds_each, 0.2) > deadline:
            continue
        predictions = _aligned(fitted, position, fitted.refit(trial, np.sort(shuffled[:count]), held_out))
        points.append(CurvePoint(rows=count, score=estimate(fitted, predictions, blocks, position)))
    if len(points) < 2:
        return None
    whole = estimate(fitted, fitted.out_of_fold[trial.number], blocks, position)
    points.append(CurvePoint(rows=len(train), score=whole))
    doubled = extrapolated([(point.rows, point.score.value) for point in points])
    return LearningCurve(
        trial=trial.number, family=str(trial.parameters["family"]), points=tuple(points), doubled=doubled
    )


def _aligned(fitted: Fitted, position: Indices, predictions: Floats) -> Floats:
    """Return predictions of one fold's rows at their place among all rows held out."""
    whole = np.full((len(fitted.rows), predictions.shape[1]), np.nan)
    whole[position] = predictions
    return whole


def extrapolated(points: Sequence[tuple[int, float]]) -> float | None:
    """Return the score at twice the most rows, from the last three points; None without a steady trend.

    Along a power law each doubling gains the same share of what the one before gained (Viering & Loog 2023); a share
    above three quarters would be a promise.

    >>> round(extrapolated([(100, 0.9), (200, 0.7), (400, 0.6)]), 3)
    0.55
    """
    (rows_1, score_1), (rows_2, score_2), (rows_3, score_3) = points[-3:]
    before = (score_2 - score_1) / np.log2(rows_2 / rows_1)
    last = (score_3 - score_2) / np.log2(rows_3 / rows_2)
    if before * last <= 0:
        return None
    return float(score_3 + last * min(last / before, _MOST_KEPT))


def _quick_and_good(fitted: Fitted) -> Trial | None:
    """Return the trial with the best score among the quickest half of those in the ensemble."""
    sign = -1.0 if fitted.score.maximize else 1.0
    members = [trial for trial in fitted.trials if trial.number in fitted.weights and trial.seconds]
    members.sort(key=lambda trial: trial.seconds or 0.0)
    quick = members[: max(1, len(members) // 2)]
    if not quick or len(fitted.table.target) > _MOST_ROWS:
        return None
    return min(quick, key=lambda trial: sign * fitted.mean(fitted.out_of_fold[trial.number]))


def agreement(fitted: Fitted, rows: Sequence[LeaderboardRow]) -> Mapping[str, float]:
    """Return how alike the errors of each family's best trial are to those of the best of all: a correlation."""
    best: dict[str, int] = {}
    for row in rows:
        if row.trial is not None and row.family != BASELINE:
            best.setdefault(row.family, row.trial)
    if len(best) < 2:
        return {}
    errors = [_errors(fitted, number) for number in best.values()]
    return {
        family: float(np.corrcoef(errors[0], error)[0, 1])
        for family, error in zip(list(best)[1:], errors[1:], strict=True)
        if error.std() > 0 and errors[0].std() > 0
    }


def _errors(fitted: Fitted, number: int) -> Floats:
    predictions, target = fitted.out_of_fold[number], fitted.target[:, 0]
    problem = fitted.table.problems[0]
    if not problem.is_classification:
        return np.asarray(target - predictions[:, 0])
    return 1 - predictions[np.arange(len(target)), target.astype(np.intp)]


def diagnose_limits(
    fitted: Fitted, rows: Sequence[LeaderboardRow], curve: LearningCurve | None, alike: Mapping[str, float]
) -> list[Diagnosis]:
    """Return what limits the score, as far as it can be told.

    Args:
        fitted: The fit.
        rows: The leaderboard.
        curve: The learning curve, if there was time for one.
        alike: How alike the families' errors are.
    """
    sign = -1.0 if fitted.score.maximize else 1.0
    whole = rows[0].score
    prior = next((row.score.value for row in rows if row.family == BASELINE), None)
    if prior is None or sign * (prior - whole.value) <= 2 * (whole.error or 0.0):
        return []
    distance = abs(prior - whole.value)
    if curve is not None and curve.doubled is not None:
        last = curve.points[-1].score
        gain = sign * (last.value - curve.doubled)
        if gain > min(_LEAST_GAIN * distance, _LEAST_SAVING * abs(last.value)):
            return [_few_rows(fitted, curve, gain)]
    if len(alike) >= 1 and min(alike.values()) > _ALIKE:
        return [_noise(fitted, alike, curve)]
    return _capacity(rows, sign, whole)


def _few_rows(fitted: Fitted, curve: LearningCurve, gain: float) -> Diagnosis:
    last = curve.points[-1]
    return Diagnosis(
        kind="limited_by_rows",
        severity="info",
        text=f"More rows would help: {family_title(curve.family)} goes from"
        f" {wording.rounded(curve.points[0].score.value)} with {curve.points[0].rows:,} rows to"
        f" {wording.rounded(last.score.value)} with {last.rows:,}; twice as many promise about"
        f" {wording.rounded(curve.doubled)}.",
        remedy="Collect more rows.",
        actions=("collect_rows",),
        values={"metric": fitted.score.name, "gain_if_doubled": gain, "trial": curve.trial},
    )


def _noise(fitted: Fitted, alike: Mapping[str, float], curve: LearningCurve | None) -> Diagnosis:
    flat = " More rows hardly help." if curve is not None else ""
    return Diagnosis(
        kind="limited_by_columns",
        severity="info",
        text=f"Different families make the same mistakes (their errors correlate by"
        f" {wording.number(min(alike.values()), 2)} or more), so what is left is noise, or depends on something that"
        f" the columns do not tell.{flat}",
        remedy="Add columns; more search or larger models will gain little.",
        actions=("add_columns",),
        values={"metric": fitted.score.name, "least_correlation": min(alike.values())},
    )


def _capacity(rows: Sequence[LeaderboardRow], sign: float, whole: Estimate) -> list[Diagnosis]:
    """Return that capacity limits the score, if nothing but simple models was trained long enough to count."""
    flexible = [row for row in rows if row.trial is not None and row.family not in _SIMPLE]
    simple = [row for row in rows if row.trial is not None and row.family == "linear"]
    if flexible or not simple:
        return []
    return [
        Diagnosis(
            kind="limited_by_capacity",
            severity="warning",
            text="Only simple models were trained, so what they cannot express is lost.",
            remedy="Allow more minutes, so that forests and boosters are tried.",
            actions=("more_capacity",),
            values={"score": whole.value},
        )
    ]
