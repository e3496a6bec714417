"""The cells of a line of a table: apart by bars, commas, tabs or spaces."""

from __future__ import annotations

import re

from .row_labels import names_part

_BRACKETS = re.compile(r"(?P<name>[^()[\]]*[^()[\]\s])\s*[(\[](?P<inside>[^()[\]]{0,20})[)\]]")
_ARROW = re.compile(r"\s*[↑↓]+")
_BARS = re.compile(r"[|│┃║]")
_COLUMNS = re.compile(r"\t+| {2,}")


def column_name(cell: str) -> str:
    """Return the name in a cell of a header, without its unit or arrow, and with its data in front.

    >>> column_name("RMSE [K] ↓"), column_name("loss (val)"), column_name("time (s)"), column_name("val loss")
    ('RMSE', 'val loss', 'time', 'val loss')
    """
    text = _ARROW.sub("", cell) if not cell.isascii() else cell
    match = _BRACKETS.fullmatch(text)
    if match is None:
        return text
    inside = match["inside"].strip()
    return f"{inside} {match['name']}" if names_part(inside) else match["name"]


def has_bars(line: str) -> bool:
    """Tell whether a line has bars between its cells."""
    return _BARS.search(line) is not None


def are_apart(line: str) -> bool:
    """Tell whether the cells of a line are apart by more than single spaces."""
    text = line.strip()
    return has_bars(text) or "," in text or _COLUMNS.search(text) is not None


def cells_in(line: str) -> list[str]:
    """Return the cells of a line.

    >>> cells_in("| epoch | val loss |"), cells_in("naive  49.8  12.5 %"), cells_in("1,0.5,"), cells_in("1 0.5")
    (['epoch', 'val loss'], ['naive', '49.8', '12.5 %'], ['1', '0.5', ''], ['1', '0.5'])
    """
    text = line.strip()
    if has_bars(text):
        cells = [cell.strip() for cell in _BARS.split(text)]
        return cells[not cells[0] : len(cells) - (not cells[-1])]
    if "," in text:
        return [cell.strip() for cell in text.split(",")]
    return _COLUMNS.split(text) if _COLUMNS.search(text) else text.split()
