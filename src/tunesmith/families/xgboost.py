"""Gradient boosting with XGBoost (Chen and Guestrin 2016), of the extra `boosters`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from ..core.parameters import Float, Int, Parameter
from ..core.tree_files import check_xgboost
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError, message_of
from ._boosting import MOST_ROUNDS, BoostingCosts, Rounds, boosting_seconds, patience
from ._codes import ColumnCodes
from ._scaled import class_shares
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd
    import xgboost

_OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}
_COSTS = BoostingCosts(tree=2.3e-4, leaf=7e-7, row=1.3e-7, cell=1.7e-10, rounds=5.7, regression=7.6)


@dataclass(frozen=True, kw_only=True)
class XgboostModel:
    """A booster and the encoding of its columns.

    Args:
        codes: Encodes the columns.
        booster: The trained booster.
        outputs: The number of columns of a prediction.
    """

    codes: ColumnCodes
    booster: xgboost.Booster
    outputs: int

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return int(self.booster.num_boosted_rounds())

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        self.booster.set_param({"nthread": 1})
        sums = self.booster.predict(_matrix(self.codes, features, 1), output_margin=True)
        sums = np.asarray(sums, dtype=np.float64).reshape(len(features), -1)
        return sums if self.outputs == 1 else class_shares(sums, range(self.outputs), self.outputs)

    def save(self, folder: Path) -> None:
        """Write it to a folder: XGBoost's own binary JSON, and the encoding as JSON."""
        self.booster.save_model(folder / "booster.ubj")
        self.codes.save(folder, outputs=self.outputs)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: The file is damaged.
        """
        import xgboost

        codes, facts = ColumnCodes.load(folder)
        outputs, path = facts["outputs"], folder / "booster.ubj"
        try:
            booster = xgboost.Booster(model_file=path)
        except xgboost.core.XGBoostError as error:
            raise InputError(f"a model must be readable, but {path} is not: {message_of(error)}") from None
        learner = orjson.loads(bytes(booster.save_raw("json")))["learner"]
        check_xgboost(learner, len(codes.columns), outputs if outputs > 2 else 1)
        return cls(codes=codes, booster=booster, outputs=outputs)


class XgboostFamily:
    """Boosted trees, grown level by level; early stopping decides the number of rounds."""

    profile: ClassVar = Profile(
        title="XGBoost",
        purpose="strong on most tables, and different enough from LightGBM to add to it",
        modules=("xgboost",),
        extra="boosters",
    )
    model: ClassVar = XgboostModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("xgboost",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "learning_rate": Float(0.01, 0.2, log=True),
        "max_depth": Int(3, 12),
        "min_child_weight": Float(1e-6, 100.0, log=True),
        "subsample": Float(0.5, 1.0),
        "colsample_bylevel": Float(0.3, 1.0),
        "reg_alpha": Float(1e-6, 10.0, log=True),
        "reg_lambda": Float(1e-6, 10.0, log=True),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return the tuned defaults of RealMLP's authors (Holzmüller et al. 2024), a tame and a deep configuration."""
        common: dict[str, Value] = {"reg_alpha": 1e-6}
        tame = {"learning_rate": 0.05, "max_depth": 4, "min_child_weight": 1.0, "subsample": 0.8, "reg_lambda": 1.0}
        deep = {"learning_rate": 0.05, "max_depth": 11, "min_child_weight": 1.0, "subsample": 0.8, "reg_lambda": 1.0}
        if problem.is_classification:
            first = {"learning_rate": 0.08, "max_depth": 6, "min_child_weight": 5e-6, "subsample": 0.65}
            shares = [0.9, 0.7, 0.7]
        else:
            first = {"learning_rate": 0.05, "max_depth": 9, "min_child_weight": 2.0, "subsample": 0.7}
            shares = [1.0, 0.7, 0.7]
        first = {**first, "reg_lambda": 1e-6}
        return [
            {**common, **configuration, "colsample_bylevel": share}
            for configuration, share in zip((first, tame, deep), shares, strict=True)
        ]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        least = max(1.0, float(parameters["min_child_weight"]))
        return boosting_seconds(
            problem,
            rows=rows,
            cells=rows * columns * float(parameters["colsample_bylevel"]),
            leaves=min(2.0 ** int(parameters["max_depth"]), max(2.0, rows / least / 4)),
            learning_rate=float(parameters["learning_rate"]),
            costs=_COSTS,
        )

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> XgboostModel:
        """Train until the validation rows no longer improve, or for the rounds that the part names."""
        import xgboost

        codes = ColumnCodes.of(part.features)
        features, target = part.validation
        training = _matrix(codes, part.features, part.threads, part.target, part.weight)
        held_out = [] if part.rounds else [(_matrix(codes, features, part.threads, target), "validation")]
        rounds = Rounds(patience(len(part.target), float(parameters["learning_rate"])), part.deadline, part.rounds)

        class Stop(xgboost.callback.TrainingCallback):
            """Ends the training."""

            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
                return rounds.is_over(epoch, *(losses[-1] for log in evals_log.values() for losses in log.values()))

        classes = {"num_class": part.problem.outputs} if part.problem.kind == "multiclass" else {}
        booster = xgboost.train(
            {
                **parameters,
                "objective": _OBJECTIVES[part.problem.kind],
                "tree_method": "hist",
                "seed": part.seed,
                "nthread": part.threads,
                "verbosity": 0,
                **classes,
            },
            training,
            num_boost_round=part.rounds or MOST_ROUNDS,
            evals=held_out,
            callbacks=[Stop()],
            verbose_eval=False,
        )
        return XgboostModel(codes=codes, booster=booster[: rounds.best + 1], outputs=part.problem.outputs)


def _matrix(
    codes: ColumnCodes,
    features: pd.DataFrame,
    threads: int,
    target: Floats | None = None,
    weight: Floats | None = None,
) -> xgboost.DMatrix:
    """Return rows in XGBoost's own form."""
    import xgboost

    sets = set(codes.unordered())
    return xgboost.DMatrix(
        codes.transform(features),
        label=target,
        weight=weight,
        feature_types=["c" if index in sets else "q" for index in range(len(codes.columns))],
        enable_categorical=True,
        nthread=threads,
    )
