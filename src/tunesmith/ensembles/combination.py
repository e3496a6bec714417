"""How the predictions of trials are combined: weights, calibration, and which class is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..core.arrays import Floats, Indices
from ..data.problem import Problem
from ..data.scores import Score, score_named
from .calibration import apply_sharpness, fit_sharpness
from .decision import apply_factors, fit_factors
from .greedy import Fits, select


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A weighted mean of calibrated predictions, calibrated again.

    Args:
        weights: The weight of each member, by trial; they sum to 1.
        sharpness: The exponents of each member's probabilities, one for each problem; see `calibration`.
        final: The exponents of the mean's probabilities.
        factors: For each problem those of its classes that decide which is chosen; see `decision`.
    """

    weights: Mapping[int, float]
    sharpness: Mapping[int, tuple[float, ...]]
    final: tuple[float, ...]
    factors: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(
        cls,
        problems: Sequence[Problem],
        target: Floats,
        predictions: Mapping[int, Floats],
        score: Score,
        *,
        weight: Floats | None = None,
        fits: Fits = lambda members: True,
        costs: Mapping[int, float] | None = None,
    ) -> Self:
        """Return the combination of trials with the best score.

        Args:
            problems: What is predicted.
            target: Encoded, shape `(rows, problems)`.
            predictions: Out-of-fold predictions by trial, shape `(rows, outputs)` each.
            score: The metric. For one that judges chosen classes, members are chosen by log loss, which tells more.
            weight: The weight of each row, shape `(rows,)`; None if all count alike.
            fits: Tells which members are allowed together.
            costs: What a prediction costs by trial; all the same by default.
        """
        judge = score_named("log_loss", problems) if score.labels else score

        def loss(predicted: Floats, rows: Indices | slice) -> float:
            return judge.loss(problems, target[rows], predicted[rows], None if weight is None else weight[rows])

        sharpness = {trial: fit_sharpness(problems, target, predicted) for trial, predicted in predictions.items()}
        calibrated = {
            trial: apply_sharpness(problems, predicted, sharpness[trial]) for trial, predicted in predictions.items()
        }
        weights = select(calibrated, loss, fits, costs)
        mean = np.asarray(sum(share * calibrated[trial] for trial, share in weights.items()))
        final = fit_sharpness(problems, target, mean)
        outputs = apply_sharpness(problems, mean, final)
        return cls(
            weights=weights,
            sharpness={trial: sharpness[trial] for trial in weights},
            final=final,
            factors=fit_factors(problems, target, outputs, score, weight),
        )

    @classmethod
    def of_one(cls, problems: Sequence[Problem], trial: int) -> Self:
        """Return the combination of a single trial, as it is."""
        ones = tuple(1.0 for _ in problems)
        factors = tuple((1.0,) * problem.outputs for problem in problems)
        return cls(weights={trial: 1.0}, sharpness={trial: ones}, final=ones, factors=factors)

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

    def score(
        self,
        problems: Sequence[Problem],
        target: Floats,
        predictions: Mapping[int, Floats],
        score: Score,
        weight: Floats | None = None,
    ) -> float:
        """Return a metric of the combined predictions, or of the chosen classes where it judges those."""
        outputs = self.apply(problems, predictions)
        return score.mean(problems, target, self.judged(problems, outputs, score), weight)

    def judged(self, problems: Sequence[Problem], outputs: Floats, score: Score) -> Floats:
        """Return combined predictions as a metric judges them: the chosen class is the largest, where that counts."""
        return self.decide(problems, outputs) if score.labels else outputs

    def decide(self, problems: Sequence[Problem], outputs: Floats) -> Floats:
        """Return combined predictions times the factors of their classes: the largest is the chosen class."""
        return apply_factors(problems, outputs, self.factors)
