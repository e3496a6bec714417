"""The target: balance of classes, tiny classes, missing values, the shape of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Floats
from ...text.cleaning import short
from ...text.wording import count, number, share
from ..findings import Finding
from ..problem import Problem
from .names import listed, verb

if TYPE_CHECKING:
    from .sample import Sample

_RARE = 0.05
_TINY = 10
_ZEROS = 0.3
_HEAVY = 10.0
_FEW_ROWS = 50


def find_targets(sample: Sample) -> Iterator[Finding]:
    """Yield what is found about the targets, and about the number of rows and columns."""
    if sample.rows < _FEW_ROWS:
        yield Finding(
            kind="few_rows",
            severity="warning",
            text=f"The table has {count(sample.rows, 'row')}: scores are uncertain.",
            remedy="Collect more rows, or read every score with its interval.",
            values={"rows": sample.rows},
        )
    elif len(sample.schema.columns) > sample.rows:
        yield Finding(
            kind="wide",
            severity="warning",
            text=f"The table has more columns ({len(sample.schema.columns):,}) than rows ({sample.rows:,}).",
            remedy="Prefer regularised linear models and shallow trees, and select columns within each fold.",
            values={"rows": sample.rows, "columns": len(sample.schema.columns)},
        )
    for index, problem in enumerate(sample.problems):
        target = sample.target[:, index]
        yield from (_classes(problem, target) if problem.is_classification else _numbers(problem, target))


def missing_target(names: tuple[str, ...], missing: int, rows: int) -> Finding:
    """Return the finding about rows without a target."""
    return Finding(
        kind="missing_target",
        severity="info" if missing < 0.05 * rows else "warning",
        columns=names,
        text=f"{listed(names)} {verb(names, 'is', 'are')} missing in {missing:,} of {rows:,} rows.",
        remedy="These rows are left out.",
        values={"rows": missing, "share": missing / rows},
    )


def _classes(problem: Problem, target: Floats) -> Iterator[Finding]:
    counts = np.bincount(target.astype(int), minlength=len(problem.classes))
    by_class = {name: int(many) for name, many in zip(problem.classes, counts, strict=True)}
    tiny = {short(name, 40): many for name, many in by_class.items() if many < _TINY}
    if tiny:
        yield Finding(
            kind="tiny_classes",
            severity="warning",
            columns=(problem.target,),
            text=f"{count(len(tiny), 'class').replace('classs', 'classes')} of '{problem.name}' "
            f"{verb(tiny, 'has', 'have')} fewer than {_TINY} rows: "
            f"{', '.join(f'{name} ({many})' for name, many in list(tiny.items())[:6])}"
            f"{' and more' if len(tiny) > 6 else ''}.",
            remedy="Collect more rows of them, or merge them; their scores mean little.",
            values={"classes": list(tiny)[:50], "rows": list(tiny.values())[:50]},
        )
    rarest = min(by_class, key=lambda name: by_class[name])
    least = by_class[rarest] / len(target)
    if len(by_class) == 2 and least < _RARE:
        yield Finding(
            kind="imbalance",
            severity="info",
            columns=(problem.target,),
            text=f"Only {share(least)} of the rows are '{short(rarest, 40)}' ({by_class[rarest]:,} of "
            f"{len(target):,}).",
            remedy="Judge by log loss, average precision or AUC rather than accuracy, and tune the threshold.",
            values={"class": short(rarest, 40), "share": least},
        )


def _numbers(problem: Problem, target: Floats) -> Iterator[Finding]:
    zeros = float((target == 0).mean())
    if zeros >= _ZEROS and len(np.unique(target)) > 2:
        yield Finding(
            kind="zero_inflated",
            severity="info",
            columns=(problem.target,),
            text=f"'{problem.name}' is 0 in {share(zeros)} of the rows.",
            remedy="A Tweedie or Poisson objective may fit better, or one model for 'any' and one for 'how much'.",
            values={"share": zeros},
        )
    low, middle, high = np.quantile(target, [0.001, 0.5, 0.999])
    spread = float(np.subtract(*np.quantile(target, [0.75, 0.25])))
    farthest = float(np.max(np.abs(target - middle)))
    if spread > 0 and len(target) >= _FEW_ROWS and max(high - middle, middle - low) > _HEAVY * spread:
        yield Finding(
            kind="heavy_target",
            severity="info",
            columns=(problem.target,),
            text=f"A few values of '{problem.name}' are far from the others (as far as {number(farthest)} from the "
            f"median {number(float(middle))}; the quartiles are {number(spread)} apart).",
            remedy="They rule the squared error: predict the logarithm, or judge by the absolute error.",
            values={"median": float(middle), "farthest": farthest, "interquartile_range": spread},
        )
