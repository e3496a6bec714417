"""The log of CatBoost, which calls its validation data `test`: `9: learn: 0.2 test: 0.3 best: 0.3 (9) total: 5ms`."""

from __future__ import annotations

import re

BEST_VALUE = "bestTest"
"""What CatBoost calls the best value, which it prints at the end."""
_LAST_LINE = re.compile(rf"\s*{BEST_VALUE} = \S+\s*")
_ITERATION = re.compile(
    r"""\s*\d+:\s+(?:learn:[ ]\S+\s+)?
        (?:test\d*:[ ](?P<last>\S+)\s+)*
        (?:best:[ ](?P<best>\S+)[ ]\(\d+\)\s+)?
        total:[ ]""",
    re.VERBOSE | re.ASCII,
)
_TEST = re.compile(r"test\d*", re.ASCII)


def is_validated(name: str, line: str) -> bool:
    r"""Tell whether a value in a line is CatBoost's, of the data that it validates on.

    >>> line = "9:\tlearn: 0.2\ttest: 0.3\tbest: 0.3 (9)\ttotal: 5ms\tremaining: 0us"
    >>> is_validated("best", line), is_validated("learn", line), is_validated("test", "test: 0.3")
    (True, False, False)
    >>> is_validated("bestTest", "bestTest = 0.3")
    True
    """
    if name == BEST_VALUE:
        return _LAST_LINE.fullmatch(line) is not None
    return (name == "best" or _TEST.fullmatch(name) is not None) and _ITERATION.match(line) is not None


def is_learned(name: str, line: str) -> bool:
    """Tell whether a value in a line is CatBoost's, of the training data."""
    return name == "learn" and _ITERATION.match(line) is not None


def best_is_larger(line: str) -> bool | None:
    r"""Tell whether the best value in a line is larger than the last one; None if they are the same, or not there.

    >>> best_is_larger("9:\ttest: 0.3\tbest: 0.4 (2)\ttotal: 5ms"), best_is_larger("test: 0.3")
    (True, None)
    """
    match = _ITERATION.match(line)
    if match is None or match["last"] is None or match["best"] is None or match["last"] == match["best"]:
        return None
    return float(match["best"]) > float(match["last"])
