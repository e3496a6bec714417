"""Linear models with scikit-learn: logistic regression, ridge and elastic net."""

from __future__ import annotations

import time
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
from ..errors import InputError
from ._scaled import ScaledColumns, class_shares
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_ROUNDS = 300
_ROUNDS_PER_BATCH = 30


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """A weighted sum of scaled columns for each output.

    Args:
        columns: Encodes the columns.
        weights: Shape `(encoded columns, sums)`; for two classes one sum.
        offsets: Shape `(sums,)`.
        outputs: The number of columns of a prediction.
        classes: The indices of the classes of the training rows; empty for numbers.
    """

    columns: ScaledColumns
    weights: Floats
    offsets: Floats
    outputs: int
    classes: tuple[int, ...] = ()

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        sums = np.asarray(self.columns.transform(features) @ self.weights + self.offsets, dtype=np.float64)
        return sums if not self.classes else class_shares(sums, self.classes, self.outputs)

    def save(self, folder: Path) -> None:
        """Write it to a folder: arrays, and names as JSON."""
        self.columns.save(folder / "columns")
        np.savez(folder / "weights.npz", weights=self.weights, offsets=self.offsets)
        (folder / "model.json").write_bytes(orjson.dumps({"outputs": self.outputs, "classes": list(self.classes)}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: A file is damaged.
        """
        table = orjson.loads((folder / "model.json").read_bytes())
        columns = ScaledColumns.load(folder / "columns")
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            weights, offsets = stored["weights"], stored["offsets"]
        if weights.shape != (len(columns.names), len(offsets)):
            raise InputError(f"the files of a model must belong together, but those in {folder} differ in size.")
        return cls(
            columns=columns,
            weights=weights,
            offsets=offsets,
            outputs=table["outputs"],
            classes=tuple(table["classes"]),
        )


class LinearFamily:
    """A weight for each number and each frequent category."""

    profile: ClassVar = Profile(
        title="Linear",
        purpose="fast and small, and the weights can be read; strong where effects add up, and on few rows",
        interpretable=True,
    )
    model: ClassVar = LinearModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("sklearn.linear_model", "scipy.sparse", "scipy.special")
    space: ClassVar[Mapping[str, Parameter]] = {
        "strength": Float(1e-3, 1000.0, log=True),
        "min_frequency": Int(1, 50, log=True),
        "penalty": Choice(["squares", "both", "absolute"]),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return a weak and a strong penalty of squares, and one that leaves columns out."""
        return [
            {"strength": 1.0, "min_frequency": 5, "penalty": "squares"},
            {"strength": 30.0, "min_frequency": 10, "penalty": "squares"},
            {"strength": 3.0, "min_frequency": 10, "penalty": "absolute"},
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        sums = problem.outputs if problem.kind == "multiclass" else 1
        slow = problem.is_classification and parameters["penalty"] != "squares"
        per_cell = 3e-6 if slow else 1e-7
        return 0.01 + per_cell * rows * columns * sums

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> LinearModel:
        """Train until the weights settle or the time is over."""
        columns = ScaledColumns.of(part.features, least_rows=int(parameters["min_frequency"]))
        scaled = columns.transform(part.features)
        fit = _fit_classes if part.problem.is_classification else _fit_numbers
        model = fit(scaled, part, float(parameters["strength"]), _SHARES[str(parameters["penalty"])])
        weights = np.atleast_2d(model.coef_).T.astype(np.float64)
        return LinearModel(
            columns=columns,
            weights=np.ascontiguousarray(weights),
            offsets=np.atleast_1d(model.intercept_).astype(np.float64),
            outputs=part.problem.outputs,
            classes=tuple(int(index) for index in getattr(model, "classes_", ())),
        )


_SHARES = {"squares": 0.0, "both": 0.5, "absolute": 1.0}


def _fit_classes(scaled: Any, part: TrainingPart, strength: float, share: float) -> Any:
    """Return a logistic regression, trained in batches of rounds until it settles or its time is over."""
    from sklearn.linear_model import LogisticRegression

    solver = {"solver": "saga", **_elastic_net(share)} if share else {}
    model = LogisticRegression(
        C=1 / strength, max_iter=_ROUNDS_PER_BATCH, tol=1e-3, warm_start=True, random_state=part.seed, **solver
    )
    for _ in range(_ROUNDS // _ROUNDS_PER_BATCH):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # That it has not settled yet.
            model.fit(scaled, part.target.astype(int), sample_weight=part.weight)
        late = part.deadline is not None and time.monotonic() > part.deadline
        if late or model.n_iter_.max() < _ROUNDS_PER_BATCH:
            break
    return model


def _fit_numbers(scaled: Any, part: TrainingPart, strength: float, share: float) -> Any:
    """Return a ridge regression or an elastic net."""
    from sklearn.linear_model import ElasticNet, Ridge

    if not share:
        return Ridge(alpha=strength, random_state=part.seed).fit(scaled, part.target, sample_weight=part.weight)
    spread = float(np.std(part.target)) or 1.0
    model = ElasticNet(alpha=strength * spread / len(part.target), l1_ratio=share, random_state=part.seed, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(scaled, part.target, sample_weight=part.weight)


def _elastic_net(share: float) -> dict[str, Any]:
    """Return the options of a penalty, which scikit-learn 1.8 renamed."""
    import sklearn

    renamed = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)
    return {"l1_ratio": share} if renamed else {"l1_ratio": share, "penalty": "elasticnet"}
