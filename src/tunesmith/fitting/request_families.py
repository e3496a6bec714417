"""How people name families of models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class FamilyNames:
    """The ways to name families.

    Args:
        names: Patterns, each with the families that it stands for.
    """

    names: Mapping[str, Sequence[str]]

    @cached_property
    def pattern(self) -> str:
        """A pattern of every way to name a family."""
        return "|".join(f"(?:{pattern})" for pattern in self.names)

    def names_in(self, text: str) -> tuple[str, ...]:
        """Return the families that a text names, in order, each once.

        >>> OF_TABLES.names_in("CatBoost, a random forest or linear models")
        ('catboost', 'random_forest', 'linear')
        """
        found: list[str] = []
        for match in re.finditer(rf"(?<!\w)(?:{self.pattern})(?!\w)", text, re.I):
            found += next(names for pattern, names in self.names.items() if re.fullmatch(pattern, match[0], re.I))
        return tuple(dict.fromkeys(found))


_TREES = ("decision_tree", "random_forest", "extra_trees", "hist_gradient_boosting", "lightgbm", "xgboost", "catboost")
OF_TABLES = FamilyNames(
    {
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
        r"(?:logistic|linear|ridge|lasso|elastic[ -]net) regressions?|linear models?|linear|lasso|ridge|"
        r"elastic[ -]net": ("linear",),
        r"k?-?nn|k?-?nearest[ -]neighbou?rs?": ("knn",),
        r"svms?|support[ -]vector machines?": ("svm",),
        r"real-?mlp|mlps?|neural (?:nets?|networks?)|deep learning|nets": ("realmlp",),
        r"tabpfn": ("tabpfn",),
        r"tabicl": ("tabicl",),
        r"foundation models?": ("tabpfn", "tabicl"),
    }
)
"""Those of models of a table."""

_LINEAR_NETS = ("nlinear", "rlinear", "dlinear", "sparse_tsf", "fits")
_NETS = (*_LINEAR_NETS, "nhits", "ts_mixer", "patch_tst", "itransformer", "transformer", "informer")
OF_SERIES = FamilyNames(
    {
        r"seasonal[_ -]?na[iï]ve|snaive": ("seasonal_naive",),
        r"na[iï]ve": ("naive",),
        r"seasonal[_ -]?(?:average|mean)s?": ("seasonal_average",),
        r"drift|random walk with drift": ("drift",),
        r"(?:auto[_ -]?)?ets|exponential smoothing|holt[ -]winters": ("ets",),
        r"(?:auto[_ -]?|s)?arimax?|sarimax": ("arima",),
        r"(?:auto[_ -]?|dynamic )?theta|dotm": ("theta",),
        r"(?:auto[_ -]?)?ces|complex exponential smoothing": ("ces",),
        r"(?:auto[_ -]?)?tbats": ("tbats",),
        r"mstl|stl": ("mstl",),
        r"croston|tsb": ("croston",),
        r"prophet|(?:generali[sz]ed )?additive(?: models?)?": ("additive",),
        r"autoregressions?|autoregressive(?: models?)?": ("autoregression",),
        r"(?:lagged[_ -])?ridge|linear regressions?": ("lagged_ridge",),
        r"linear models?|linear": ("lagged_ridge", "autoregression"),
        r"light ?gbm|lgbm|lagged[_ -]boosting|(?:gradient[ -])?boosting|boosted trees|gbms?|tree[ -]based models?|"
        r"trees": ("lagged_boosting",),
        r"d-?linear": ("dlinear",),
        r"n-?linear": ("nlinear",),
        r"r-?linear": ("rlinear",),
        r"sparse[_ -]?tsf": ("sparse_tsf",),
        r"fits": ("fits",),
        r"n-?hits": ("nhits",),
        r"ts[_ -]?mixer": ("ts_mixer",),
        r"patch[_ -]?tst": ("patch_tst",),
        r"i-?transformer": ("itransformer",),
        r"informer": ("informer",),
        r"transformers?": ("transformer", "itransformer", "patch_tst", "informer"),
        r"neural (?:nets?|networks?)|deep learning|nets": _NETS,
        r"chronos(?:-?2)?": ("chronos",),
        r"tirex": ("tirex",),
        r"timesfm(?:[ -]?2\.5)?": ("timesfm",),
        r"foundation models?|pre-?trained (?:models?|nets?|networks?)": ("chronos", "tirex", "timesfm"),
        r"statistical models?|classical models?": ("ets", "theta", "ces", "arima", "mstl", "tbats"),
    }
)
"""Those of models of time series."""
