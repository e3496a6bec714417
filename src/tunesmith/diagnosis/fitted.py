"""A finished `fit`, as a diagnosis needs it: the table, the trials, the weights, the models of each fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.trial import Trial
from ..data.scores import Score, per_problem
from ..data.table import Table
from ..ensembles.pipeline import Pipeline
from .evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The trials of a fit, and the ensemble made of them.

    Args:
        table: What was learned from.
        score: The metric.
        trials: The complete trials.
        weights: The weight of each member of the ensemble, by trial; they sum to 1.
        out_of_fold: Predictions of the rows held out, by trial; shape `(rows held out, outputs)` each.
        combined: Those of the ensemble.
        pipeline: Returns what a trial trained on one split.
        refit: Trains a trial's configuration on the first rows given, and predicts the second; None if it cannot.
    """

    table: Table
    score: Score
    trials: Sequence[Trial]
    weights: Mapping[int, float]
    out_of_fold: Mapping[int, Floats]
    combined: Floats
    pipeline: Callable[[int, int], Pipeline]
    refit: Callable[[Trial, Indices, Indices], Floats] | None = None

    @cached_property
    def rows(self) -> Indices:
        """The rows of the table that have an out-of-fold prediction."""
        return np.flatnonzero(self.table.held_out)

    @cached_property
    def target(self) -> Floats:
        """Their target, shape `(rows held out, problems)`."""
        return np.asarray(self.table.target[self.rows])

    def mean(self, predictions: Floats, rows: Indices | None = None) -> float:
        """Return the metric of predictions of the rows held out, or of some of them by position."""
        target = self.target if rows is None else self.target[rows]
        return self.score.mean(self.table.problems, target, predictions)

    def evidence(self, most: int) -> list[Evidence]:
        """Return the ensemble's out-of-fold predictions of at most so many rows, for each problem."""
        features: pd.DataFrame = self.table.features.iloc[self.rows]
        return [
            Evidence(
                problem=problem,
                features=features,
                target=self.target[:, index],
                predictions=part,
                rows=self.rows,
            ).sample(most)
            for index, (problem, part) in enumerate(
                zip(self.table.problems, per_problem(self.table.problems, self.combined), strict=True)
            )
        ]


@dataclass
class FoldModels:
    """The heaviest members of an ensemble, each with the pipelines of single folds, loaded when they are needed.

    Args:
        fitted: The fit.
        most_members: How many members are used.
        most_folds: How many folds are used.
    """

    fitted: Fitted
    most_members: int
    most_folds: int
    _loaded: dict[tuple[int, int], Pipeline] = field(default_factory=dict)

    @cached_property
    def members(self) -> list[tuple[int, float]]:
        """The trials and their weights, the heaviest first; the weights sum to 1."""
        ranked = sorted(self.fitted.weights.items(), key=lambda pair: -pair[1])[: self.most_members]
        total = sum(weight for _, weight in ranked)
        return [(trial, weight / total) for trial, weight in ranked]

    @cached_property
    def share(self) -> float:
        """The weight of these members in the whole ensemble."""
        weights = self.fitted.weights
        return sum(weights[trial] for trial, _ in self.members) / sum(weights.values())

    @cached_property
    def held_out(self) -> list[Indices]:
        """The rows of the table that each fold holds out."""
        folds = self.fitted.table.folds[0]
        return [np.flatnonzero(folds == fold) for fold in range(min(int(folds.max()) + 1, self.most_folds))]

    def pipeline(self, trial: int, fold: int) -> Pipeline:
        """Return what a trial trained while a fold was held out."""
        if (trial, fold) not in self._loaded:
            self._loaded[trial, fold] = self.fitted.pipeline(trial, fold)
        return self._loaded[trial, fold]

    def predict(self, fold: int, features: pd.DataFrame) -> Floats:
        """Return predictions by models that did not train on a fold's rows; shape `(rows, outputs)`."""
        return np.asarray(sum(weight * self.pipeline(trial, fold).predict(features) for trial, weight in self.members))

    def sample(self, most: int, *, seed: int = 0) -> list[Indices]:
        """Return at most so many rows in all that the folds hold out, by fold, at random."""
        rng = np.random.default_rng(seed)
        total = sum(map(len, self.held_out))
        counts = [int(np.ceil(len(rows) * min(1.0, most / max(total, 1)))) for rows in self.held_out]
        return [np.sort(rng.permutation(rows)[:count]) for rows, count in zip(self.held_out, counts, strict=True)]
