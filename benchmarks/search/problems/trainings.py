"""Real trainings of scikit-learn models on small data sets: no table, no surrogate, mixed and conditional spaces.

Each loss is a mean over fixed splits, deterministic, and takes a few milliseconds on one thread. Regression losses are
squared errors divided by the variance of the target.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from . import models
from .problem import BenchProblem, Parameters, lognormal_seconds

REFERENCES = Path(__file__).with_name("references.json")
"""Best and median loss of each training: the best ever found, and the median of `draws` random ones."""

WORST = 1e6
"""The loss of a training that fails, or that diverges beyond it."""

Score = Literal["error", "log_loss", "squared_error"]
Rows = tuple[np.ndarray, np.ndarray]


def trainings() -> list[BenchProblem]:
    """Return the twelve problems."""
    known = json.loads(REFERENCES.read_text()) if REFERENCES.exists() else {}
    return [_problem(model, known.get(f"sklearn_{model.name}", {})) for model in models.MODELS]


def _problem(model: models.Model, reference: Mapping[str, float]) -> BenchProblem:
    name = f"sklearn_{model.name}"
    remembered = lru_cache(20_000)(lambda key: _loss(model, json.loads(key)))
    return BenchProblem(
        name=name,
        group="sklearn",
        space=model.space,
        default=model.space.complete(model.default),
        evaluate=lambda p: remembered(model.space.key(p)),
        seconds=lognormal_seconds(name, model.space),
        best=reference.get("best", 0.0),
        median=reference.get("median", 1.0),
    )


def _loss(model: models.Model, parameters: Parameters) -> float:
    from sklearn import config_context

    losses = []
    quick = config_context(assume_finite=True, skip_parameter_validation=True)
    with quick, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for train, test in _splits(model.data, model.score):
            try:
                estimator = model.build(parameters).fit(*train)
                losses.append(_SCORES[model.score](estimator, *test))
            except (ValueError, FloatingPointError, np.linalg.LinAlgError):
                losses.append(WORST)
    loss = float(np.mean(losses))
    return min(loss, WORST) if np.isfinite(loss) else WORST


@cache
def _splits(data: str, score: Score) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import KFold, StratifiedKFold

    x, y = _rows(data)
    kind = KFold if score == "squared_error" else StratifiedKFold
    return [((x[a], y[a]), (x[b], y[b])) for a, b in kind(2, shuffle=True, random_state=0).split(x, y)]


def _rows(data: str) -> Rows:
    from sklearn import datasets

    if data == "digits":
        x, y = datasets.load_digits(return_X_y=True)
    elif data == "wine":
        x, y = datasets.load_wine(return_X_y=True)
    elif data == "breast_cancer":
        x, y = datasets.load_breast_cancer(return_X_y=True)
    elif data == "diabetes":
        x, y = datasets.load_diabetes(return_X_y=True)
    elif data == "friedman1":
        x, y = datasets.make_friedman1(300, n_features=12, noise=1.0, random_state=1)
    elif data == "friedman3":
        x, y = datasets.make_friedman3(300, noise=0.1, random_state=2)
    elif data == "moons":
        x, y = datasets.make_moons(300, noise=0.3, random_state=3)
        x = np.hstack([x, np.random.default_rng(3).standard_normal((300, 6))])
    elif data == "imbalanced":
        x, y = datasets.make_classification(
            300, 20, n_informative=6, n_redundant=4, weights=[0.85], flip_y=0.03, class_sep=0.8, random_state=4
        )
    else:
        x, y = datasets.make_classification(
            300, 15, n_informative=8, n_redundant=2, n_classes=4, n_clusters_per_class=2, class_sep=1.2, random_state=5
        )
    keep = np.random.default_rng(0).permutation(len(x))[:300]
    return x[keep], y[keep]


def _error(estimator: Any, x: np.ndarray, y: np.ndarray) -> float:
    from sklearn.metrics import balanced_accuracy_score

    return 1 - float(balanced_accuracy_score(y, estimator.predict(x)))


def _log_loss(estimator: Any, x: np.ndarray, y: np.ndarray) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(y, estimator.predict_proba(x)))


def _squared_error(estimator: Any, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((estimator.predict(x) - y) ** 2) / np.var(y))


_SCORES: Mapping[Score, Callable[[Any, np.ndarray, np.ndarray], float]] = {
    "error": _error,
    "log_loss": _log_loss,
    "squared_error": _squared_error,
}
