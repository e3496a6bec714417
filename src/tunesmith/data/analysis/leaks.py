"""Columns that give the target away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Flags, Floats, Indices
from ...text.wording import share
from ..findings import Finding
from ..problem import Problem
from .boosters import as_numbers_to_predict, predict, shuffled_folds, some_columns, train
from .sample import matrix

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_ALONE = 0.97  # Of the target's variance.
_COPY = 0.99999  # Rank correlation.
_WORSE = 5.0
_LEAST_ROWS = 50
_LEAVES = 64
_MOST_COLUMNS = 500
_MOST_SUSPECTS = 4


def find_leaks(sample: Sample, group: str | None = None) -> Iterator[Finding]:
    """Yield columns that predict a target nearly alone, where all other columns together do not.

    Each column alone is a small tree, all others a small booster, judged on rows that they have not seen.

    Args:
        sample: The table.
        group: The column whose values should not be shared by two folds; it is no suspect.
    """
    rows = sample.models_rows
    if len(rows) < _LEAST_ROWS:
        return
    features = sample.features[[name for name in sample.schema.names if name != group]].iloc[rows]
    held_out = _held_out(sample, group)
    for index, problem in enumerate(sample.problems):
        target = sample.outcome[rows, index]
        outcomes = _outcomes(problem, target)
        alone = {
            name: _explained_by_one(features[name], outcomes, held_out) for name in features.columns[:_MOST_COLUMNS]
        }
        suspects = {name: explained for name, explained in alone.items() if explained >= _ALONE}
        copies = [name for name in suspects if _is_copy(problem, features[name], target)]
        for name in list(suspects)[:_MOST_SUSPECTS]:
            others = [other for other in features.columns if other != name and other not in copies]
            rest = _explained_by_all(features[others], as_numbers_to_predict(problem, target), held_out, sample.seed)
            yield _judged(problem, name, suspects[name], rest, name in copies)


def explained_by(sample: Sample, name: str) -> tuple[float, float]:
    """Return the shares of a target's variance that one column explains alone, and that all others explain together.

    Of several targets that which the column explains best. Both are NaN where there are too few rows.
    """
    rows = sample.models_rows
    best = (float("nan"), float("nan"))
    if len(rows) < _LEAST_ROWS:
        return best
    features, held_out = sample.features.iloc[rows], _held_out(sample, None)
    for index, problem in enumerate(sample.problems):
        target = sample.outcome[rows, index]
        alone = _explained_by_one(features[name], _outcomes(problem, target), held_out)
        if not alone <= best[0]:
            others = features[[other for other in features.columns if other != name]]
            rest = _explained_by_all(others, as_numbers_to_predict(problem, target), held_out, sample.seed)
            best = (alone, rest)
    return best


def _held_out(sample: Sample, group: str | None) -> Flags:
    """Return whether each row for models is held out, a third of them, or of the groups."""
    rows = sample.models_rows
    codes: Indices = np.arange(len(rows))
    if group is not None:
        _, codes = np.unique(sample.raw[group].iloc[rows].astype(str), return_inverse=True)
    held_out: Flags = (shuffled_folds(int(codes.max()) + 1, 3, sample.seed) == 0)[codes]
    return held_out


def _judged(problem: Problem, name: str, explained: float, rest: float, is_copy: bool) -> Finding:
    """Return the finding about a column that predicts a target nearly alone.

    Args:
        problem: What is to be predicted.
        name: The column.
        explained: The share of the target's variance that it explains.
        rest: The share that all other columns explain.
        is_copy: Whether it is the target in other words.
    """
    stands_out = 1 - rest >= _WORSE * max(1 - explained, 0.01)
    exclude = (
        f"If it is known only together with '{problem.name}', or computed from it, leave it out with "
        f"--exclude {name}: scores are meaningless otherwise."
    )
    others = f"all other columns together explain {share(max(rest, 0.0))}."
    if is_copy:
        text = f"'{name}' is '{problem.name}' in other words or on another scale; {others}"
    else:
        text = f"'{name}' alone predicts '{problem.name}' nearly without error ({share(explained)} of its variance); "
        text += others
    return Finding(
        kind="target_copy" if is_copy else "leak" if stands_out else "strong_column",
        severity="error" if is_copy else "warning" if stands_out else "info",
        columns=(name,),
        text=text,
        remedy=exclude if is_copy or stands_out else "",
        values={"explained": explained, "explained_by_others": rest, "target": problem.name},
    )


def _is_copy(problem: Problem, values: pd.Series, target: Floats) -> bool:
    """Tell whether a column is the target in other words, or on another scale: each orders the rows as the other."""
    if values.isna().any():
        return False
    if problem.is_classification:
        distinct = values.groupby(target, observed=True).nunique()
        return bool((distinct == 1).all()) and values.nunique() == len(distinct)
    if values.dtype.kind not in "fM":
        return False
    ranks, others = values.rank().to_numpy(), as_numbers_to_predict(problem, target)[:, 0]
    return bool(abs(np.corrcoef(ranks, others)[0, 1]) >= _COPY)


def _outcomes(problem: Problem, target: Floats) -> Floats:
    """Return a target as columns whose variance is to be explained; shape `(rows, 1)` or `(rows, classes)`."""
    if problem.is_classification:
        indicators: Floats = np.eye(len(problem.classes))[target.astype(int)]
        return indicators
    return as_numbers_to_predict(problem, target)


def _explained_by_one(values: pd.Series, outcomes: Floats, held_out: Flags) -> float:
    """Return the share of the held-out outcomes' variance that one column explains, by a tree of 64 leaves."""
    from sklearn.tree import DecisionTreeRegressor

    if values.dtype == object:
        return 0.0
    if hasattr(values, "cat"):
        column = _by_outcome(values.cat.codes.to_numpy(), outcomes, ~held_out)
    else:
        column = values.rank(method="dense").fillna(0).to_numpy(dtype=np.float64)[:, None]
    tree = DecisionTreeRegressor(max_leaf_nodes=max(_LEAVES, 2 * outcomes.shape[1]), min_samples_leaf=2, random_state=0)
    predicted = tree.fit(column[~held_out], outcomes[~held_out]).predict(column[held_out])
    return _explained(outcomes[held_out], predicted.reshape(-1, outcomes.shape[1]))


def _by_outcome(codes: Indices, outcomes: Floats, train_rows: Flags) -> Floats:
    """Return the mean outcome of each row's category in the training rows; shape as `outcomes`."""
    slots = codes.astype(np.int64) + 1
    sums = np.zeros((int(slots.max()) + 1, outcomes.shape[1]))
    counts = np.zeros(len(sums))
    np.add.at(sums, slots[train_rows], outcomes[train_rows])
    np.add.at(counts, slots[train_rows], 1)
    overall = outcomes[train_rows].mean(axis=0)
    means: Floats = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], overall)
    return means[slots]


def _explained_by_all(features: pd.DataFrame, target: Floats, held_out: Flags, seed: int) -> float:
    """Return the share of the held-out rows' variance that boosters trained on the others explain."""
    numbers = matrix(features[[name for name in features.columns if features[name].dtype != object]])
    if not numbers.shape[1]:
        return 0.0
    numbers = some_columns(numbers, seed)
    boosters = train(numbers[~held_out], target[~held_out], seed=seed, rounds=100)
    return _explained(target[held_out], predict(boosters, numbers[held_out]))


def _explained(outcomes: Floats, predicted: Floats) -> float:
    total = float(((outcomes - outcomes.mean(axis=0)) ** 2).sum())
    return 1 - float(((outcomes - predicted) ** 2).sum()) / total if total > 0 else 0.0
