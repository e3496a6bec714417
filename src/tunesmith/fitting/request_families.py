"""How people name families of models."""

from __future__ import annotations

import re

_TREES = ("decision_tree", "random_forest", "extra_trees", "hist_gradient_boosting", "lightgbm", "xgboost", "catboost")
_NAMES: dict[str, tuple[str, ...]] = {
    r"light ?gbm|lgbm": ("lightgbm",),
    r"xgboost|xgb": ("xgboost",),
    r"cat ?boost": ("catboost",),
    r"hist(?:ogram|[_ -]gradient)?[_ -]boosting|hgb": ("hist_gradient_boosting",),
    r"gradient[ -]boost(?:ing|ed trees|ing trees)|boosted trees|boosters?|boosting|gbms?|gbdts?": (
        *("lightgbm", "xgboost", "catboost", "hist_gradient_boosting"),
    ),
    r"random[_ -]forests?": ("random_forest",),
    r"extra[_ -]trees|extremely randomi[sz]ed trees": ("extra_trees",),
    r"forests?": ("random_forest", "extra_trees"),
    r"decision[_ -]trees?": ("decision_tree",),
    r"tree[ -]based models?|trees?": _TREES,
    r"(?:generali[sz]ed )?additive models?|additive|gams?": ("additive",),
    r"(?:logistic|linear|ridge|lasso|elastic[ -]net) regressions?|linear models?|linear|lasso|ridge|elastic[ -]net": (
        "linear",
    ),
    r"k?-?nn|k?-?nearest[ -]neighbou?rs?": ("knn",),
    r"svms?|support[ -]vector machines?": ("svm",),
    r"real-?mlp|mlps?|neural (?:nets?|networks?)|deep learning|nets": ("realmlp",),
    r"tabpfn": ("tabpfn",),
    r"tabicl": ("tabicl",),
    r"foundation models?": ("tabpfn", "tabicl"),
}

FAMILIES = "|".join(f"(?:{pattern})" for pattern in _NAMES)
"""A pattern of every way to name a family."""


def families_in(text: str) -> tuple[str, ...]:
    """Return the families that a text names, in order, each once.

    >>> families_in("CatBoost, a random forest or linear models")
    ('catboost', 'random_forest', 'linear')
    """
    found: list[str] = []
    for match in re.finditer(rf"(?<!\w)(?:{FAMILIES})(?!\w)", text, re.I):
        found += next(names for pattern, names in _NAMES.items() if re.fullmatch(pattern, match[0], re.I))
    return tuple(dict.fromkeys(found))
