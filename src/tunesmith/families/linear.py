"""Linear models with scikit-learn: logistic regression and ridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..core.parameters import Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ._codes import ColumnCodes
from ._sklearn import SklearnModel
from .base import Profile, TrainingPart


class LinearFamily:
    """A weight for each number and each frequent category."""

    profile: ClassVar = Profile(
        title="Linear", purpose="fast, and the weights can be read; strong where effects add up", interpretable=True
    )
    model: ClassVar = SklearnModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = (
        "sklearn.compose",
        "sklearn.impute",
        "sklearn.linear_model",
        "sklearn.pipeline",
        "sklearn.preprocessing",
    )
    space: ClassVar[Mapping[str, Parameter]] = {
        "strength": Float(1e-3, 100.0, log=True),
        "min_frequency": Int(1, 50, log=True),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return a strong and a weak penalty."""
        return [{"strength": 1.0, "min_frequency": 5}, {"strength": 0.1, "min_frequency": 5}]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit."""
        return 1e-6 * rows * columns * problem.outputs

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> SklearnModel:
        """Train on scaled numbers and one-hot categories."""
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        codes = ColumnCodes.of(part.features)
        numeric = [index for index in range(len(codes.columns)) if index not in codes.categorical]
        impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        encode = OneHotEncoder(min_frequency=parameters["min_frequency"], handle_unknown="infrequent_if_exist")
        columns = ColumnTransformer(
            [("numbers", make_pipeline(impute, StandardScaler()), numeric), ("categories", encode, codes.categorical)]
        )
        strength = parameters["strength"]
        model: Any = (
            LogisticRegression(C=1 / strength, max_iter=300, random_state=part.seed)
            if part.problem.is_classification
            else Ridge(alpha=strength, random_state=part.seed)
        )
        estimator = make_pipeline(columns, model)
        estimator.fit(codes.transform(part.features).astype("float64"), part.target)
        classes = tuple(int(index) for index in estimator.classes_) if part.problem.is_classification else ()
        return SklearnModel(codes=codes, estimator=estimator, outputs=part.problem.outputs, classes=classes)
