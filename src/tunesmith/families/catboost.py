"""Gradient boosting with CatBoost (Prokhorenkova et al. 2018), of the extra `boosters`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError, message_of
from ._boosting import MOST_ROUNDS, BoostingCosts, Rounds, boosting_seconds, patience
from ._codes import ColumnCodes, codes_of
from ._scaled import class_shares
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import catboost
    import pandas as pd

_LOSSES = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE"}
_COSTS = BoostingCosts(tree=3.3e-4, leaf=5e-6, row=3.7e-7, cell=5e-11, rounds=19, regression=2.1)
_LEAST_ROWS_TO_SAMPLE = 20


@dataclass(frozen=True, kw_only=True)
class CatboostModel:
    """A booster and the encoding of its columns.

    Args:
        codes: Encodes the columns; its categories are CatBoost's own.
        booster: The trained booster.
        outputs: The number of columns of a prediction.
    """

    codes: ColumnCodes
    booster: catboost.CatBoost
    outputs: int

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return int(self.booster.tree_count_)

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        sums = self.booster.predict(_pool(self.codes, features), prediction_type="RawFormulaVal", thread_count=1)
        sums = np.asarray(sums, dtype=np.float64).reshape(len(features), -1)
        return sums if self.outputs == 1 else class_shares(sums, range(self.outputs), self.outputs)

    def save(self, folder: Path) -> None:
        """Write it to a folder: CatBoost's own format, and the encoding as JSON."""
        self.booster.save_model(str(folder / "booster.cbm"))
        self.codes.save(folder, outputs=self.outputs)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: The file is damaged.
        """
        import catboost

        codes, facts = ColumnCodes.load(folder)
        booster, path = catboost.CatBoost(), folder / "booster.cbm"
        try:
            booster.load_model(str(path), format="cbm")
        except catboost.CatBoostError as error:
            raise InputError(f"a model must be readable, but {path} is not: {message_of(error)}") from None
        return cls(codes=codes, booster=booster, outputs=facts["outputs"])


class CatboostFamily:
    """Boosted symmetric trees, with an encoding of categories by the target of the rows before."""

    profile: ClassVar = Profile(
        title="CatBoost",
        purpose="often the most accurate single model, above all with categories; slow to train with many classes",
        train_cost="medium",
        modules=("catboost",),
        extra="boosters",
    )
    model: ClassVar = CatboostModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("catboost",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "learning_rate": Float(0.01, 0.2, log=True),
        "depth": Int(3, 10),
        "l2_leaf_reg": Float(1e-5, 30.0, log=True),
        "random_strength": Float(0.0, 3.0),
        "subsample": Float(0.5, 1.0),
        "leaf_estimation_iterations": Int(1, 20, log=True),
        "one_hot_max_size": Int(2, 50, log=True),
        "boosting_type": Choice(["Plain", "Ordered"], weights=[0.9, 0.1]),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return the tuned defaults of RealMLP's authors (Holzmüller et al. 2024), a tame and a shallow one.

        Their defaults for classes serve numbers as well as those for numbers, in a third of the time (measured). With
        several classes every round grows a tree for each, so that shallow trees come first. Beside the defaults they
        took a third of the time, and their loss was smaller on three of four tables (measured).
        """
        common = {"one_hot_max_size": 15, "boosting_type": "Plain", "leaf_estimation_iterations": 1}
        tuned = {"learning_rate": 0.08, "depth": 7, "l2_leaf_reg": 1e-5, "random_strength": 0.8, "subsample": 0.9}
        tame = {"learning_rate": 0.1, "depth": 6, "l2_leaf_reg": 3.0, "random_strength": 1.0, "subsample": 0.8}
        choices = [tuned, tame, tame | {"learning_rate": 0.15, "depth": 5}]
        if problem.kind == "multiclass":
            flat = tuned | {"learning_rate": 0.12, "depth": 5, "l2_leaf_reg": 0.03}
            choices = [flat, tuned, flat | {"depth": 4}]
        return [common | choice for choice in choices]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return boosting_seconds(
            problem,
            rows=rows,
            cells=rows * columns,
            leaves=2.0 ** int(parameters["depth"]),
            learning_rate=float(parameters["learning_rate"]),
            costs=dataclasses.replace(_COSTS, most_rounds=_most_rounds(parameters)),
        )

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> CatboostModel:
        """Train until the validation rows no longer improve, or for the rounds that the part names."""
        import catboost

        codes = ColumnCodes.of(part.features)
        classes = {"classes_count": part.problem.outputs} if part.problem.kind == "multiclass" else {}
        sampled: dict[str, Any] = {**parameters, "bootstrap_type": "Bernoulli"}
        if len(part.target) < _LEAST_ROWS_TO_SAMPLE:
            sampled["bootstrap_type"] = "No"
            del sampled["subsample"]
        booster = catboost.CatBoost(
            {
                **sampled,
                "loss_function": _LOSSES[part.problem.kind],
                "iterations": part.rounds or _most_rounds(parameters),
                "random_seed": part.seed,
                "thread_count": part.threads,
                "allow_writing_files": False,
                "logging_level": "Silent",
                "use_best_model": part.rounds is None,
                **classes,
            }
        )
        rounds = Rounds(patience(len(part.target), float(parameters["learning_rate"])), part.deadline, part.rounds)
        features, target = part.validation
        booster.fit(
            _pool(codes, part.features, part.target, part.weight),
            eval_set=None if part.rounds else _pool(codes, features, target),
            callbacks=[_Stop(rounds)],
        )
        return CatboostModel(codes=codes, booster=booster, outputs=part.problem.outputs)


def _most_rounds(parameters: Mapping[str, Value]) -> int:
    return min(MOST_ROUNDS, round(80 / float(parameters["learning_rate"])))


@dataclass(frozen=True)
class _Stop:
    """A callback that ends the training."""

    rounds: Rounds

    def after_iteration(self, info: Any) -> bool:
        """Return whether to go on."""
        losses = info.metrics.get("validation", {}).values()
        return not self.rounds.is_over(info.iteration - 1, *(values[-1] for values in losses))


def _pool(
    codes: ColumnCodes, features: pd.DataFrame, target: Floats | None = None, weight: Floats | None = None
) -> catboost.Pool:
    """Return rows in CatBoost's own form: categories as whole numbers, -1 where missing."""
    import catboost
    import pandas as pd

    encoded = codes.transform(features)
    columns: dict[str, Any] = {str(index): encoded[:, index] for index in range(len(codes.columns))}
    categorical = [str(index) for index in codes.categorical]
    for index in codes.categorical:
        name = codes.columns[index]
        columns[str(index)] = codes_of(features[name], codes.categories[name]).astype(np.int32)
    return catboost.Pool(pd.DataFrame(columns), label=target, weight=weight, cat_features=categorical)
