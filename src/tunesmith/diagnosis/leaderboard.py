"""Every trial of a fit with its score, its cost and its weight in the ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import plugins
from ..core.arrays import Floats, Indices
from ..core.trial import Value
from ..errors import TunesmithError
from ..families.base import own_parameters
from .fitted import Fitted

_BLOCKS = 10
_T_95 = 2.262  # Student's t with 9 degrees of freedom, two-sided.
_MOST_WITH_INTERVAL = 30
_LEAST_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A score with its interval.

    Args:
        value: The metric, of all rows held out.
        low: The lower end of its interval (95 %); None where it is unknown.
        high: The upper end.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def error(self) -> float | None:
        """The standard error; None where it is unknown."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2 / _T_95


@dataclass(frozen=True, kw_only=True)
class LeaderboardRow:
    """One model, or the ensemble.

    Args:
        trial: The number of its trial; None for the ensemble.
        family: The name of its family; `ensemble` for the ensemble.
        recipe: The name of its recipe.
        score: The metric of its out-of-fold predictions.
        fit_seconds: The time of its trial: all folds, validation included; for the ensemble the sum of its members.
        predict_ms: Milliseconds to predict 1,000 rows with all folds, on one core; None where unknown.
        model_bytes: Its size on disk, all folds together.
        weight: Its weight in the ensemble.
        parameters: Its hyperparameters, by name within the family.
    """

    trial: int | None
    family: str
    recipe: str
    score: Estimate
    fit_seconds: float | None
    predict_ms: float | None
    model_bytes: int | None
    weight: float
    parameters: Mapping[str, Value]

    @property
    def title(self) -> str:
        """Its family as people know it."""
        return family_title(self.family)


def family_title(name: str) -> str:
    """Return the title of a family; its name if it is not installed.

    >>> family_title("extra_trees")
    'Extra trees'
    """
    try:
        return str(plugins.load("families", name).profile.title)
    except TunesmithError:
        return name


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a trial's model costs: milliseconds per 1,000 rows, and bytes on disk; None where unknown."""

    predict_ms: float | None = None
    model_bytes: int | None = None


def leaderboard(fitted: Fitted, costs: Mapping[int, Cost]) -> list[LeaderboardRow]:
    """Return the ensemble and every complete trial, the best first.

    Args:
        fitted: The fit.
        costs: What the models cost, by trial.
    """
    rows = trial_rows(fitted, costs)
    return [_whole(fitted, [row for row in rows if row.weight > 0]), *rows]


def trial_rows(fitted: Fitted, costs: Mapping[int, Cost]) -> list[LeaderboardRow]:
    """Return every complete trial, the best first; the best thirty and the members have an interval.

    Args:
        fitted: The fit.
        costs: What the models cost, by trial.
    """
    blocks = stratified_blocks(fitted.target[:, 0])
    scores = {number: fitted.mean(predictions) for number, predictions in fitted.out_of_fold.items()}
    sign = -1.0 if fitted.score.maximize else 1.0
    ranked = sorted(scores, key=lambda number: (sign * scores[number], number))
    shown = {*ranked[:_MOST_WITH_INTERVAL], *fitted.weights}
    by_number = {trial.number: trial for trial in fitted.trials}
    rows = []
    for number in ranked:
        trial, cost = by_number[number], costs.get(number, Cost())
        family = str(trial.parameters["family"])
        predictions = fitted.out_of_fold[number]
        rows.append(
            LeaderboardRow(
                trial=number,
                family=family,
                recipe=str(trial.parameters.get("recipe", "")),
                score=estimate(fitted, predictions, blocks) if number in shown else Estimate(value=scores[number]),
                fit_seconds=trial.seconds,
                predict_ms=cost.predict_ms,
                model_bytes=cost.model_bytes,
                weight=fitted.weights.get(number, 0.0),
                parameters=own_parameters(trial.parameters, family),
            )
        )
    return rows


def estimate(fitted: Fitted, predictions: Floats, blocks: Sequence[Indices], rows: Indices | None = None) -> Estimate:
    """Return the metric of out-of-fold predictions with its interval, from its spread over blocks of rows.

    Args:
        fitted: The fit.
        predictions: Of all rows held out.
        blocks: Disjoint parts of the rows, by position.
        rows: All the rows to judge by position; all rows held out by default.
    """
    value = fitted.mean(predictions if rows is None else predictions[rows], rows)
    try:
        with np.errstate(all="ignore"):
            values = [fitted.mean(predictions[block], block) for block in blocks]
    except ValueError:  # A block without some class, where the metric needs all.
        return Estimate(value=value)
    half = _T_95 * float(np.std(values, ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    if not np.isfinite(half):
        return Estimate(value=value)
    return Estimate(value=value, low=float(value - half), high=float(value + half))


def stratified_blocks(target: Floats) -> list[Indices]:
    """Return ten blocks of rows that cover the target evenly; none if there are too few rows."""
    if len(target) < _LEAST_ROWS:
        return []
    order = np.argsort(target + np.random.default_rng(0).random(len(target)) * 1e-9, kind="stable")
    return [np.sort(order[start::_BLOCKS]) for start in range(_BLOCKS)]


def _whole(fitted: Fitted, members: Sequence[LeaderboardRow]) -> LeaderboardRow:
    blocks = stratified_blocks(fitted.target[:, 0])
    seconds, ms, size = (
        None if not members or any(value is None for value in values) else sum(value for value in values if value)
        for values in (
            [row.fit_seconds for row in members],
            [row.predict_ms for row in members],
            [row.model_bytes for row in members],
        )
    )
    return LeaderboardRow(
        trial=None,
        family="ensemble",
        recipe="",
        score=estimate(fitted, fitted.judged(fitted.score, fitted.combined), blocks),
        fit_seconds=seconds,
        predict_ms=ms,
        model_bytes=None if size is None else int(size),
        weight=1.0,
        parameters={},
    )
