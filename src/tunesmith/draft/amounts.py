"""Numbers and lengths of time as people write them: `1e-5`, `10k`, `twenty`, `95 %`, `2 hours`, `overnight`."""

from __future__ import annotations

import math
import re

from ..errors import InputError

_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "a dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "a hundred": 100, "one hundred": 100, "two hundred": 200,
}  # fmt: skip
_WORDS = "|".join(sorted(_COUNTS, key=len, reverse=True))
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z_])"

DIGITS = (
    r"(?<![\w.])(?<![0-9],)[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+(?!,[0-9])|(?=\.[0-9]))"
    r"(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?"
)
"""A number in digits; `0,35` is none, as it could mean two things."""
NUMBER = rf"(?:{DIGITS}k?(?![\w]|[.,]?[0-9])(?: ?%)?)"
"""A number with what belongs to it."""
COUNT = rf"(?:{NUMBER}|(?<!\w)(?:{_WORDS})(?!\w))"
"""A number, also as a word."""
DURATION = (
    rf"(?:half an hour|(?:{DIGITS} ?|{COUNT} )(?:and a half )?{_UNIT}(?: and a half|(?: and|,)? ?[0-9]+ ?{_UNIT})?"
    r"|over ?night)(?!\w)"
)
"""A length of time."""


def number(text: str) -> float:
    """Return a number; of a percentage the share.

    Raises:
        InputError: It is too large for a number.

    >>> number("1e-5"), number("10k"), number("95 %"), number("1,000"), number("a dozen")
    (1e-05, 10000.0, 0.95, 1000.0, 12)
    """
    bare = text.strip().lower()
    if bare in _COUNTS:
        return _COUNTS[bare]
    is_share = bare.endswith("%")
    bare = bare.rstrip("% ").replace(",", "")
    times = 1000.0 if bare.endswith("k") else 1.0
    value = float(bare.rstrip("k")) * times
    if not math.isfinite(value):
        raise InputError(f"a number must be finite, but {text:.40} is not.")
    return float(f"{value / 100:.12g}") if is_share else value


def seconds(text: str) -> float:
    """Return a length of time in seconds.

    Raises:
        InputError: It is too large for a number.

    >>> seconds("2 hours"), seconds("1h 30m"), seconds("overnight"), seconds("an hour and a half")
    (7200.0, 5400.0, 28800.0, 5400.0)
    """
    bare = text.strip().lower()
    if bare.startswith("over"):
        return 8.0 * 3600
    if bare == "half an hour":
        return 1800.0
    halved = "and a half" in bare
    bare = bare.replace(" and a half", "")
    found = re.findall(rf"([-+]?[0-9.][0-9.,]*(?:e[-+]?[0-9]+)?|\b(?:{_WORDS})\b) ?([smhd])", bare)
    total = sum(number(amount) * _SECONDS[unit] for amount, unit in found)
    return float(total + (0.5 * _SECONDS[found[-1][1]] if halved else 0.0))
