"""An additive model: a curve for each column, as explainable boosting machines have (Lou, Caruana and Gehrke 2012)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.parameters import Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from .base import Profile, TrainingPart
from .lightgbm import LightgbmModel, lightgbm_seconds, train_lightgbm


class AdditiveFamily:
    """Boosted trees that look at one column each, so that the prediction is a sum of curves."""

    profile: ClassVar = Profile(
        title="Additive",
        purpose="one curve for each column, which can be drawn; often nearly as accurate as boosting",
        interpretable=True,
        most_columns=1000,
    )
    model: ClassVar = LightgbmModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("lightgbm",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "learning_rate": Float(0.01, 0.2, log=True),
        "num_leaves": Int(2, 16, log=True),
        "min_data_in_leaf": Int(2, 200, log=True),
        "lambda_l2": Float(1e-4, 100.0, log=True),
        "bagging_fraction": Float(0.5, 1.0),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return small steps with three leaves."""
        return [
            {
                "learning_rate": 0.05,
                "num_leaves": 3,
                "min_data_in_leaf": 10,
                "lambda_l2": 1.0,
                "bagging_fraction": 0.8,
            }
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return lightgbm_seconds(rows, columns, problem, parameters)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> LightgbmModel:
        """Train until the validation rows no longer improve."""
        alone = [[column] for column in range(part.features.shape[1])]
        sampled = int(float(parameters["bagging_fraction"]) < 1)
        return train_lightgbm(part, {**parameters, "interaction_constraints": alone, "bagging_freq": sampled})
