"""What the label of a table's row says: a part of the data, a baseline, a spread, or the method that was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...core.metric_words import (
    is_of_cross_validation,
    is_of_test_data,
    is_of_training_data,
    is_of_validation_data,
)
from ...in_script.metric_names import metric_words
from .baselines import names_baseline

_SPREADS = {"std", "stdev", "stddev", "sd", "sem", "se", "variance", "deviation", "count", "min", "max"}
_OF_FIT = {"fit", "calibration"}
"""Labels of rows about the data that a model was fitted to."""
_METHOD_OR_FOLD = re.compile(r"[a-z]CV|\d\W*$")
"""In the name of a method that validates itself, as `RidgeCV`, and at the end of a single fold's, as `CV fold 2`."""
_NO_LETTERS = re.compile(r"[\W_]+")


def names_part(label: str) -> bool:
    """Tell whether a label is a word for a part of the data, or says that a row is of a cross-validation.

    >>> names_part("valid"), names_part("Train"), names_part("fit"), names_part("catboost")
    (True, True, True, False)
    >>> names_part("spatial CV"), names_part("cross-validation"), names_part("RidgeCV"), names_part("CV std")
    (True, True, False, False)
    """
    words = metric_words(label)
    if len(words) == 1 and (
        is_of_validation_data(label) or is_of_training_data(label) or is_of_test_data(label) or words[0] in _OF_FIT
    ):
        return True
    return is_of_cross_validation(label) and not is_no_model(label) and not _METHOD_OR_FOLD.search(label)


def is_no_model(label: str) -> bool:
    """Tell whether a row is that of a baseline, or of how much other rows differ.

    >>> is_no_model("Seasonal naive"), is_no_model("std"), is_no_model("ridge")
    (True, True, False)
    """
    return names_baseline(label) or not _SPREADS.isdisjoint(metric_words(label))


class ChosenNames:
    """The names that a trial chooses, as that of its model: the words of its command, and its parameters.

    Args:
        names: The names. One may be a whole command.

    >>> ChosenNames(["train --model=cat_boost"]).has("CatBoost"), ChosenNames(["ridge"]).has("lasso")
    (True, False)
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        texts = [text for name in names for text in (name, *name.split())]
        self._names = {_letters(text.rpartition("=")[2]) for text in texts} - {""}

    def has(self, label: str) -> bool:
        """Tell whether a label is one of the names, whatever its case and what lies between its words."""
        return _letters(label) in self._names


def _letters(name: str) -> str:
    return _NO_LETTERS.sub("", name).lower()
