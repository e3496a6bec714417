"""Lines, columns and headings that fit any terminal."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from ..text.cleaning import clean

GOOD, BAD, SOFT, NAME = "green", "magenta", "dim", "cyan"
"""Green and magenta differ for colour-blind eyes, and every colour comes with a mark or a word."""


def line(*parts: str | tuple[str, str] | Text) -> Text:
    """Return one line of text, cut with an ellipsis where the terminal is narrower."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


@dataclass(frozen=True)
class Rows:
    """Aligned columns, one line per row; the right end is cut where the terminal is narrow.

    `rich.table` takes four times as long, and the live view draws four times per second beside the trials.

    Args:
        cells: One sequence per row, all of the same length.
        right: The indices of the columns that are aligned on the right.
    """

    cells: Sequence[Sequence[Text]]
    right: Container[int] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw one line per row."""
        widths = [max(cell.cell_len for cell in column) for column in zip(*self.cells, strict=True)]
        for row in self.cells:
            text = line()
            for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
                gap = " " * (width - cell.cell_len)
                text.append_text(Text(gap).append_text(cell) if index in self.right else cell)
                if index < len(row) - 1:
                    text.append("  " if index in self.right else f"{gap}  ")
            yield text


@dataclass(frozen=True)
class Title:
    """A heading: words, a thin line, and something at its right end."""

    words: str
    aside: Text | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw one line."""
        aside = Text(" ").append_text(self.aside) if self.aside else Text()
        rule = "─" * (options.max_width - cell_len(self.words) - 1 - aside.cell_len)
        yield line((f"{self.words} ", "bold"), (rule, SOFT), aside)


def indented(text: Text, mark: str = "") -> Table:
    """Return text that wraps below itself, three cells from the edge, with a mark before it."""
    grid = Table.grid(Column(width=3), Column(overflow="fold"))
    grid.add_row(Text(f" {mark}"), text)
    return grid


@dataclass(frozen=True)
class Flow:
    """Pieces one after another in a few lines; what does not fit is counted at the end.

    Args:
        pieces: Each stays on one line.
        rows: The maximum number of lines.
        mark: What stands before the first piece.
        gap: The number of spaces between pieces.
    """

    pieces: Sequence[Text]
    rows: int
    mark: str = ""
    gap: int = 3

    @classmethod
    def words(cls, text: str, rows: int, style: str = "") -> Flow:
        """Return a text that wraps between words."""
        return cls([Text(word, style=style) for word in clean(text).split()], rows, gap=1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw at most `rows` lines."""
        width = options.max_width
        lines = [Text(f" {self.mark:<2}", style=GOOD)] if self.pieces and self.rows > 0 else []
        for index, piece in enumerate(self.pieces if lines else ()):
            piece = piece.copy()
            piece.truncate(max(width - 3, 1), overflow="ellipsis")
            gap = 0 if lines[-1].cell_len == 3 else self.gap
            if lines[-1].cell_len + gap + piece.cell_len > width:
                if len(lines) == self.rows:
                    rest = " …" if self.gap == 1 else f"   … {len(self.pieces) - index} more"
                    lines[-1].truncate(max(width - len(rest), 0), overflow="ellipsis")
                    lines[-1].append(rest, style=SOFT)
                    break
                lines.append(Text("   "))
                gap = 0
            lines[-1].append(" " * gap).append_text(piece)
        for text in lines:
            text.no_wrap, text.overflow = True, "ellipsis"
            yield text
