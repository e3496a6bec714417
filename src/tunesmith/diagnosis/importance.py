"""Permutation importance of the columns (Breiman 2001, section 10), on rows that the models did not train on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats, Indices
from .fitted import FoldModels
from .leaderboard import stratified_blocks
from .permuted import permuted_copies

_ROWS_AT_ONCE = 20_000
_LEAST_ROWS = 50
_SHARE_OF_TIME = 0.8


@dataclass(frozen=True, kw_only=True)
class ColumnImportance:
    """What a column is worth.

    Args:
        column: Its name.
        loss: How much worse the metric becomes when the column's values are shuffled; about 0 if it is not used.
        error: The standard error, over rows; None where it is unknown.
    """

    column: str
    loss: float
    error: float | None


@dataclass(frozen=True, kw_only=True)
class Importances:
    """The importance of the columns.

    Args:
        columns: The most important first.
        rows: The number of rows that were predicted.
        repeats: How often each column was shuffled.
        members: The number of members that predicted.
        share: Their weight in the ensemble.
        folds: The number of folds whose models were used.
    """

    columns: tuple[ColumnImportance, ...]
    rows: int
    repeats: int
    members: int
    share: float
    folds: int


def importances(
    models: FoldModels, *, most_rows: int, most_repeats: int, deadline: float, seed: int = 0
) -> Importances | None:
    """Return the importance of every column; None if there was no time for one shuffle of each.

    Args:
        models: The models that predict.
        most_rows: The number of rows to predict.
        most_repeats: How often a column is shuffled, if there is time.
        deadline: When to stop, by `time.monotonic()`.
        seed: Of the rows and shuffles.
    """
    rng = np.random.default_rng(seed)
    names = list(models.fitted.table.features.columns)
    sample = _affordable(models, models.sample(most_rows, seed=seed), len(names), deadline)
    increases: list[Floats] = []
    base = _predicted(models, sample, [None], rng, deadline)
    while base is not None and names and len(increases) < most_repeats:
        shuffled = _predicted(models, sample, list(names), rng, deadline)
        if shuffled is None:
            break
        increases.append(_increases(models, np.concatenate(sample), base[0], shuffled))
    if not increases:
        return None
    mean = np.mean(increases, axis=0)  # (columns, 1 + blocks)
    order = np.argsort(-mean[:, 0], kind="stable")
    columns = []
    for index in order:
        blocks = mean[index, 1:]
        known = len(blocks) > 1 and np.isfinite(blocks).all()
        error = float(np.std(blocks, ddof=1) / np.sqrt(len(blocks))) if known else None
        columns.append(ColumnImportance(column=names[index], loss=float(mean[index, 0]), error=error))
    return Importances(
        columns=tuple(columns),
        rows=sum(map(len, sample)),
        repeats=len(increases),
        members=len(models.members),
        share=models.share,
        folds=len(models.held_out),
    )


def _affordable(models: FoldModels, sample: Sequence[Indices], columns: int, deadline: float) -> Sequence[Indices]:
    """Return as many of the rows as can be predicted once for each column in time; none if those would be too few."""
    total = sum(map(len, sample))
    if not models.members or time.monotonic() > deadline or not total:
        return []
    for fold, rows in enumerate(sample):  # Loads the models, which must not count.
        models.predict(fold, models.fitted.table.features.iloc[rows[:1]])
    started = time.monotonic()
    for fold, rows in enumerate(sample):
        models.predict(fold, models.fitted.table.features.iloc[rows])
    seconds_each = (time.monotonic() - started) / total
    affordable = _SHARE_OF_TIME * (deadline - time.monotonic()) / (seconds_each * max(columns, 1))
    if affordable < min(_LEAST_ROWS, total):
        return []
    return [rows[: int(np.ceil(len(rows) * min(1.0, affordable / total)))] for rows in sample]


def _predicted(
    models: FoldModels,
    sample: Sequence[Indices],
    names: Sequence[str | None],
    rng: np.random.Generator,
    deadline: float,
) -> list[Floats] | None:
    """Return predictions with each of the columns shuffled within its fold; None without rows or time."""
    if not sample:
        return None
    parts: list[list[Floats]] = [[] for _ in names]
    for fold, rows in enumerate(sample):
        features = models.fitted.table.features.iloc[rows]
        at_once = max(1, _ROWS_AT_ONCE // max(len(rows), 1))
        for start in range(0, len(names), at_once):
            if time.monotonic() > deadline:
                return None
            chunk = names[start : start + at_once]
            predictions = models.predict(fold, permuted_copies(features, chunk, rng))
            predictions = models.fitted.judged(models.fitted.score, predictions)
            for offset, part in enumerate(np.split(predictions, len(chunk))):
                parts[start + offset].append(part)
    return [np.concatenate(part) for part in parts]


def _increases(models: FoldModels, rows: Indices, base: Floats, shuffled: Sequence[Floats]) -> Floats:
    """Return the loss that each shuffle adds, on all rows and on each block of them; shape `(columns, 1 + blocks)`."""
    fitted = models.fitted
    blocks = [np.arange(len(rows)), *stratified_blocks(fitted.table.target[rows, 0])]
    increases = np.full((len(shuffled), len(blocks)), np.nan)
    for position, block in enumerate(blocks):
        try:
            least = fitted.loss_of(rows[block], base[block])
            for index, predictions in enumerate(shuffled):
                increases[index, position] = fitted.loss_of(rows[block], predictions[block]) - least
        except ValueError:  # A block without some class, where the metric needs all.
            continue
    return increases
