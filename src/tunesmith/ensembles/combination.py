"""How the predictions of trials are combined: weights, and the sharpness of each member and of their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..core.arrays import Floats
from ..data.problem import Problem
from ..data.scores import Score
from .calibration import apply_sharpness, fit_sharpness
from .greedy import Fits, select


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A weighted mean of calibrated predictions, calibrated again.

    Args:
        weights: The weight of each member, by trial; they sum to 1.
        sharpness: The exponents of each member's probabilities, one for each problem; see `calibration`.
        final: The exponents of the mean's probabilities.
    """

    weights: Mapping[int, float]
    sharpness: Mapping[int, tuple[float, ...]]
    final: tuple[float, ...]

    @classmethod
    def fit(
        cls,
        problems: Sequence[Problem],
        target: Floats,
        predictions: Mapping[int, Floats],
        score: Score,
        fits: Fits = lambda members: True,
    ) -> Self:
        """Return the combination of trials with the best score.

        Args:
            problems: What is predicted.
            target: Encoded, shape `(rows, problems)`.
            predictions: Out-of-fold predictions by trial, shape `(rows, outputs)` each.
            score: The metric.
            fits: Tells which members are allowed together.
        """
        sharpness = {trial: fit_sharpness(problems, target, predicted) for trial, predicted in predictions.items()}
        calibrated = {
            trial: apply_sharpness(problems, predicted, sharpness[trial]) for trial, predicted in predictions.items()
        }
        weights = select(calibrated, lambda predicted, rows: score.loss(problems, target[rows], predicted[rows]), fits)
        mean = np.asarray(sum(weight * calibrated[trial] for trial, weight in weights.items()))
        return cls(
            weights=weights,
            sharpness={trial: sharpness[trial] for trial in weights},
            final=fit_sharpness(problems, target, mean),
        )

    def apply(self, problems: Sequence[Problem], predictions: Mapping[int, Floats]) -> Floats:
        """Return the combined predictions, shape `(rows, outputs)`.

        Args:
            problems: What is predicted.
            predictions: Those of the members by trial, shape `(rows, outputs)` each.
        """
        mean = sum(
            weight * apply_sharpness(problems, predictions[trial], self.sharpness[trial])
            for trial, weight in self.weights.items()
        )
        return apply_sharpness(problems, np.asarray(mean), self.final)
