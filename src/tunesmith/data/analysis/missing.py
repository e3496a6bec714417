"""Missing values: how many, where together, and whether they tell the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ...core.arrays import Flags, Floats
from ...text.wording import share
from ..findings import Finding
from .names import listed, verb

if TYPE_CHECKING:
    from .sample import Sample

_MOSTLY = 0.5
_TOGETHER = 0.99
_LEAST_MISSING = 20
_TELLING = 0.03  # Of the target's variance.
_LEAST_SIGMAS = 6.0


def find_missing(sample: Sample) -> Iterator[Finding]:
    """Yield columns that are mostly missing, that are missing in the same rows, and whose gaps tell the target."""
    gaps = {name: sample.features[name].isna().to_numpy() for name in sample.schema.names}
    gaps = {name: gap for name, gap in gaps.items() if gap.any() and not gap.all()}
    mostly = {name: float(gap.mean()) for name, gap in gaps.items() if gap.mean() > _MOSTLY}
    if mostly:
        yield Finding(
            kind="mostly_missing",
            severity="info",
            columns=tuple(mostly),
            text=f"{listed(list(mostly))} {verb(mostly, 'is', 'are')} missing in more than half of the rows "
            f"({', '.join(map(share, list(mostly.values())[:6]))}).",
            remedy="Whether there is a value may say more than the value.",
            values={"shares": list(mostly.values())},
        )
    for names in _together({name: gap for name, gap in gaps.items() if gap.sum() >= _LEAST_MISSING}):
        yield Finding(
            kind="missing_together",
            severity="info",
            columns=tuple(names),
            text=f"{listed(names)} are missing in the same rows ({share(float(gaps[names[0]].mean()))} of all).",
            remedy="They seem to come from one source; one column that says so is enough.",
            values={"share": float(gaps[names[0]].mean())},
        )
    for index, problem in enumerate(sample.problems):
        if telling := _telling(gaps, sample.outcome[:, index], problem.is_classification):
            yield Finding(
                kind="missing_tells_target",
                severity="warning",
                columns=tuple(telling),
                text=f"Whether {listed(list(telling))} {verb(telling, 'is', 'are')} missing tells something "
                f"about '{problem.name}' ({', '.join(map(share, list(telling.values())[:6]))} of its variance).",
                remedy="Make sure that it is known before the target is; a value that is filled in later gives the "
                "target away.",
                values={"explained": list(telling.values()), "target": problem.name},
            )


def _together(gaps: dict[str, Flags]) -> list[list[str]]:
    """Return groups of columns that are missing in nearly the same rows."""
    groups: list[list[str]] = []
    for name, gap in gaps.items():
        for group in groups:
            first = gaps[group[0]]
            if (first & gap).sum() >= _TOGETHER * (first | gap).sum():
                group.append(name)
                break
        else:
            groups.append([name])
    return [group for group in groups if len(group) > 1]


def _telling(gaps: dict[str, Flags], target: Floats, is_classes: bool) -> dict[str, float]:
    """Return the share of the target's variance that each column's gaps explain, where it is beyond chance."""
    outcomes = np.eye(int(target.max()) + 1)[target.astype(int)] if is_classes else _ranks(target)[:, None]
    centred = outcomes - outcomes.mean(axis=0)
    total = (centred**2).sum()
    telling = {}
    for name, gap in gaps.items():
        missing, known = centred[gap], centred[~gap]
        if min(len(missing), len(known)) < _LEAST_MISSING or total == 0:
            continue
        between = sum(len(part) * (part.mean(axis=0) ** 2).sum() for part in (missing, known))
        explained = float(between / total)
        if explained > _TELLING and explained * len(target) > _LEAST_SIGMAS**2:
            telling[name] = explained
    return telling


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=np.float64)
