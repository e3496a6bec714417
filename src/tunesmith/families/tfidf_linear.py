"""A linear model of words, characters, numbers and categories, with scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ._sparse import SparseColumns
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_MOST_TERMS = 100_000
_MOST_WEIGHTS = 5_000_000  # Of all classes together.
_CALIBRATION_FOLDS = 3


@dataclass(frozen=True, kw_only=True)
class TfidfLinearModel:
    """A weight for each term, category and number.

    Args:
        columns: Encodes the columns.
        weights: Shape `(outputs, encoded columns)`.
        bias: Shape `(outputs,)`; minus infinity for a class that was not in the training rows.
        classes: Whether the outputs are logarithms of the odds of classes, and no numbers.
    """

    columns: SparseColumns
    weights: np.ndarray
    bias: Floats
    classes: bool

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        from scipy.special import softmax

        outputs = np.asarray(self.columns.transform(features) @ self.weights.T) + self.bias
        return np.asarray(softmax(outputs, axis=1) if self.classes else outputs)

    def save(self, folder: Path) -> None:
        """Write it to a folder: the terms as JSON, and the numbers as arrays."""
        arrays: dict[str, Any] = {"weights": self.weights, "bias": self.bias, **self.columns.arrays()}
        np.savez_compressed(folder / "weights.npz", **arrays)
        table = {"columns": self.columns.to_table(), "classes": self.classes}
        (folder / "columns.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        table = orjson.loads((folder / "columns.json").read_bytes())
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        columns = SparseColumns.from_table(table["columns"], arrays)
        return cls(columns=columns, weights=arrays["weights"], bias=arrays["bias"], classes=table["classes"])


class TfidfLinearFamily:
    """TF-IDF of words and characters; logistic regression or ridge, or a linear support vector machine."""

    profile: ClassVar = Profile(
        title="Words, linear",
        purpose="text: fast, strong on long texts, and the weight of each word can be read",
        interpretable=True,
        text_only=True,
    )
    model: ClassVar = TfidfLinearModel
    takes_text: ClassVar = True
    libraries: ClassVar[Sequence[str]] = ("sklearn.feature_extraction.text", "sklearn.linear_model", "sklearn.svm")
    space: ClassVar[Mapping[str, Parameter]] = {
        "method": Choice(["regression", "svm"]),
        "strength": Float(1e-2, 100.0, log=True),
        "words": Int(1, 3),
        "characters": Choice([False, True]),
        "min_rows": Int(1, 10, log=True),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return single words, which take a fifth of the time of pairs; then pairs, with characters, and a machine."""
        words: dict[str, Value] = {
            "method": "regression",
            "strength": 0.3,
            "words": 1,
            "characters": False,
            "min_rows": 2,
        }
        pairs = words | {"strength": 0.03, "words": 2}
        return [
            words,
            pairs,
            pairs | {"characters": True},
            pairs | {"method": "svm", "strength": 1.0, "characters": True},
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit, for texts of some hundred characters."""
        reading = rows * (2.5e-5 * int(parameters["words"]) ** 2 + 3.5e-4 * bool(parameters["characters"]))
        return 0.1 + reading * (1 + 0.5 * problem.outputs)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> TfidfLinearModel:
        """Train on all columns; a support vector machine is calibrated by cross-validation within the rows."""
        from sklearn.exceptions import ConvergenceWarning

        columns = SparseColumns.of(
            part.features,
            words=int(parameters["words"]),
            characters=bool(parameters["characters"]),
            min_rows=int(parameters["min_rows"]) if len(part.target) > 100 else 1,
            most_terms=min(_MOST_TERMS, _MOST_WEIGHTS // part.problem.outputs),
        )
        encoded = columns.transform(part.features)
        train = _train_classes if part.problem.is_classification else _train_numbers
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the weights are good enough then
            weights, bias = train(
                encoded, part, svm=parameters["method"] == "svm", strength=float(parameters["strength"])
            )
        return TfidfLinearModel(
            columns=columns, weights=weights.astype(np.float32), bias=bias, classes=part.problem.is_classification
        )


def _train_numbers(encoded: Any, part: TrainingPart, *, svm: bool, strength: float) -> tuple[Floats, Floats]:
    """Return the weights and the bias of a regression; shapes `(1, columns)` and `(1,)`."""
    from sklearn.linear_model import Ridge
    from sklearn.svm import LinearSVR

    center, scale = float(part.target.mean()), float(part.target.std()) or 1.0
    machine = LinearSVR(C=1 / strength, epsilon=0.1, tol=1e-2, max_iter=300, random_state=part.seed)
    model: Any = machine if svm else Ridge(alpha=strength)
    model.fit(encoded, (part.target - center) / scale, sample_weight=part.weight)
    return scale * model.coef_.reshape(1, -1), np.atleast_1d(center + scale * np.ravel(model.intercept_)[0])


def _train_classes(encoded: Any, part: TrainingPart, *, svm: bool, strength: float) -> tuple[Floats, Floats]:
    """Return the weights and the bias of a classification; shapes `(outputs, columns)` and `(outputs,)`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    present, counts = np.unique(part.target.astype(int), return_counts=True)
    weights = np.zeros((part.problem.outputs, encoded.shape[1]))
    bias = np.full(part.problem.outputs, -np.inf)
    bias[present] = 0.0
    if len(present) == 1:
        return weights, bias
    if svm and counts.min() >= _CALIBRATION_FOLDS:
        machine = LinearSVC(C=1 / strength, tol=1e-2, max_iter=100, random_state=part.seed)
        slopes, offsets = _calibrated(machine, encoded, part)
    else:
        model = LogisticRegression(C=1 / strength, max_iter=200).fit(encoded, part.target, sample_weight=part.weight)
        slopes, offsets = model.coef_, model.intercept_
    if len(present) == 2:  # one row for the second class, against the first
        slopes, offsets = np.vstack([np.zeros_like(slopes), slopes]), np.concatenate([[0.0], offsets])
    weights[present], bias[present] = slopes, offsets
    return weights, bias


def _calibrated(machine: Any, encoded: Any, part: TrainingPart) -> tuple[Floats, Floats]:
    """Return weights and bias of a support vector machine whose outputs are logarithms of odds.

    A logistic regression on its out-of-fold decisions (Platt 1999) is linear in them, so that both are one linear map.
    """
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    weight = np.ones(len(part.target)) if part.weight is None else part.weight
    splits = StratifiedKFold(_CALIBRATION_FOLDS, shuffle=True, random_state=part.seed)
    decisions: dict[int, Floats] = {}
    for train, held_out in splits.split(np.zeros(len(weight)), part.target):
        fitted = clone(machine).fit(encoded[train], part.target[train], sample_weight=weight[train])
        outputs = fitted.decision_function(encoded[held_out]).reshape(len(held_out), -1)
        decisions.update(zip(held_out.tolist(), outputs, strict=True))
    ordered = np.stack([decisions[row] for row in range(len(weight))])
    calibration = LogisticRegression(C=10.0, max_iter=500).fit(ordered, part.target, sample_weight=weight)
    machine.fit(encoded, part.target, sample_weight=weight)
    slopes = calibration.coef_ @ machine.coef_
    return slopes, calibration.coef_ @ machine.intercept_ + calibration.intercept_
