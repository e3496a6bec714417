"""Gradient boosting with LightGBM."""

from __future__ import annotations

import os
import time
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
from ._codes import ColumnCodes
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import lightgbm
    import pandas as pd

_MOST_ROUNDS = 5000
_OBJECTIVES = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}


@dataclass(frozen=True, kw_only=True)
class LightgbmModel:
    """A booster and the encoding of its columns.

    Args:
        codes: Encodes the columns.
        booster: The trained booster.
        outputs: The number of columns of a prediction.
    """

    codes: ColumnCodes
    booster: lightgbm.Booster
    outputs: int

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        raw = np.asarray(self.booster.predict(self.codes.transform(features), num_threads=_threads()), dtype=np.float64)
        if self.outputs == 2:
            return np.column_stack([1 - raw, raw])
        return raw.reshape(len(features), -1)

    def save(self, folder: Path) -> None:
        """Write it to a folder: LightGBM's own text format, and the encoding as JSON."""
        self.booster.save_model(folder / "booster.txt")
        (folder / "codes.json").write_bytes(orjson.dumps({**self.codes.to_table(), "outputs": self.outputs}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        import lightgbm

        table = orjson.loads((folder / "codes.json").read_bytes())
        outputs = table.pop("outputs")
        booster = lightgbm.Booster(model_file=folder / "booster.txt")
        return cls(codes=ColumnCodes(**table), booster=booster, outputs=outputs)


class LightgbmFamily:
    """Boosted trees, grown leaf by leaf; early stopping decides the number of rounds."""

    profile: ClassVar = Profile(title="LightGBM", purpose="strong on most tables, fast, takes missing values")
    model: ClassVar = LightgbmModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("lightgbm",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "learning_rate": Float(0.01, 0.2, log=True),
        "num_leaves": Int(4, 255, log=True),
        "min_data_in_leaf": Int(2, 100, log=True),
        "feature_fraction": Float(0.3, 1.0),
        "bagging_fraction": Float(0.5, 1.0),
        "lambda_l1": Float(1e-4, 10.0, log=True),
        "lambda_l2": Float(1e-4, 10.0, log=True),
        "extra_trees": Choice([False, True]),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return AutoGluon's default and the third of its portfolio of 2025 for CPUs, and small trees."""
        usual: dict[str, Any] = {
            "learning_rate": 0.05,
            "num_leaves": 31,
            "min_data_in_leaf": 20,
            "feature_fraction": 1.0,
            "bagging_fraction": 1.0,
            "lambda_l1": 1e-4,
            "lambda_l2": 1e-4,
            "extra_trees": False,
        }
        random_cuts = {
            "learning_rate": 0.0179,
            "num_leaves": 39,
            "min_data_in_leaf": 3,
            "feature_fraction": 0.462,
            "bagging_fraction": 0.877,
            "lambda_l1": 0.24,
            "lambda_l2": 0.36,
            "extra_trees": True,
        }
        return [usual, random_cuts, usual | {"num_leaves": 7, "learning_rate": 0.1}]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        rounds = 15 / float(parameters["learning_rate"])
        trees = problem.outputs if problem.kind == "multiclass" else 1
        return 1e-8 * rounds * trees * (rows * columns + 3e4 * float(parameters["num_leaves"]))

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> LightgbmModel:
        """Train until the validation rows no longer improve."""
        import lightgbm

        codes = ColumnCodes.of(part.features)
        options = {
            **parameters,
            "objective": _OBJECTIVES[part.problem.kind],
            "seed": part.seed,
            "num_threads": part.threads,
            "verbosity": -1,
            "deterministic": True,
            "force_col_wise": True,
            "bagging_freq": int(parameters["bagging_fraction"] < 1),
            "feature_pre_filter": False,
        }
        if part.problem.kind == "multiclass":
            options["num_class"] = part.problem.outputs
        training = lightgbm.Dataset(
            codes.transform(part.features),
            part.target,
            weight=part.weight,
            categorical_feature=codes.categorical,
            free_raw_data=True,
        )
        features, target = part.validation
        validation = training.create_valid(codes.transform(features), target)
        patience = max(20, min(300, 300 * 10_000 // len(part.target)))
        booster = lightgbm.train(
            options,
            training,
            num_boost_round=_MOST_ROUNDS,
            valid_sets=[validation],
            callbacks=[lightgbm.early_stopping(patience, verbose=False), _until(part.deadline)],
        )
        return LightgbmModel(codes=codes, booster=booster, outputs=part.problem.outputs)


def _until(deadline: float | None) -> Any:
    """Return a callback that stops the training when its time is over."""
    import lightgbm

    def stop(environment: Any) -> None:
        if deadline is not None and time.monotonic() > deadline:
            raise lightgbm.callback.EarlyStopException(environment.iteration, environment.evaluation_result_list)

    return stop


def _threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS") or 0)
