"""Columns of words: free text, and many categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...text.wording import number, share
from ..findings import Finding
from .names import listed, verb

if TYPE_CHECKING:
    from .sample import Sample

_MANY = 50
_LEAST_WORDS = 2.0
_NEARLY_ALL = 0.5


def find_words(sample: Sample) -> Iterator[Finding]:
    """Yield columns of free text, and those with many categories."""
    for column in sample.columns("text"):
        texts = sample.features[column.name].dropna()
        mean = float(texts.str.count(r"\S+").mean()) if len(texts) else 0.0
        if mean < _LEAST_WORDS:
            continue
        yield Finding(
            kind="free_text",
            severity="info",
            columns=(column.name,),
            text=f"'{column.name}' is free text of {number(mean, 3)} words on average.",
            remedy="Families that read text use its words; for the others the recipe turns it into numbers.",
            values={"mean_words": mean, "distinct": int(texts.nunique())},
        )
    many = {}
    for column in sample.columns("category"):
        known = sample.features[column.name].dropna()
        distinct = int(known.nunique())
        if distinct > _NEARLY_ALL * len(known) and distinct > 2 and len(known) >= _MANY:
            if distinct < len(known):
                yield _nearly_unique(column.name, distinct, len(known))
        elif distinct > _MANY:
            many[column.name] = distinct
    if many:
        counts = ", ".join(f"{distinct:,}" for distinct in list(many.values())[:6])
        yield Finding(
            kind="high_cardinality",
            severity="info",
            columns=tuple(many),
            text=f"{listed(list(many))} {verb(many, 'has', 'have')} many categories ({counts}).",
            remedy="Encode by the target (out of fold) or by frequency rather than one column for each.",
            values={"distinct": list(many.values())},
        )


def _nearly_unique(name: str, distinct: int, rows: int) -> Finding:
    return Finding(
        kind="nearly_unique",
        severity="info",
        columns=(name,),
        text=f"'{name}' has {distinct:,} different values in {rows:,} rows ({share(distinct / rows)}): "
        "most categories are seen once.",
        remedy=f"Extract what is common to them, or leave it out with --exclude {name}.",
        values={"distinct": distinct, "rows": rows},
    )
