"""Words for a baseline, which a model is compared with: naive, dummy, chance."""

from __future__ import annotations

import re

from ...in_script.metric_names import metric_words

_ALWAYS = {"naive", "naïve", "snaive", "baseline", "dummy", "seasonal", "persistence", "climatology"}
_ALONE = {"random", "constant", "majority", "prior", "zero", "last", "chance"}
"""These are baselines only by themselves: a random forest is none."""
_MODELS = {"bayes", "forest", "forests", "search", "seed", "seeds", "state", "split", "sampling", "init", "trees"}
"""What follows such a word where no baseline is meant."""
_COMPARED = {"over", "vs", "versus", "than", "against", "beats"}
_HINT = re.compile(r"na[iï]ve|baseline|dummy|chance|random|persistence|climatology", re.IGNORECASE)
_LINE_WORDS = {"naive", "naïve", "snaive", "baseline", "dummy", "persistence", "climatology", "chance", "random"}
_WORD = re.compile(r"[^\W\d_]+")
_LOG_PREFIX = re.compile(r".*\b(?:DEBUG|INFO|WARNING|ERROR)\b")
"""The time, level and name of a logger, as in `12:00 reid_baseline INFO: mAP`."""
_NEXT_PART = re.compile(r"[;|]|,\s")


def names_baseline(label: str) -> bool:
    """Tell whether a row or column is that of a baseline.

    >>> names_baseline("Seasonal naive"), names_baseline("naive Bayes"), names_baseline("random forest")
    (True, False, False)
    """
    words = {*metric_words(label)}
    return (bool(words & _ALWAYS) or (len(words) == 1 and bool(words & _ALONE))) and not words & _MODELS


def is_about_baseline(before: str) -> bool:
    """Tell whether the text in a line before a metric says that it is of a baseline.

    >>> is_about_baseline("baseline (predict 1.0) "), is_about_baseline("naive: MAE 3, ")
    (True, True)
    >>> is_about_baseline("random_seed=1 "), is_about_baseline("better than naive: ")
    (False, False)
    >>> is_about_baseline("12:00 my_baseline INFO: "), is_about_baseline("INFO naive ")
    (False, True)
    """
    before = _LOG_PREFIX.sub("", before)
    if _HINT.search(before) is None:
        return False
    parts = _NEXT_PART.split(before)
    return any(_says_baseline(part) for part in {parts[0], parts[-1]})


def _says_baseline(text: str) -> bool:
    words = [word.lower() for word in _WORD.findall(text)]
    return any(
        word in _LINE_WORDS and not {*words[index + 1 : index + 2]} & _MODELS and not {*words[:index]} & _COMPARED
        for index, word in enumerate(words)
    )
