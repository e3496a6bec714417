"""The leaderboard as lines of the page: texts, and the place of each score on a common scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...diagnosis.leaderboard import LeaderboardRow
from ...families.base import BASELINE
from ...text import wording
from ...text.cleaning import short

MOST_ROWS = 40


@dataclass(frozen=True, kw_only=True)
class BoardLine:
    """One model.

    Args:
        row: Its values.
        rank: Its place; empty for the ensemble.
        spot: Where its score lies on the scale, in percent; None beyond the scale.
        left: Where its interval begins, in percent.
        width: How wide its interval is, in percent.
        parameters: Its hyperparameters in words.
    """

    row: LeaderboardRow
    rank: str
    spot: float | None
    left: float
    width: float
    parameters: str


def board_lines(rows: Sequence[LeaderboardRow]) -> list[BoardLine]:
    """Return the best models, and the rest of the ensemble; each with its place on a common scale."""
    shown = [row for rank, row in enumerate(rows) if rank <= MOST_ROWS or row.weight > 0 or row.family == BASELINE]
    # The better half makes the scale: one that held the worst would make all others look alike.
    scaled = [row for row in shown if row.family != BASELINE][: max(6, min(len(shown) // 2 + 1, MOST_ROWS // 2))]
    ends = [end for row in scaled for end in (row.score.low, row.score.high, row.score.value) if end is not None]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    span = (high - low) or 1.0
    lines = []
    for rank, row in enumerate(shown):
        place = 100 * (row.score.value - low) / span
        left = place if row.score.low is None else 100 * (row.score.low - low) / span
        right = place if row.score.high is None else 100 * (row.score.high - low) / span
        inside = 0 <= place <= 100
        left, right = max(left, 0.0), min(right, 100.0)
        lines.append(
            BoardLine(
                row=row,
                rank="" if row.trial is None else str(rank),
                spot=round(place, 2) if inside else None,
                left=round(left, 2),
                width=round(max(right - left, 0.0), 2),
                parameters=short(", ".join(f"{k} {wording.value(v)}" for k, v in row.parameters.items()), 400),
            )
        )
    return lines
