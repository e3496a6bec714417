"""Time: a date column or the order of the rows by which the table drifts, so that a random split looks into the future.

A booster that has seen random rows is compared with one that has seen only earlier rows, both on the last rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats, Indices
from ...text.wording import share
from .boosters import (
    losses,
    numbers_to_predict,
    out_of_fold,
    predict,
    shuffled_folds,
    some_columns,
    standard_errors,
    train,
)
from .names import names_moment
from .sample import as_numbers, matrix

if TYPE_CHECKING:
    import pandas as pd

    from ..column import Column
    from .sample import Sample

_ROWS = 6_000
_STRETCHES = 10
_FIRST = 0.4  # The share of rows before the first window that is predicted.
_WINDOWS = 3
_FOLDS = 2
_LEAST_ROWS = 100
_LEAST_MOMENTS = 20
_KNOWN = 0.99  # Of the rows; `fit` leaves out those without a time.
_MOST_CANDIDATES = 3
_WORSE = 0.05
_SIGMAS = 3.5
_SIGMAS_OF_ORDER = 5.0
_CLEAR = 8.0  # Standard errors above which luck is ruled out.
_ORDERS = 3
_MARGIN = 1.5
_MOST_YEARS = 30
_SECONDS_PER_YEAR = 365.25 * 86400
_STAMPS = ((6e8, 2.5e9), (6e11, 2.5e12), (19_000_101, 21_001_231))  # Seconds, milliseconds since 1970; YYYYMMDD.


@dataclass(frozen=True, kw_only=True)
class TimeEvidence:
    """What speaks for splitting the rows by time.

    Args:
        column: The column with the time of each row; None for the order of the rows.
        named: Whether its name says that it is the time of the row; None if it says nothing.
        is_sorted: Whether the rows are in its order.
        years: The range of its dates; 0 for other numbers.
        random_error: The squared error on the last rows after training on random rows, as a share of the variance.
        later_error: That after training on earlier rows only, as many.
        sigmas: How many standard errors the difference of the two is from 0.
    """

    column: str | None
    named: bool | None
    is_sorted: bool
    years: float
    random_error: float
    later_error: float
    sigmas: float

    @property
    def worse(self) -> float:
        """By which share the error on later rows is larger."""
        return self.later_error / max(self.random_error, 1e-6) - 1

    @property
    def drifts(self) -> bool:
        """Whether a random split flatters scores."""
        worse, sigmas = (_WORSE, _SIGMAS) if self.column is not None else (2 * _WORSE, _SIGMAS_OF_ORDER)
        return self.worse >= worse and self.sigmas >= sigmas

    @property
    def is_confident(self) -> bool:
        """Whether the rows may be split by it unasked."""
        if self.column is None or not self.drifts:
            return False
        return self.is_sorted or (self.named is not False and self.years <= _MOST_YEARS)


def find_times(sample: Sample, *, rows_in_order: bool = True) -> list[TimeEvidence]:
    """Return the evidence about columns that may be the time of the row, and about the order of the rows.

    Args:
        sample: The table.
        rows_in_order: Whether the order of the rows is to be looked at where no column is the time.

    Returns:
        The strongest first.
    """
    if not sample.problems or sample.rows < _LEAST_ROWS:
        return []
    found = [evidence for column in _candidates(sample) if (evidence := _by_column(sample, column)) is not None]
    found.sort(key=lambda evidence: (not evidence.is_confident, not evidence.is_sorted, -evidence.sigmas))
    if rows_in_order and not any(evidence.is_sorted for evidence in found) and not _is_sorted_by_value(sample):
        found.append(_by_order(sample))
    return found


def measured_time(sample: Sample, column: Column) -> TimeEvidence | None:
    """Return the evidence about a column that somebody takes for the time of the row; None if it cannot be one."""
    if column.kind not in ("date", "number") or not sample.problems or sample.rows < _LEAST_ROWS:
        return None
    values = as_numbers(sample.features[column.name])
    if len(np.unique(values[~np.isnan(values)])) < _LEAST_MOMENTS:
        return None
    return _by_column(sample, column)


def _candidates(sample: Sample) -> list[Column]:
    """Return columns that may hold the time of the row: dates, and numbers with such a name."""
    chosen = []
    for column in sample.columns("date", "number"):
        values = as_numbers(sample.features[column.name])
        known = values[~np.isnan(values)]
        if len(known) < _KNOWN * len(values) or len(np.unique(known)) < _LEAST_MOMENTS:
            continue
        if (column.kind == "date" and (names_moment(column.name) is not False or _rises(values))) or (
            names_moment(column.name)
            and (_rises(values) or any(low <= known.min() <= known.max() <= high for low, high in _STAMPS))
        ):
            chosen.append(column)
    chosen.sort(key=lambda column: (names_moment(column.name) is False, column.kind != "date"))
    return chosen[:_MOST_CANDIDATES]


def _rises(values: Floats) -> bool:
    """Tell whether numbers rise, or fall, from row to row, apart from few."""
    steps = np.diff(values[~np.isnan(values)])
    steps = steps[steps != 0]
    return len(steps) > 0 and max(float((steps > 0).mean()), float((steps < 0).mean())) > 0.99


def _by_column(sample: Sample, column: Column) -> TimeEvidence | None:
    """Return the evidence for splitting by a column."""
    seen = as_numbers(sample.features[column.name])
    moments = as_numbers(column.read(sample.whole[column.name]))
    ascending = np.argsort(moments, kind="stable")
    ascending = ascending[: int((~np.isnan(moments)).sum())]
    rows = ascending[_in_stretches(len(ascending), _ROWS)]
    random_error, later_error, sigmas = _compared(sample, rows)
    years = float(np.nanmax(seen) - np.nanmin(seen)) / _SECONDS_PER_YEAR if column.kind == "date" else 0.0
    evidence = TimeEvidence(
        column=column.name,
        named=names_moment(column.name),
        is_sorted=_rises(seen),
        years=years,
        random_error=random_error,
        later_error=later_error,
        sigmas=sigmas,
    )
    if evidence.drifts and sigmas < _CLEAR and _may_be_chance(sample, rows, evidence):
        return replace(evidence, later_error=random_error, sigmas=0.0)
    return evidence


def _may_be_chance(sample: Sample, rows: Indices, evidence: TimeEvidence) -> bool:
    """Tell whether rows in random order give a difference nearly as large: two models differ also by luck."""
    for number in range(_ORDERS):
        shuffled = np.random.default_rng((sample.seed, number)).permutation(rows)
        random_error, later_error, sigmas = _compared(sample, shuffled)
        worse = later_error / max(random_error, 1e-6) - 1
        if _MARGIN * sigmas > evidence.sigmas or _MARGIN * worse > evidence.worse:
            return True
    return False


def _compared(sample: Sample, rows: Indices) -> tuple[float, float, float]:
    """Return the errors on the last rows after random and after earlier training rows, and how far they differ.

    Args:
        sample: The table.
        rows: Rows of the table in the order of time.

    Returns:
        The two errors as shares of the variance, and their difference in standard errors over blocks of time, for the
        problem where they differ most.
    """
    features = some_columns(matrix(sample.schema.read(sample.whole.iloc[rows])), sample.seed)
    edges = np.linspace(_FIRST * len(rows), len(rows), _WINDOWS + 1).astype(int)
    found = (1.0, 1.0, 0.0)
    for target in numbers_to_predict(sample.problems, sample.target[rows]):
        predicted = [_of_window(features, target, *window, sample.seed) for window in pairwise(edges)]
        at_random, later = (losses(target[edges[0] :], np.vstack(parts)) for parts in zip(*predicted, strict=True))
        sigmas = standard_errors(later - at_random)
        if found[2] == 0 or sigmas > found[2]:
            found = (float(at_random.mean()), float(later.mean()), sigmas)
    return found


def _of_window(features: Floats, target: Floats, start: int, stop: int, seed: int) -> tuple[Floats, Floats]:
    """Return the predictions of the rows from `start` to `stop` after training on random, and on earlier rows."""
    window = np.arange(start, stop)
    later = predict(train(features[:start], target[:start], seed=seed), features[window])
    random = np.random.default_rng(seed)
    folds = shuffled_folds(len(window), _FOLDS, seed)
    at_random = np.empty((len(window), target.shape[1]))
    for fold in range(_FOLDS):
        others = np.setdiff1d(np.arange(len(target)), window[folds == fold])
        chosen = random.choice(others, min(start, len(others)), replace=False)
        booster = train(features[chosen], target[chosen], seed=seed)
        at_random[folds == fold] = predict(booster, features[window[folds == fold]])
    return at_random, later


def _by_order(sample: Sample) -> TimeEvidence:
    """Return the evidence about the order of the rows: folds of neighbouring rows against random folds."""
    rows = _in_stretches(sample.rows, _ROWS // 2)
    features = some_columns(matrix(_without_row_numbers(sample.schema.read(sample.whole.iloc[rows]))), sample.seed)
    blocks = np.arange(len(rows)) * _STRETCHES // len(rows)
    random_error = later_error = 1.0
    sigmas = 0.0
    for target in numbers_to_predict(sample.problems, sample.target[rows]):
        folds = (shuffled_folds(len(rows), _STRETCHES // 2, sample.seed), blocks // 2)
        at_random, apart = (losses(target, out_of_fold(features, target, fold, seed=sample.seed)) for fold in folds)
        distance = standard_errors(apart - at_random)
        if sigmas == 0 or distance > sigmas:
            random_error, later_error, sigmas = float(at_random.mean()), float(apart.mean()), distance
    return TimeEvidence(
        column=None,
        named=None,
        is_sorted=True,
        years=0.0,
        random_error=random_error,
        later_error=later_error,
        sigmas=sigmas,
    )


def _without_row_numbers(features: pd.DataFrame) -> pd.DataFrame:
    return features[[name for name in features.columns if not _rises(as_numbers(features[name]))]]


def _is_sorted_by_value(sample: Sample) -> bool:
    """Tell whether the rows are sorted by a target or by a column that is not their number."""
    if any(
        _runs(sample.outcome[:, index]) or _rises(sample.outcome[:, index]) for index in range(len(sample.problems))
    ):
        return True
    for column in sample.columns("number", "category", "date"):
        values = as_numbers(sample.features[column.name])
        counts_rows = bool((values == np.round(values)).all()) and len(np.unique(values)) == len(values)
        if _runs(values) or (column.kind == "number" and _rises(values) and not counts_rows):
            return True
    return False


def _runs(values: Floats) -> bool:
    """Tell whether equal values follow each other, each in one run."""
    values = np.nan_to_num(values, nan=-1e300)
    distinct = len(np.unique(values))
    return distinct > 1 and len(values) > 2 * distinct and int((np.diff(values) != 0).sum()) == distinct - 1


def _in_stretches(rows: int, most: int) -> Indices:
    """Return at most so many of the rows, ascending: all, or ten stretches of neighbours that are spread evenly."""
    if rows <= most:
        return np.arange(rows)
    length = most // _STRETCHES
    starts = np.linspace(0, rows - length, _STRETCHES).astype(int)
    return (starts[:, None] + np.arange(length)).ravel()


def reason(evidence: TimeEvidence) -> str:
    """Return why the rows are to be split by time."""
    order = f"by '{evidence.column}'" if evidence.column else "in the order of the rows"
    return (
        f"The table changes {order}: the error of a small model is {share(evidence.worse)} larger if it has seen only "
        "earlier rows than if it has seen random ones."
    )
