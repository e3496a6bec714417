"""A finished `fit`, as a diagnosis needs it: the table, the trials, the weights, the models of each fold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.trial import Trial
from ..data.scores import Score, per_problem
from ..data.table import Table
from ..ensembles.combination import Combination
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
        combination: How the members of the ensemble are combined.
        out_of_fold: Predictions of the rows held out, by trial; shape `(rows held out, outputs)` each.
        pipeline: Returns what a trial trained on one split.
        stored: The trials whose models are still there.
        refit: Trains a trial's configuration on the first rows given, and predicts the second; None if it cannot.
        whole: Whether the members were trained again on all rows.
    """

    table: Table
    score: Score
    trials: Sequence[Trial]
    combination: Combination
    out_of_fold: Mapping[int, Floats]
    pipeline: Callable[[int, int], Pipeline]
    stored: Collection[int]
    refit: Callable[[Trial, Indices, Indices], Floats] | None = None
    whole: bool = False

    @property
    def weights(self) -> Mapping[int, float]:
        """The weight of each member of the ensemble, by trial; they sum to 1."""
        return self.combination.weights

    @cached_property
    def combined(self) -> Floats:
        """The ensemble's predictions of the rows held out, shape `(rows held out, outputs)`."""
        return self.combination.apply(self.table.problems, self.out_of_fold)

    def judged(self, score: Score, combined: Floats) -> Floats:
        """Return combined predictions in the form that a metric judges: with the chosen class first, if it must be."""
        return self.combination.judged(self.table.problems, combined, score)

    @cached_property
    def rows(self) -> Indices:
        """The rows of the table that have an out-of-fold prediction."""
        return np.flatnonzero(self.table.held_out)

    @cached_property
    def target(self) -> Floats:
        """Their target, shape `(rows held out, problems)`."""
        return self.table.held_out_target

    def mean(self, predictions: Floats, rows: Indices | None = None) -> float:
        """Return the metric of predictions of the rows held out, or of some of them by position."""
        return self.score_of(self.rows if rows is None else self.rows[rows], predictions)

    def score_of(self, rows: Indices, predictions: Floats) -> float:
        """Return the metric of predictions of some rows of the table, weighted as the table says."""
        weight = None if self.table.weight is None else self.table.weight[rows]
        return self.score.mean(self.table.problems, self.table.target[rows], predictions, weight)

    def loss_of(self, rows: Indices, predictions: Floats) -> float:
        """Return `score_of` so that smaller is better."""
        value = self.score_of(rows, predictions)
        return -value if self.score.maximize else value

    def evidence(self, most: int) -> list[Evidence]:
        """Return the ensemble's out-of-fold predictions of at most so many rows, for each problem."""
        problems = self.table.problems
        parts = per_problem(problems, self.combined)
        chances = per_problem(problems, self.combination.decide(problems, self.combined))
        features: pd.DataFrame = self.table.features.iloc[self.rows]
        return [
            Evidence(
                problem=problem,
                features=features,
                target=self.target[:, index],
                predictions=part,
                rows=self.rows,
                chances=own,
            ).sample(most)
            for index, (problem, part, own) in enumerate(zip(problems, parts, chances, strict=True))
        ]


@dataclass
class FoldModels:
    """The heaviest members of an ensemble, each with the pipelines of single folds, loaded when they are needed.

    Args:
        fitted: The fit.
        most_members: How many members are used.
        most_folds: How many folds are used.
        usable: The trials whose models may be used; all that are stored by default.
    """

    fitted: Fitted
    most_members: int
    most_folds: int
    usable: Collection[int] | None = None
    _loaded: dict[tuple[int, int], Pipeline] = field(default_factory=dict)

    @cached_property
    def members(self) -> list[tuple[int, float]]:
        """The trials and their weights, the heaviest first; the weights sum to 1."""
        usable = self.fitted.stored if self.usable is None else {*self.usable} & {*self.fitted.stored}
        stored = [pair for pair in self.fitted.weights.items() if pair[0] in usable]
        ranked = sorted(stored, key=lambda pair: -pair[1])[: self.most_members]
        total = sum(weight for _, weight in ranked)
        return [(trial, weight / total) for trial, weight in ranked]

    @cached_property
    def share(self) -> float:
        """The weight of these members in the whole ensemble."""
        weights = self.fitted.weights
        return sum(weights[trial] for trial, _ in self.members) / sum(weights.values())

    @cached_property
    def _combination(self) -> Combination:
        whole = self.fitted.combination
        return Combination(
            weights=dict(self.members),
            sharpness={trial: whole.sharpness[trial] for trial, _ in self.members},
            final=whole.final,
            factors=whole.factors,
        )

    @cached_property
    def splits(self) -> list[tuple[Indices, Indices]]:
        """The rows that each fold of the first repeat trains on and holds out."""
        table = self.fitted.table
        first = len(np.unique(table.folds[0][table.folds[0] >= 0]))
        return table.splits[: min(first, self.most_folds)]

    @cached_property
    def held_out(self) -> list[Indices]:
        """The rows of the table that each fold holds out."""
        return [held_out for _, held_out in self.splits]

    def pipeline(self, trial: int, fold: int) -> Pipeline:
        """Return what a trial trained while a fold was held out."""
        if (trial, fold) not in self._loaded:
            self._loaded[trial, fold] = self.fitted.pipeline(trial, fold)
        return self._loaded[trial, fold]

    def predict(self, fold: int, features: pd.DataFrame) -> Floats:
        """Return predictions by models that did not train on a fold's rows; shape `(rows, outputs)`."""
        predictions = {trial: self.pipeline(trial, fold).predict(features) for trial, _ in self.members}
        return self._combination.apply(self.fitted.table.problems, predictions)

    def sample(self, most: int, *, seed: int = 0) -> list[Indices]:
        """Return at most so many rows in all that the folds hold out, by fold, at random."""
        rng = np.random.default_rng(seed)
        total = sum(map(len, self.held_out))
        counts = [int(np.ceil(len(rows) * min(1.0, most / max(total, 1)))) for rows in self.held_out]
        return [np.sort(rng.permutation(rows)[:count]) for rows, count in zip(self.held_out, counts, strict=True)]
