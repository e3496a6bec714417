"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.parameters import Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ._forest import ForestModel, forest_seconds
from .base import Profile, TrainingPart


class ExtraTreesFamily:
    """Many trees with random cuts, averaged."""

    profile: ClassVar = Profile(
        title="Extra trees",
        purpose="strong on small tables and smooth targets; large models, slow to predict",
        size="high",
        predict_cost="high",
    )
    model: ClassVar = ForestModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.ensemble",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "trees": Int(50, 600, log=True),
        "min_samples_leaf": Int(1, 50, log=True),
        "max_features": Float(0.1, 1.0),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return a deep configuration, the better one in ensembles, and a fast one.

        Shares of classes in deep leaves are 0 or 1, so that it takes more trees until their mean is smooth.
        """
        trees = 300 if problem.is_classification else 120
        return [
            {"trees": trees, "min_samples_leaf": 1, "max_features": 0.8},
            {"trees": 120, "min_samples_leaf": 2, "max_features": 0.4},
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return forest_seconds(rows, columns, problem, parameters, per_cell=6.5e-9)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> ForestModel:
        """Train until all trees are grown or the time is over."""
        from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

        kind = ExtraTreesClassifier if part.problem.is_classification else ExtraTreesRegressor
        forest = kind(
            n_estimators=parameters["trees"],
            min_samples_leaf=parameters["min_samples_leaf"],
            max_features=parameters["max_features"],
            random_state=part.seed,
            n_jobs=part.threads,
        )
        return ForestModel.fit(part, forest)
