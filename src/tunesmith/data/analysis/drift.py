"""Drift: whether the test table looks like the training table."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats
from ...text.wording import number
from ..findings import Finding
from .boosters import out_of_fold, shuffled_folds
from .sample import drawn, matrix

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_ROWS = 5_000
_LEAST_ROWS = 30
_DRIFT = 0.6  # AUC
_STRONG = 0.8
_LEAST_SIGMAS = 4.0
_MOST_NAMED = 5


def find_drift(sample: Sample, test: pd.DataFrame, ignore: Collection[str] = ()) -> Iterator[Finding]:
    """Yield what differs between the training and the test table.

    A booster tells the rows of one from those of the other; 0.5 is no better than a coin.

    Args:
        sample: The training table.
        test: The test table, as the user gave it.
        ignore: Columns that are expected to differ, such as row numbers and the date of the row.
    """
    read, met = sample.schema.read_and_report(test.iloc[drawn(len(test), _ROWS, sample.seed)].reset_index(drop=True))
    yield from met
    absent = {name for finding in met if finding.kind == "absent_columns" for name in finding.columns}
    compared = [name for name in read.columns if not {name} & {*absent, *ignore} and read[name].dtype != object]
    if compared and len(read) >= _LEAST_ROWS and sample.size >= _LEAST_ROWS:
        yield from _told_apart(sample, read[compared], compared)


def _told_apart(sample: Sample, test: pd.DataFrame, names: list[str]) -> Iterator[Finding]:
    """Yield how well a booster tells the tables apart, and by which columns."""
    rows = drawn(sample.size, _ROWS, sample.seed + 2)
    features = np.vstack([matrix(sample.features[names].iloc[rows]), matrix(test)])
    is_test = np.repeat([0.0, 1.0], [len(rows), len(test)])
    folds = shuffled_folds(len(is_test), 3, sample.seed)
    overall = auc(is_test, out_of_fold(features, is_test[:, None], folds, seed=sample.seed)[:, 0])
    if overall < max(_DRIFT, 0.5 + _LEAST_SIGMAS * _deviation(is_test)):
        return
    alone = {name: _alone(features[:, [index]], is_test, sample.seed) for index, name in enumerate(names)}
    drifting = [
        name for name in sorted(names, key=lambda name: -alone[name]) if alone[name] >= 0.5 + (_DRIFT - 0.5) / 2
    ]
    named = drifting[:_MOST_NAMED]
    yield Finding(
        kind="drift",
        severity="warning",
        columns=tuple(named),
        text=f"The test table differs from the training table: a small model tells their rows apart (AUC "
        f"{number(overall, 3)}; 0.5 is chance)"
        + (f", most of all by {_with_auc(named, alone)}." if named else ", by several columns together."),
        remedy="Scores on held-out training rows will be too good for it. Leave out what drifts and can be spared, "
        "validate on rows like those of the test table, or weigh them more."
        if overall >= _STRONG
        else "Scores on held-out training rows may be too good for it; look at these columns.",
        values={"auc": overall, "column_auc": [alone[name] for name in named]},
    )


def _alone(column: Floats, is_test: Floats, seed: int) -> float:
    folds = shuffled_folds(len(is_test), 2, seed)
    return auc(is_test, out_of_fold(column, is_test[:, None], folds, seed=seed)[:, 0])


def _with_auc(names: list[str], alone: dict[str, float]) -> str:
    return ", ".join(f"'{name}' ({number(alone[name], 3)})" for name in names)


def auc(labels: Floats, scores: Floats) -> float:
    """Return the area under the ROC curve: the chance that a row with label 1 has a higher score than one with 0."""
    from scipy.stats import rankdata

    positive = labels == 1
    many, few = int(positive.sum()), int((~positive).sum())
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - many * (many + 1) / 2) / (many * few))


def _deviation(labels: Floats) -> float:
    """Return the standard deviation of the AUC of random scores (Mann and Whitney, 1947)."""
    many = int((labels == 1).sum())
    few = len(labels) - many
    return float(np.sqrt((many + few + 1) / (12 * many * few)))
