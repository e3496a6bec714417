"""The alternatives that a help text lists, as in `iforest, lof or ocsvm`, `one of a|b|c` and `{a, b, c}`."""

from __future__ import annotations

import re

_WORD = r"(?<![\w.+-])[\"'`]?[A-Za-z0-9][\w.+-]*[\"'`]?(?:\s*\([^()]*\))?"
_LISTS = (
    rf"{_WORD}(?:\s*\|\s*{_WORD})+",
    rf"{_WORD}(?:\s*/\s*{_WORD})+",
    rf"{_WORD}(?:\s*,\s*(?!or\b|and\b){_WORD})+(?:\s*,?\s*(?:or|and)\s+{_WORD})?",
    rf"{_WORD}(?:\s*,?\s*or\s+{_WORD})+",
)
_NO_ALTERNATIVES = (
    "a an any the other others another else etc not your which that where with if as by so see use or and more its it "
    "to in of for is are default case only e.g i.e all both either"
)
"""Words of a sentence, with which a list ends."""
_MOST = 20


def listed_alternatives(help_text: str, present: str) -> list[str]:
    """Return the alternatives that a help text lists, if the present value is one of them; else nothing.

    Args:
        help_text: The script's own text about an option.
        present: The present value.

    >>> listed_alternatives("Detector: iforest, lof or ocsvm. [default: lof]", "lof")
    ['iforest', 'lof', 'ocsvm']
    >>> listed_alternatives("sqrt, log2 or a number", "sqrt"), listed_alternatives("one of a|b", "c")
    (['sqrt', 'log2'], [])
    """
    for pattern in _LISTS:
        for match in re.finditer(pattern, " ".join(help_text.split())):
            found = _items(match[0], present)
            if present in found and 1 < len(found) <= _MOST:
                return found
    return []


def _items(text: str, present: str) -> list[str]:
    bare = re.sub(r"\([^()]*\)", "", text)
    items: list[str] = []
    for word in re.split(r"\s*[|/,]\s*(?:or\s+|and\s+)?|\s+(?:or|and)\s+", bare):
        item = word.strip(" \"'`").rstrip(".")
        if not item or (item.lower() in _NO_ALTERNATIVES.split() and item != present):
            break
        items.append(item)
    return list(dict.fromkeys(items))
