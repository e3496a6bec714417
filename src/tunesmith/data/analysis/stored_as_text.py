"""Columns of text that hold numbers or dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...text.cleaning import short
from ...text.wording import count, share
from ..findings import Finding
from .names import listed

if TYPE_CHECKING:
    import pandas as pd

    from .sample import Sample

_WITH_UNIT = re.compile(r"^\s*([€$£¥]?)\s*[-+]?\d[\d.,' ]*\s*([^\W\d_]{1,12}|%|[€$£¥]|°[CF]?)?\s*$")
_UNIT_SHARE = 0.95
_LEAST_DISTINCT = 10
_PARTLY = (0.5, 0.95)
_MOST_EXAMPLES = 3


def find_stored_as_text(sample: Sample) -> Iterator[Finding]:
    """Yield columns of text that are read as numbers or dates, and those that nearly could be."""
    import pandas as pd

    for column in sample.schema.columns:
        raw = sample.raw[column.name]
        if raw.dtype.kind in "iufbM" or isinstance(raw.dtype, pd.CategoricalDtype):
            continue
        known = raw[raw.notna()]
        if not len(known):
            continue
        if column.kind in ("number", "date"):
            yield _read(column.name, column.kind, known, sample.features[column.name])
        elif column.kind == "category":
            yield from _nearly(column.name, known.astype(str))


def _read(name: str, kind: str, known: pd.Series, read: pd.Series) -> Finding:
    """Return the finding about a column that is read as numbers or dates."""
    lost = known[read.loc[known.index].isna()].astype(str)
    blank = lost.str.strip() == ""
    what = "numbers" if kind == "number" else "dates"
    text = f"'{name}' holds {what} stored as text; it is read as {what}."
    if blank.any():
        text += f" {count(int(blank.sum()), 'blank value')} {'is' if blank.sum() == 1 else 'are'} read as missing."
    unread = lost[~blank]
    if len(unread):
        text += f" {count(len(unread), 'value')} that cannot be read become missing, such as {_examples(unread)}."
    return Finding(
        kind=f"{kind}_as_text",
        severity="warning" if len(unread) else "info",
        columns=(name,),
        text=text,
        remedy="Check those values: if they mean something, give them a column of their own." if len(unread) else "",
        values={"blank": int(blank.sum()), "unread": len(unread), "examples": _distinct(unread)},
    )


def _nearly(name: str, known: pd.Series) -> Iterator[Finding]:
    """Yield what is found about a column of words of which many are numbers."""
    import pandas as pd

    matches = [_WITH_UNIT.match(value) for value in known.unique()]
    found = [match for match in matches if match]
    units = {match[1] + (match[2] or "") for match in found}
    if len(found) >= max(_UNIT_SHARE * len(matches), _LEAST_DISTINCT) and len(units - {""}) in (1, 2):
        yield Finding(
            kind="number_with_unit",
            severity="warning",
            columns=(name,),
            text=f"'{name}' holds numbers with a unit ({', '.join(sorted(units - {''}))}), such as "
            f"{_examples(known)}; it is read as words.",
            remedy="Take the unit off, so that the values can be compared as numbers.",
            values={"units": sorted(units), "examples": _distinct(known)},
        )
        return
    numeric = pd.to_numeric(known, errors="coerce").notna().to_numpy()
    if _PARTLY[0] <= numeric.mean() < _PARTLY[1] and known[numeric].nunique() >= _LEAST_DISTINCT:
        yield Finding(
            kind="mixed_types",
            severity="warning",
            columns=(name,),
            text=f"{share(float(numeric.mean()))} of the values of '{name}' are numbers, the others are words such as "
            f"{_examples(known[~numeric])}; all are read as words.",
            remedy="Put the words into a column of their own, or leave those values empty.",
            values={"numeric_share": float(numeric.mean()), "examples": _distinct(known[~numeric])},
        )


def _distinct(values: pd.Series) -> list[str]:
    return [short(value, 40) for value in values.value_counts().index[:_MOST_EXAMPLES]]


def _examples(values: pd.Series) -> str:
    return listed(_distinct(values))
