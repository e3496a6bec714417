"""Random forests (Breiman 2001) with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.parameters import Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ._forest import ForestModel, forest_seconds
from .base import Profile, TrainingPart


class RandomForestFamily:
    """Many trees on samples of the rows, averaged."""

    profile: ClassVar = Profile(
        title="Random forest",
        purpose="robust without tuning, also with noisy columns; large models, slow to predict",
        train_cost="medium",
        size="high",
        predict_cost="high",
    )
    model: ClassVar = ForestModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.ensemble",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "trees": Int(50, 600, log=True),
        "min_samples_leaf": Int(1, 50, log=True),
        "max_features": Float(0.05, 1.0),
        "max_samples": Float(0.2, 1.0),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return a deep and a tame configuration."""
        return [
            {"trees": 120, "min_samples_leaf": 1, "max_features": 0.3, "max_samples": 1.0},
            {"trees": 120, "min_samples_leaf": 5, "max_features": 0.5, "max_samples": 0.7},
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return forest_seconds(rows * float(parameters["max_samples"]), columns, problem, parameters, per_cell=1e-8)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> ForestModel:
        """Train until all trees are grown or the time is over."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestClassifier if part.problem.is_classification else RandomForestRegressor
        forest = kind(
            n_estimators=parameters["trees"],
            min_samples_leaf=parameters["min_samples_leaf"],
            max_features=parameters["max_features"],
            # A share would be one of the sum of the weights.
            max_samples=max(1, round(float(parameters["max_samples"]) * len(part.target))),
            random_state=part.seed,
            n_jobs=part.threads,
        )
        return ForestModel.fit(part, forest)
