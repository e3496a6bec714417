"""Mean ranks of contenders, and the Markdown of benchmark tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_DRAWS = 10_000


def rank_table(losses: np.ndarray, contenders: Sequence[str], ours: Sequence[str]) -> str:
    """Return mean ranks with bootstrap intervals over problems, and on how many problems ours are better.

    Args:
        losses: NaN where a contender failed, shape `(problems, contenders)`.
        contenders: Their names.
        ours: Which of them are compared with all others.
    """
    count = len(losses)
    ranks = np.array([_rank(np.where(np.isnan(row), np.inf, row)) for row in losses])
    rng = np.random.default_rng(0)
    means = ranks[rng.integers(0, count, (_DRAWS, count))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    rows = []
    for index, contender in enumerate(contenders):
        beaten = [
            "" if contender == own else f"{_better(losses[:, contenders.index(own)], losses[:, index])} of {count}"
            for own in ours
        ]
        rows.append([contender, f"{ranks[:, index].mean():.2f}", f"{low[index]:.2f} to {high[index]:.2f}", *beaten])
    return markdown(["contender", "mean rank", "95 % interval", *(f"{own} is better on" for own in ours)], rows)


def with_best_bold(losses: Sequence[float]) -> list[str]:
    """Return losses as text, the best in bold."""
    known = [loss for loss in losses if not math.isnan(loss)]
    best = min(known) if known else math.nan
    return [f"**{number(loss)}**" if loss == best else number(loss) for loss in losses]


def median_and_most(values: Sequence[float]) -> str:
    """Return the median and the largest of what is known."""
    known = [value for value in values if not math.isnan(value)]
    return f"{number(float(np.median(known)))} (most {number(max(known))})" if known else "-"


def number(value: float) -> str:
    """Return four digits, and the word for a run that failed."""
    if math.isnan(value):
        return "failed"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}" if abs(value) >= 1 else f"{value:.4f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rank(losses: np.ndarray) -> np.ndarray:
    """Return ranks from 1, the mean rank for ties."""
    smaller = (losses[:, None] > losses[None, :]).sum(axis=1)
    equal = (losses[:, None] == losses[None, :]).sum(axis=1)
    ranks: np.ndarray = smaller + (equal + 1) / 2
    return ranks


def _better(ours: np.ndarray, theirs: np.ndarray) -> int:
    return int((np.where(np.isnan(ours), np.inf, ours) < np.where(np.isnan(theirs), np.inf, theirs)).sum())
