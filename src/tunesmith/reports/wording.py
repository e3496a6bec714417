"""Numbers, times and values as people read them."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

from ..core.trial import Value

# What a terminal would have taken as a command: colours, the bell, a NUL. Line breaks and tabs stay.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


def number(given: float | None, digits: int = 5) -> str:
    """Return a number with a few significant digits and a true minus sign; a dash where there is none.

    >>> number(-0.3712589)
    '−0.37126'
    """
    if given is None or math.isnan(given):
        return "–"
    if float(given).is_integer() and abs(given) < 1e6:
        return f"{given:.0f}".replace("-", "−")
    return f"{given:.{digits}g}".replace("-", "−")


def share(given: float | None) -> str:
    """Return a share as a percentage, as `34 %` or `3.1 %`."""
    if given is None:
        return "–"
    percent = 100 * given
    return (f"{percent:.1f} %" if abs(percent) < 9.95 else f"{percent:.3g} %").replace("-", "−")


def duration(seconds: float | None) -> str:
    """Return a time span in its two largest units.

    >>> duration(3720), duration(0.25)
    ('1 h 2 min', '0.25 s')
    """
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def size(count: float | None) -> str:
    """Return an amount of bytes in decimal units, as `1.2 GB`."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def moment(seconds: float) -> str:
    """Return a time since 1970 as `2026-03-01 09:30 UTC`; it reads the same on every machine."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def value(given: Value) -> str:
    """Return a parameter's value: words as they are, numbers in short, anything else as JSON."""
    if isinstance(given, str):
        return plain(given)
    if isinstance(given, float):
        return f"{given:.6g}"
    return json.dumps(given, ensure_ascii=False, default=str)


def plain(text: str, most: int = 20_000) -> str:
    """Return text without terminal colours and control characters, and only its last `most` characters."""
    cleaned = _CONTROL.sub("", text)
    return cleaned if len(cleaned) <= most else "…" + cleaned[-most:]


def count(many: int, word: str) -> str:
    """Return `1 trial`, `1,200 trials`."""
    return f"{many:,} {word}{'' if many == 1 else 's'}"


def limit(metric: str, low: float | None, high: float | None) -> str:
    """Return the bounds of a constraint, as `1 ≤ latency ≤ 5`."""
    left = "" if low is None else f"{number(low)} ≤ "
    return f"{left}{metric}" + ("" if high is None else f" ≤ {number(high)}")
