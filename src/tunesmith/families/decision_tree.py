"""A single decision tree (Breiman et al. 1984) with scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ._forest import ForestModel, forest_seconds
from .base import Profile, TrainingPart

_PSEUDO_ROWS = 1.0


class DecisionTreeFamily:
    """Yes-or-no questions, one after the other."""

    profile: ClassVar = Profile(
        title="Decision tree",
        purpose="a few rules that can be printed and followed by hand; seldom the most accurate",
        interpretable=True,
    )
    model: ClassVar = ForestModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.tree",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "max_leaf_nodes": Int(4, 256, log=True),
        "min_samples_leaf": Int(1, 100, log=True),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return a tree that fits on a page, and a larger one."""
        return [
            {"max_leaf_nodes": 16, "min_samples_leaf": 10},
            {"max_leaf_nodes": 100, "min_samples_leaf": 10},
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        # Every column is sorted for the first cut, which takes longer than the tree.
        sorting = 4e-8 * rows * columns * math.log2(rows + 2)
        tree = {"trees": 1, "max_features": 1.0, **parameters}
        return sorting + forest_seconds(rows, columns, problem, tree, per_cell=1.2e-8)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> ForestModel:
        """Train on columns whose missing values are replaced."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        kind = DecisionTreeClassifier if part.problem.is_classification else DecisionTreeRegressor
        tree = kind(
            max_leaf_nodes=parameters["max_leaf_nodes"],
            min_samples_leaf=parameters["min_samples_leaf"],
            random_state=part.seed,
        )
        return ForestModel.fit(part, tree, pseudo_rows=_PSEUDO_ROWS)
