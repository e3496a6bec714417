"""Support vector machines (Cortes and Vapnik 1995) with a Gaussian kernel, with scikit-learn."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats, Singles
from ..core.parameters import Float, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError
from ._scaled import ScaledColumns, class_shares, dense
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_CHUNK_ROWS = 1000
_MOST_LEVELS = 30
_CACHE_MB = 200


@dataclass(frozen=True, kw_only=True)
class SvmModel:
    """A weighted sum of similarities to support vectors.

    Args:
        columns: Encodes the columns.
        vectors: The support vectors, shape `(vectors, encoded columns)`.
        coefficients: Their weights in each margin, shape `(vectors, margins)`; a margin for each pair of classes.
        offsets: Shape `(margins,)`.
        gamma: The sharpness of the kernel, `exp(-gamma * squared distance)`.
        slopes: Turn margins into numbers or log-odds, shape `(margins, sums)`.
        shifts: Shape `(sums,)`.
        outputs: The number of columns of a prediction.
        classes: The indices of the classes of the training rows; empty for numbers.
    """

    columns: ScaledColumns
    vectors: Singles
    coefficients: Floats
    offsets: Floats
    gamma: float
    slopes: Floats
    shifts: Floats
    outputs: int
    classes: tuple[int, ...] = ()

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        margins = _margins(self, dense(self.columns.transform(features)))
        sums = margins @ self.slopes + self.shifts
        return class_shares(sums, self.classes, self.outputs) if self.classes else sums

    def save(self, folder: Path) -> None:
        """Write it to a folder: arrays, and names as JSON."""
        self.columns.save(folder / "columns")
        arrays: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        np.savez(folder / "vectors.npz", **arrays)
        table = {"gamma": self.gamma, "outputs": self.outputs, "classes": list(self.classes)}
        (folder / "model.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: A file is damaged.
        """
        table = orjson.loads((folder / "model.json").read_bytes())
        columns = ScaledColumns.load(folder / "columns")
        with np.load(folder / "vectors.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
        if arrays["vectors"].shape != (len(arrays["coefficients"]), len(columns.names)):
            raise InputError(f"the files of a model must belong together, but those in {folder} differ in size.")
        return cls(columns=columns, **arrays, **{**table, "classes": tuple(table["classes"])})


_ARRAYS = ("vectors", "coefficients", "offsets", "slopes", "shifts")


class SvmFamily:
    """A smooth boundary with the widest margin."""

    profile: ClassVar = Profile(
        title="Support vector machine",
        purpose="strong on small tables of numbers with smooth targets",
        most_rows=10_000,
        most_columns=500,
        most_classes=20,
        train_cost="medium",
        predict_cost="medium",
        size="medium",
    )
    model: ClassVar = SvmModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.svm", "sklearn.linear_model", "scipy.sparse")
    space: ClassVar[Mapping[str, Parameter]] = {
        "penalty": Float(0.03, 100.0, log=True),
        "sharpness": Float(0.03, 10.0, log=True),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return the library's default, and a sharper kernel."""
        return [{"penalty": 1.0, "sharpness": 1.0}, {"penalty": 3.0, "sharpness": 3.0}]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return 0.01 + 2e-9 * rows**2 * (columns + 5)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> SvmModel:
        """Train on all rows; the probabilities of classes come from margins of rows that a machine has not seen."""
        columns = ScaledColumns.of(part.features, most_levels=_MOST_LEVELS)
        rows = dense(columns.transform(part.features))
        gamma = float(parameters["sharpness"]) / max(float(rows.shape[1] * rows.var()), 1e-9)
        penalty = float(parameters["penalty"])
        if not part.problem.is_classification:
            return _fit_numbers(columns, rows, part, penalty, gamma)
        everything = np.arange(len(rows))
        model = _fit_classes(columns, rows, part, everything, penalty, gamma)
        return _calibrated(model, rows, part, penalty)


def _fit_numbers(columns: ScaledColumns, rows: Singles, part: TrainingPart, penalty: float, gamma: float) -> SvmModel:
    """Return a machine for numbers."""
    from sklearn.svm import SVR

    center, spread = float(np.mean(part.target)), float(np.std(part.target))
    machine = SVR(C=penalty, gamma=gamma, cache_size=_CACHE_MB)
    machine.fit(rows, (part.target - center) / spread, sample_weight=part.weight)
    return SvmModel(
        columns=columns,
        vectors=rows[machine.support_],
        coefficients=np.ascontiguousarray(machine.dual_coef_.T),
        offsets=machine.intercept_,
        gamma=gamma,
        slopes=np.full((1, 1), spread),
        shifts=np.array([center]),
        outputs=1,
    )


def _fit_classes(
    columns: ScaledColumns, rows: Singles, part: TrainingPart, chosen: np.ndarray, penalty: float, gamma: float
) -> SvmModel:
    """Return a machine for classes, trained on chosen rows, whose sums are its margins."""
    from sklearn.svm import SVC

    machine = SVC(C=penalty, gamma=gamma, cache_size=_CACHE_MB)
    machine.fit(rows[chosen], part.target[chosen], sample_weight=None if part.weight is None else part.weight[chosen])
    margins = len(machine.intercept_)
    return SvmModel(
        columns=columns,
        vectors=rows[chosen][machine.support_],
        coefficients=_pairwise(machine.dual_coef_, machine.n_support_),
        offsets=machine.intercept_,
        gamma=gamma,
        slopes=np.eye(margins),
        shifts=np.zeros(margins),
        outputs=part.problem.outputs,
        classes=tuple(int(index) for index in machine.classes_),
    )


def _pairwise(coefficients: Floats, counts: np.ndarray) -> Floats:
    """Return the coefficients of each pair of classes from libsvm's form; shape `(vectors, pairs)`.

    Args:
        coefficients: Those of a vector against the other classes, shape `(classes - 1, vectors)`.
        counts: The vectors of each class, in whose order they come.
    """
    if len(counts) == 2:
        return np.ascontiguousarray(coefficients.T)
    ends = np.cumsum(counts)
    own = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    pairs = [(first, second) for first in range(len(counts)) for second in range(first + 1, len(counts))]
    table = np.zeros((coefficients.shape[1], len(pairs)))
    for pair, (first, second) in enumerate(pairs):
        table[own[first], pair] = coefficients[second - 1, own[first]]
        table[own[second], pair] = coefficients[first, own[second]]
    return table


def _calibrated(model: SvmModel, rows: Singles, part: TrainingPart, penalty: float) -> SvmModel:
    """Return a machine whose sums are log-odds (Platt 1999): each half is judged by a machine of the other half.

    Where a class has a single row the halves would differ in their classes, and the machine itself judges.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    margins = np.empty((len(rows), len(model.offsets)))
    if np.bincount(part.target.astype(int))[list(model.classes)].min() < 2:
        margins[:] = _margins(model, rows)
    else:
        for half, other in StratifiedKFold(2, shuffle=True, random_state=part.seed).split(rows, part.target):
            machine = _fit_classes(model.columns, rows, part, half, penalty, model.gamma)
            margins[other] = _margins(machine, rows[other])
    odds = LogisticRegression(max_iter=200).fit(margins, part.target, sample_weight=part.weight)
    return dataclasses.replace(model, slopes=np.ascontiguousarray(odds.coef_.T), shifts=odds.intercept_)


def _margins(model: SvmModel, rows: Singles) -> Floats:
    """Return the margins of rows, shape `(rows, margins)`."""
    from sklearn.metrics.pairwise import rbf_kernel

    chunks = (rows[start : start + _CHUNK_ROWS] for start in range(0, max(len(rows), 1), _CHUNK_ROWS))
    similar = [rbf_kernel(chunk, model.vectors, gamma=model.gamma) @ model.coefficients for chunk in chunks]
    return np.concatenate(similar) + model.offsets
