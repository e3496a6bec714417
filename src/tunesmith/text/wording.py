"""Numbers, durations and values in words: one spelling for the terminal, the report and the language model."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from .cleaning import clean

MOST_RELATIVE = 1000.0
"""The ratio of a difference to its reference above which it is not told as a percentage."""


def number(value: float | None, digits: int = 5) -> str:
    """Return a number with a few significant digits and a true minus sign; a dash for None.

    >>> number(-0.3712589), number(123456.0), number(-0.0), number(float("nan")), number(None)
    ('−0.37126', '123456', '0', 'nan', '–')
    """
    if value is None:
        return "–"
    is_whole = float(value).is_integer() and abs(value) < 1e6
    return (f"{value + 0.0:.0f}" if is_whole else f"{value:.{digits}g}").replace("-", "−")


def rounded(value: float | None, digits: int = 3) -> str:
    """Return a number for a sentence: a few significant digits, thousands separated; a dash for None.

    >>> rounded(43712.8), rounded(0.41234), rounded(-1250000.0), rounded(2.5e12), rounded(812.0)
    ('43,700', '0.412', '−1,250,000', '2.5e+12', '812')
    """
    if value is None or not math.isfinite(value) or not 1000 <= abs(value) < 1e9:
        return number(value, digits)
    return f"{float(f'{value:.{digits}g}'):,.0f}".replace("-", "−")


def numbers(*values: float) -> list[str]:
    """Return numbers as `number` does, with more digits if two that differ would look the same.

    >>> numbers(0.5, 0.25), numbers(1.0, 0.99999999)
    (['0.5', '0.25'], ['1', '0.99999999'])
    """
    texts: list[str] = []
    for digits in range(5, 18):
        texts = [number(value, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def share(value: float | None) -> str:
    """Return a share (1 is all) as a percentage. Only all of something is 100 %.

    >>> share(0.031), share(0.345), share(29.0), share(0.00012), share(0.0)
    ('3.1 %', '34.5 %', '2900 %', '0.012 %', '0 %')
    >>> share(0.99996), share(1 - 1e-9), share(1.0)
    ('99.996 %', '99.999 %', '100 %')
    """
    if value is None:
        return "–"
    percent = 100 * value
    size = abs(percent)
    if 99.95 <= size < 100:
        return f"{math.copysign(min(size, 99.999), percent):.5g} %".replace("-", "−")
    digits = ".2g" if size < 0.05 else ".1f" if size < 9.95 else ".0f" if 1000 <= size < 1e5 else ".3g"
    return f"{percent + 0.0:{digits}} %".replace("-", "−")


def change(value: float, reference: float) -> str | None:
    """Return the signed difference from a reference as a percentage, or None where that says nothing.

    It does not for equal values, nor if the reference is 0 or far smaller.

    >>> change(0.9, 1.0), change(3.0, 2.0), change(1.0, 0.0), change(1.0, 1.0)
    ('−10 %', '+50 %', None, None)
    """
    relative = _relative(value, reference)
    return f"{'' if relative < 0 else '+'}{share(relative)}" if relative else None


def difference(value: float, reference: float) -> str:
    """Return the size of a difference: a percentage of the reference, or a number where that says nothing.

    >>> difference(0.9, 1.0), difference(-1.0, 0.0), difference(1e300, 1e-300), difference(1.7e308, -1.7e308)
    ('10 %', '1', '1e+300', 'far')
    """
    relative = _relative(value, reference)
    if relative is not None:
        return share(abs(relative))
    return number(abs(value - reference), 3) if math.isfinite(value - reference) else "far"


def _relative(value: float, reference: float) -> float | None:
    relative = (value - reference) / abs(reference) if reference else math.inf
    return relative if abs(relative) < MOST_RELATIVE else None


def duration(seconds: float | None) -> str:
    """Return a time span in its two largest units; a dash where it is unknown or infinite.

    >>> duration(3720), duration(600), duration(0.25)
    ('1 h 2 min', '10 min', '0.25 s')
    """
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 59.95:
        return f"{max(seconds, 0):.3g} s"
    total = round(seconds)
    days, hours, minutes = total // 86400, total // 3600 % 24, total // 60 % 60
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (total % 60, "s")]
    first = next(index for index, (count, _) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count)


def estimate(seconds: float) -> str:
    """Return an estimated time span, rounded up to what an estimate can tell.

    >>> estimate(12.3), estimate(75.0), estimate(4000.0), estimate(1e7), estimate(math.inf)
    ('13 s', '2 min', '1.2 h', '116 d', '–')
    """
    if not math.isfinite(seconds):
        return "–"
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    if seconds < 3600:
        return f"{math.ceil(seconds / 60)} min"
    return f"{math.ceil(seconds / 360) / 10:g} h" if seconds < 48 * 3600 else f"{math.ceil(seconds / 86400)} d"


def size(count: float | None) -> str:
    """Return a number of bytes in decimal units, as `1.2 GB`."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def moment(seconds: float) -> str:
    """Return a time since 1970 as `2026-03-01 09:30 UTC`, the same on every machine."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def value(parameter: Any) -> str:
    """Return a parameter's value: cleaned text, a float with six digits, anything else as JSON.

    Its minus sign is a hyphen, so that it can be copied.

    >>> value(-0.00123456789), value(True), value([1, 2]), value("relu")
    ('-0.00123457', 'true', '[1, 2]', 'relu')
    """
    if isinstance(parameter, str):
        return clean(parameter)
    if isinstance(parameter, float):
        return f"{parameter:.6g}"
    return clean(json.dumps(parameter, ensure_ascii=False, default=str))


def count(many: int, word: str) -> str:
    """Return `1 trial`, `1,200 trials`."""
    return f"{many:,} {word}{'' if many == 1 else 's'}"


def limit(metric: str, low: float | None, high: float | None) -> str:
    """Return the bounds of a constraint, as `1 ≤ latency ≤ 5`."""
    if high is None:
        return metric if low is None else f"{metric} ≥ {number(low)}"
    return f"{'' if low is None else f'{number(low)} ≤ '}{metric} ≤ {number(high)}"
