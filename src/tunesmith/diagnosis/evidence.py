"""Predictions of rows that the models were not trained on, beside the truth: what every diagnosis rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from ..core.arrays import Floats, Indices
from ..data.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

_LEAST_PROBABILITY = 1e-15


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Rows of one problem with their out-of-fold predictions.

    Args:
        problem: What is predicted.
        features: The columns as the schema reads them.
        target: Encoded, shape `(rows,)`.
        predictions: Probabilities of the classes, or numbers; shape `(rows, outputs)`.
        rows: The number of each row in the training table, shape `(rows,)`.
        chances: The predictions times the factors that decide which class is chosen; None for the predictions.
    """

    problem: Problem
    features: pd.DataFrame
    target: Floats
    predictions: Floats
    rows: Indices
    chances: Floats | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    @property
    def loss_name(self) -> str:
        """The name of what `level` returns."""
        return "log loss" if self.problem.is_classification else "RMSE"

    @property
    def labels(self) -> Indices:
        """The index of each row's class, shape `(rows,)`."""
        return self.target.astype(np.intp)

    @cached_property
    def probabilities(self) -> Floats:
        """The predicted probabilities, none of them 0 and each row with the sum 1; shape `(rows, classes)`."""
        clipped = np.clip(self.predictions, _LEAST_PROBABILITY, None)
        return np.asarray(clipped / clipped.sum(axis=1, keepdims=True))

    @property
    def chosen(self) -> Indices:
        """The index of the class that is chosen for each row, shape `(rows,)`."""
        return np.asarray((self.predictions if self.chances is None else self.chances).argmax(axis=1))

    @cached_property
    def residuals(self) -> Floats:
        """The truth less the prediction: of the number, of the positive class, or of each class; `(rows, columns)`."""
        if self.problem.kind == "regression":
            return self.target[:, None] - self.predictions[:, :1]
        truth = np.eye(len(self.problem.classes))[self.labels]
        difference = truth - self.probabilities
        return difference[:, 1:] if self.problem.kind == "binary" else difference

    @cached_property
    def losses(self) -> Floats:
        """The log loss or the squared error of each row, shape `(rows,)`."""
        if self.problem.is_classification:
            return -np.log(self.probabilities[np.arange(len(self)), self.labels])
        return np.square(self.residuals[:, 0])

    @cached_property
    def expected_losses(self) -> Floats | None:
        """The log loss that the probabilities themselves expect (their entropy), shape `(rows,)`; None for numbers."""
        if not self.problem.is_classification:
            return None
        return np.asarray(-(self.probabilities * np.log(self.probabilities)).sum(axis=1))

    def level(self, losses: Floats) -> float:
        """Return the log loss or the RMSE of rows with these losses."""
        mean = float(np.mean(losses))
        return mean if self.problem.is_classification else float(np.sqrt(mean))

    def sample(self, most: int, *, seed: int = 0) -> Self:
        """Return at most so many of the rows, in their order, drawn at random."""
        if len(self) <= most:
            return self
        kept = np.sort(np.random.default_rng(seed).permutation(len(self))[:most])
        return type(self)(
            problem=self.problem,
            features=self.features.iloc[kept],
            target=self.target[kept],
            predictions=self.predictions[kept],
            rows=self.rows[kept],
            chances=None if self.chances is None else self.chances[kept],
        )
