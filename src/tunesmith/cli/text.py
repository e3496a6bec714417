"""How data becomes text on a terminal: cleaned, short, and never read as markup."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from ..core.trial import Value
from ..text.cleaning import clean as clean
from ..text.cleaning import clean_lines as clean_lines

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = str.maketrans(dict(zip(_BLOCKS + "━─┈★●◐✗▸○✓↻·→…±’≈", "_.-=+*##=-.*o/x>.v~.>.~'~", strict=True)))


def near(path: Path) -> str:
    """Return a path as seen from the current folder where it lies below, else as it is."""
    here = Path.cwd()
    return clean(path.relative_to(here) if path.is_relative_to(here) else path)


def number(value: float | None) -> str:
    """Return a metric with four significant digits, or a dash.

    >>> number(0.312112), number(1234567.0), number(None)
    ('0.3121', '1.235e+06', '-')
    """
    return "-" if value is None else f"{value:.4g}"


def shown(value: Value) -> str:
    """Return a parameter's value as people write it.

    >>> shown(0.00123456), shown(True), shown([1, 2]), shown("relu")
    ('0.001235', 'true', '[1, 2]', 'relu')
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return number(value)
    return clean(json.dumps(value, default=str, ensure_ascii=False))


def duration(seconds: float | None) -> str:
    """Return a length of time.

    >>> duration(4.23), duration(75), duration(7384), duration(None)
    ('4.2 s', '1:15', '2:03:04', '-')
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{left:02d}" if minutes >= 60 else f"{minutes}:{left:02d}"


def rough(seconds: float) -> str:
    """Return an estimated length of time, no finer than it is known.

    >>> rough(12.3), rough(75.0), rough(4000.0)
    ('13 s', '2 min', '1.2 h')
    """
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 3600 else f"{math.ceil(seconds / 360) / 10:g} h"


def change(value: float, reference: float) -> str | None:
    """Return by how much a value differs from a reference, or None where that cannot be said as a share.

    >>> change(0.9, 1.0), change(3.0, 2.0), change(1.0, 0.0)
    ('-10.0 %', '+50.0 %', None)
    """
    if reference == 0 or not math.isfinite(share := (value - reference) / abs(reference)):
        return None
    return f"{100 * share:+.{1 if abs(share) < 10 else 0}f} %" if abs(share) < 1000 else f"{100 * share:+.3g} %"


def sparkline(values: Sequence[float], width: int) -> str:
    """Return a curve as one line of blocks, the lowest value as the lowest block.

    Args:
        values: In order. Values that are not finite leave a gap. Those that lie far outside (three interquartile
            ranges beyond the quartiles) are drawn as if nearer, so that a wild first epoch does not flatten the rest.
        width: The most characters; longer curves are averaged in equal pieces.

    >>> sparkline([3.0, 2.0, 1.5, 1.2, 1.0], 10)
    '█▅▃▁▁'
    """
    points = list(_averaged(values, width)) if len(values) > width else list(values)
    finite = sorted(point for point in points if math.isfinite(point))
    if not finite:
        return ""
    lower, upper = finite[(len(finite) - 1) // 4], finite[3 * (len(finite) - 1) // 4]
    low = max(finite[0], lower - 3 * (upper - lower))
    high = min(finite[-1], upper + 3 * (upper - lower))
    # Halved before subtracting, so that values near the largest float do not overflow.
    spread = (high / 2 - low / 2) or 1.0
    levels = [min(max((point / 2 - low / 2) / spread, 0.0), 1.0) if math.isfinite(point) else None for point in points]
    return "".join(" " if level is None else _BLOCKS[min(int(level * 8), 7)] for level in levels)


def _averaged(values: Sequence[float], width: int) -> Iterator[float]:
    for place in range(width):
        piece = values[place * len(values) // width : (place + 1) * len(values) // width]
        finite = [value for value in piece if math.isfinite(value)]
        yield sum(value / len(finite) for value in finite) if finite else math.nan


@dataclass(frozen=True)
class Printable:
    """What it wraps, in ASCII where the console cannot show more.

    Args:
        content: Anything that rich can show.
    """

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments: Iterable[Segment] = console.render(self.content, options)
        if not options.ascii_only:
            yield from segments
            return
        for text, style, control in segments:
            yield Segment(text.translate(_ASCII).encode("ascii", "replace").decode(), style, control)
