"""Segments of the rows in which a model is clearly worse than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Floats
from ..text import wording
from .conditions import Condition, in_words
from .diagnosis import Diagnosis
from .evidence import Evidence
from .tree import grown, split_columns

if TYPE_CHECKING:
    import pandas as pd

_LEAST_ROWS = 30
_LEAST_SHARE = 0.02
_DEPTH = 3
_MOST_SEGMENTS = 3
_LEAST_RATIO = 1.25
"""A segment's loss must exceed that of all rows by this factor to matter."""
_LEAST_Z = 3.0
_MOST_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Rows that satisfy some conditions.

    Args:
        conditions: All of them hold.
        rows: The number of rows.
        loss: The log loss or RMSE, of rows that had no part in finding the segment.
        elsewhere: That of the other rows.
        z: The difference of the losses in standard errors.
        expected: The log loss that the probabilities themselves expect; None for numbers.
        surprise: The excess over `expected` in standard errors; None for numbers.
    """

    conditions: tuple[Condition, ...]
    rows: int
    loss: float
    elsewhere: float
    z: float
    expected: float | None = None
    surprise: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the predicted probabilities tell that the segment is uncertain."""
        return self.surprise is not None and self.surprise < _LEAST_Z


def weak_segments(evidence: Evidence, *, seed: int = 0) -> list[Segment]:
    """Return the segments in which predictions are clearly worse than elsewhere, the clearest first.

    A shallow regression tree finds candidates on one half of the rows, and a test on the other half confirms them,
    so that the search itself makes no segment look weak (Chung et al. 2019, Slice Finder, with honest splitting).

    Args:
        evidence: The rows.
        seed: Of the halves.
    """
    order = np.random.default_rng(seed).permutation(len(evidence))
    half = len(order) // 2
    if half < 2 * _LEAST_ROWS:
        return []
    search, confirm = np.sort(order[:half]), np.sort(order[half:])
    columns = split_columns(evidence.features.iloc[search])
    nodes = grown(columns, _tamed(evidence, search), depth=_DEPTH, least=_least(len(search)))
    # Bonferroni for the number of nodes, about one normal quantile.
    least_z = max(_LEAST_Z, float(np.sqrt(2 * np.log(20 * max(len(nodes), 1)))))
    segments = []
    for conditions in nodes:
        segment = _measured(evidence, conditions, confirm)
        if segment is not None and segment.z >= least_z and segment.loss >= _LEAST_RATIO * segment.elsewhere:
            segments.append(segment)
    return _distinct(sorted(segments, key=lambda s: (-s.z, len(s.conditions))), evidence.features)


def diagnose_segments(evidence: Evidence, segments: list[Segment]) -> list[Diagnosis]:
    """Return a diagnosis of each weak segment."""
    diagnoses = []
    for segment in segments:
        words = in_words(segment.conditions)
        rows = wording.count(segment.rows, "row")
        loss, elsewhere = wording.rounded(segment.loss), wording.rounded(segment.elsewhere)
        text = f"{words}: {evidence.loss_name} {loss} against {elsewhere} elsewhere, {rows}."
        if segment.is_known:
            text += " The probabilities say so: they are less certain there, and right to be."
            remedy = "Add columns that tell these rows apart; more search will not help much."
        else:
            remedy = "Add columns or combinations of columns that describe these rows, or collect more such rows."
        diagnoses.append(
            Diagnosis(
                kind="weak_segment",
                severity="info" if segment.is_known else "warning",
                columns=tuple(dict.fromkeys(c.column for c in segment.conditions)),
                text=text,
                remedy=remedy,
                actions=("add_columns",) if segment.is_known else ("recipe:engineered", "collect_rows"),
                target=evidence.problem.target,
                values={
                    "segment": words,
                    "rows": segment.rows,
                    "loss": segment.loss,
                    "elsewhere": segment.elsewhere,
                    "standard_errors": segment.z,
                },
            )
        )
    return diagnoses


def _least(rows: int) -> int:
    return max(_LEAST_ROWS // 2, int(_LEAST_SHARE * rows))


def _tamed(evidence: Evidence, rows: np.ndarray) -> Floats:
    """Return the losses without their largest, which would drown the tree."""
    losses = evidence.losses[rows]
    losses = losses if evidence.problem.is_classification else np.sqrt(losses)
    return np.asarray(np.minimum(losses, np.quantile(losses, 0.99)))


def _measured(evidence: Evidence, conditions: tuple[Condition, ...], confirm: np.ndarray) -> Segment | None:
    holds = np.logical_and.reduce([condition.holds(evidence.features) for condition in conditions])
    inside, outside = evidence.losses[confirm][holds[confirm]], evidence.losses[confirm][~holds[confirm]]
    if min(len(inside), len(outside)) < _LEAST_ROWS:
        return None
    error = float(np.sqrt(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside)))
    expected = surprise = None
    if evidence.expected_losses is not None:
        hoped = evidence.expected_losses[confirm][holds[confirm]]
        excess = inside - hoped
        expected = float(hoped.mean())
        surprise = float(excess.mean() / max(excess.std(ddof=1) / np.sqrt(len(excess)), 1e-12))
    return Segment(
        conditions=conditions,
        rows=int(holds.sum()),
        loss=evidence.level(inside),
        elsewhere=evidence.level(outside),
        z=float((inside.mean() - outside.mean()) / max(error, 1e-12)),
        expected=expected,
        surprise=surprise,
    )


def _distinct(segments: list[Segment], features: pd.DataFrame) -> list[Segment]:
    """Return the first segments that share few rows with one before."""
    kept: list[Segment] = []
    masks: list[np.ndarray] = []
    for segment in segments:
        mask = np.logical_and.reduce([condition.holds(features) for condition in segment.conditions])
        overlaps = [(mask & other).sum() / min(mask.sum(), other.sum()) for other in masks]
        if max(overlaps, default=0.0) <= _MOST_OVERLAP:
            kept.append(segment)
            masks.append(mask)
    return kept[:_MOST_SEGMENTS]
