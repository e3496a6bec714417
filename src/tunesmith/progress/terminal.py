"""Short paths, sparklines, and ASCII for consoles that show nothing else."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from ..text.cleaning import clean, printable
from .streams import DEGRADE, CleanStream

_BLOCKS = "▁▂▃▄▅▆▇█"


def shortened(path: Path) -> Path:
    """Return a path relative to the current folder if it lies below it."""
    try:
        return path.relative_to(Path.cwd())
    except (ValueError, OSError):  # Elsewhere, or the current folder was removed.
        return path


def near(path: Path) -> str:
    """Return a shortened path as text to show."""
    return clean(shortened(path))


def sparkline(values: Sequence[float], width: int) -> str:
    """Return a curve as one line of blocks, the lowest value as the lowest block.

    Args:
        values: In order. Values that are not finite leave a gap. Outliers (three interquartile ranges beyond the
            quartiles) are clipped, so that a wild first epoch does not flatten the rest.
        width: The maximum number of characters; longer curves are averaged in equal pieces.

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
        # The mean of the largest floats may round to infinity.
        mean = sum(value / len(finite) for value in finite)
        yield min(max(mean, min(finite)), max(finite)) if finite else math.nan


@dataclass(frozen=True)
class Printable:
    """Draws its content without anything in its text that could control the terminal, and in characters that it has.

    Args:
        content: Anything that rich can show.
    """

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.content, options):
            shown = text if control else printable(text)
            if options.ascii_only:
                shown = shown.encode(options.encoding, DEGRADE).decode(options.encoding)
            yield Segment(shown, style, control)


class CleanConsole(Console):
    """A console on standard output that cleans everything that it prints, and takes no text for markup."""

    def __init__(self) -> None:
        output = sys.stdout.styled if isinstance(sys.stdout, CleanStream) else sys.stdout
        super().__init__(file=cast(TextIO, output), highlight=False, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print objects; see `rich.console.Console.print`."""
        super().print(*map(Printable, objects), **options)
