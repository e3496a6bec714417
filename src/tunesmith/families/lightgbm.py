"""Gradient boosting with LightGBM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..core.arrays import Floats
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.tree_files import checked_lightgbm
from ..core.trial import Value
from ..data.problem import Problem
from ._boosting import MOST_ROUNDS, BoostingCosts, Rounds, boosting_seconds, patience
from ._codes import ColumnCodes
from ._scaled import class_shares
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import lightgbm
    import pandas as pd

_TREES_AT_ONCE = 100
_COSTS = BoostingCosts(tree=1e-4, leaf=3e-6, row=5.6e-8, cell=5.6e-10, rounds=10, regression=2.6)


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

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return int(self.booster.current_iteration())

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        encoded = self.codes.transform(features)
        rounds = self.rounds
        # A part of the rounds at a time: row after row LightGBM walks all trees, which should stay in the cache.
        at_once = max(1, _TREES_AT_ONCE // self.booster.num_model_per_iteration()) if len(encoded) > 1 else rounds
        sums = np.zeros((len(encoded), self.booster.num_model_per_iteration()))
        for start in range(0, rounds, at_once):
            part = self.booster.predict(
                encoded, start_iteration=start, num_iteration=at_once, raw_score=True, num_threads=1
            )
            sums += np.asarray(part).reshape(sums.shape)
        return sums if self.outputs == 1 else class_shares(sums, range(self.outputs), self.outputs)

    def save(self, folder: Path) -> None:
        """Write it to a folder: LightGBM's own text format, and the encoding as JSON."""
        self.booster.save_model(folder / "booster.txt")
        self.codes.save(folder, outputs=self.outputs)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: The file is damaged.
        """
        import lightgbm

        codes, facts = ColumnCodes.load(folder)
        outputs = facts["outputs"]
        text = checked_lightgbm((folder / "booster.txt").read_text(), len(codes.columns), outputs if outputs > 2 else 1)
        return cls(codes=codes, booster=lightgbm.Booster(model_str=text), outputs=outputs)


class LightgbmFamily:
    """Boosted trees, grown leaf by leaf; early stopping decides the number of rounds."""

    profile: ClassVar = Profile(
        title="LightGBM",
        purpose="strong on most tables, fast to train and to predict, takes missing values and categories",
    )
    model: ClassVar = LightgbmModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ("lightgbm",)
    space: ClassVar[Mapping[str, Parameter]] = {
        "learning_rate": Float(0.01, 0.2, log=True),
        "num_leaves": Int(4, 255, log=True),
        "min_data_in_leaf": Int(1, 100, log=True),
        "feature_fraction": Float(0.3, 1.0),
        "bagging_fraction": Float(0.5, 1.0),
        "lambda_l1": Float(1e-4, 10.0, log=True),
        "lambda_l2": Float(1e-4, 10.0, log=True),
        "extra_trees": Choice([False, True]),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return small trees, trees of few columns each, AutoGluon's default, deep trees, and random cuts.

        The last is the third of AutoGluon's portfolio of 2025 for CPUs, but learns faster here: it is as good
        (measured), and predicts in half of the time.
        """
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
            "learning_rate": 0.04,
            "num_leaves": 39,
            "min_data_in_leaf": 3,
            "feature_fraction": 0.462,
            "bagging_fraction": 0.877,
            "lambda_l1": 0.24,
            "lambda_l2": 0.36,
            "extra_trees": True,
        }
        wide = {
            "num_leaves": 63,
            "min_data_in_leaf": 10,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.8,
        }
        deep = {"num_leaves": 255, "min_data_in_leaf": 2, "feature_fraction": 0.8, "bagging_fraction": 0.8}
        small = {"num_leaves": 7, "learning_rate": 0.1}
        return [usual | small, usual | wide, usual, usual | deep, random_cuts]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return lightgbm_seconds(rows, columns, problem, parameters)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> LightgbmModel:
        """Train until the validation rows no longer improve."""
        options = {**parameters, "bagging_freq": int(parameters["bagging_fraction"] < 1)}
        return train_lightgbm(part, options)


def train_lightgbm(part: TrainingPart, options: Mapping[str, Any]) -> LightgbmModel:
    """Return a model with LightGBM's own options, trained until the validation rows no longer improve.

    If the part gives the number of rounds, exactly that many are trained.
    """
    import lightgbm

    codes = ColumnCodes.of(part.features)
    training = lightgbm.Dataset(
        codes.transform(part.features),
        part.target,
        weight=part.weight,
        categorical_feature=codes.unordered(),
        free_raw_data=True,
    )
    features, target = part.validation
    held_out = [] if part.rounds else [training.create_valid(codes.transform(features), target)]
    rounds = Rounds(patience(len(part.target), float(options["learning_rate"])), part.deadline, part.rounds)

    def stop(environment: Any) -> None:
        result = environment.evaluation_result_list
        if rounds.is_over(environment.iteration, *(entry[2] for entry in result[:1])):
            raise lightgbm.callback.EarlyStopException(rounds.best, result)

    booster = lightgbm.train(
        {**_fixed_options(part), **options},
        training,
        num_boost_round=part.rounds or MOST_ROUNDS,
        valid_sets=held_out,
        callbacks=[stop],
    )
    # As text, which is what is kept, and without the rounds after the best.
    kept = lightgbm.Booster(model_str=booster.model_to_string())
    return LightgbmModel(codes=codes, booster=kept, outputs=part.problem.outputs)


def lightgbm_seconds(rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
    """Return an estimate of the processor seconds of one fit."""
    return boosting_seconds(
        problem,
        rows=rows,
        cells=rows * columns * float(parameters.get("feature_fraction", 1.0)),
        leaves=min(float(parameters["num_leaves"]), max(2.0, rows / float(parameters["min_data_in_leaf"]) / 2)),
        learning_rate=float(parameters["learning_rate"]),
        costs=_COSTS,
    )


def _fixed_options(part: TrainingPart) -> dict[str, Any]:
    classes = {"num_class": part.problem.outputs} if part.problem.kind == "multiclass" else {}
    return {
        "objective": part.problem.kind,
        "seed": part.seed,
        "num_threads": part.threads,
        "verbosity": -1,
        "deterministic": True,
        "force_col_wise": True,
        "feature_pre_filter": False,
        **classes,
    }
