"""Numbers as people write them, with their units: `1e-5`, `10k`, `twenty`, `95 %`, `2 hours`, `overnight`, `500 MB`."""

from __future__ import annotations

import math
import re

from ..errors import InputError

_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "a dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "a hundred": 100, "one hundred": 100, "two hundred": 200, "half a": 0.5, "half an": 0.5,
}  # fmt: skip
_WORDS = "|".join(sorted(_COUNTS, key=len, reverse=True))
_UNITS = {
    "%": 0.01, "k": 1000, "mib": 0.001048576, "mb": 0.001, "mega": 0.001, "gib": 1.073741824, "g": 1, "cent": 0.01,
    "dollar": 1, "usd": 1, "buck": 1, "s": 1, "m": 60, "h": 3600, "d": 86400,
}  # fmt: skip
"""How a unit begins, to what it is in seconds, gigabytes or dollars; the first that fits counts."""
_TIME = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z_])"
_PLAIN = r"(?<![\w.,-])[0-9]+(?:\.[0-9]+)?"
_DIGITS = (
    r"(?<![\w.])(?<![0-9],)[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+(?!,[0-9])|(?=\.[0-9]))"
    r"(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?"
)
"""A number in digits; `0,35` is none, as it could mean two things."""

NUMBER = rf"(?:{_DIGITS}k?(?![\w]|[.,]?[0-9])(?: ?%)?)"
"""A number with what belongs to it."""
COUNT = rf"(?:{NUMBER}|(?<!\w)(?:{_WORDS})(?!\w))"
"""A number, also as a word."""
DURATION = (
    rf"(?:(?:{_DIGITS} ?|{COUNT} )(?:and a half )?{_TIME}(?: and a half|(?: and|,)? ?[0-9]+ ?{_TIME})?"
    r"|over ?night)(?!\w)"
)
"""A length of time."""
SIZE = rf"(?:{_PLAIN} ?(?:gib|gb|g|gigabytes?|mib|mb|megabytes?)(?!\w))"
"""A size of memory."""
MONEY = rf"(?:\$ ?[0-9]+(?:\.[0-9]+)?(?![\w]|[.,][0-9])|{COUNT} ?(?:dollars?|usd|bucks?|cents?)(?!\w))"
"""A sum of money."""


def amount(text: str) -> float:
    """Return a number; of a percentage the share, of what has a unit the seconds, gigabytes or dollars.

    Raises:
        InputError: It is too large for a number.

    >>> amount("1e-5"), amount("10k"), amount("95 %"), amount("1,000"), amount("a dozen"), amount("500 MB")
    (1e-05, 10000.0, 0.95, 1000.0, 12.0, 0.5)
    >>> amount("1h 30m"), amount("overnight"), amount("an hour and a half"), amount("50 cents")
    (5400.0, 28800.0, 5400.0, 0.5)
    """
    bare = text.strip().lower().replace(",", "")
    if bare.startswith("over"):
        return 8.0 * 3600
    whole = bare.replace("and a half", "")
    total, unit = 0.0, 1.0
    for count, named in re.findall(rf"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?|\b(?:{_WORDS})\b) *([a-z%]*)", whole):
        unit = next((its for start, its in _UNITS.items() if named.startswith(start)), 1.0)
        total += unit * (_COUNTS[count] if count in _COUNTS else float(count))
    total += 0.0 if whole == bare else 0.5 * unit
    if not math.isfinite(total):
        raise InputError(f"a number must be finite, but {text:.40} is not.")
    return float(f"{total:.12g}")
