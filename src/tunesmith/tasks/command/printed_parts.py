"""Tables in a script's output with a column for each part of the data, and a row for each metric."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .printed_names import is_printable
from .printed_numbers import number_at
from .row_labels import names_part

_PARTS = re.compile(r"\b(?:train|training|trn|val|vali|valid|validation|dev|eval)\b", re.IGNORECASE)


def may_name_parts(line: str) -> bool:
    """Tell cheaply whether a line may be the header of such a table."""
    return _PARTS.search(line) is not None


def parts_in(cells: Sequence[str]) -> list[str]:
    """Return the parts of the data that a header names, or nothing if it is no header of such a table.

    >>> parts_in(["metric", "train", "valid", "test"]), parts_in(["Train", "Test"]), parts_in(["i", "train_a", "val_a"])
    (['train', 'valid', 'test'], ['Train', 'Test'], [])
    """
    parts = list(cells if names_part(cells[0]) else cells[1:])
    return parts if len(set(parts)) > 1 and all(map(names_part, parts)) and len(set(parts)) == len(parts) else []


def row_of_parts(cells: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    """Return the numbers of a row by part and metric, or None if it is no row of such a table.

    >>> row_of_parts(["auc", "0.9", "0.7"], ["train", "valid"])
    {'train auc': '0.9', 'valid auc': '0.7'}
    """
    name, *numbers = cells
    if len(numbers) != len(parts) or not is_printable(name) or number_at(name, 0) is not None:
        return None
    if any(number_at(number, 0) is None for number in numbers):
        return None
    return {f"{part} {name}": number for part, number in zip(parts, numbers, strict=True)}
