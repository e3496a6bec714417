"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..text import wording
from ..text.cleaning import short
from .diagnosis import Diagnosis
from .evidence import Evidence

_LEAST_ROWS = 20
_LOW_RECALL = 0.3
_MUCH_CONFUSED = 0.2
_MOST_P_VALUE = 1e-3
_MOST_TOLD = 3


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Counts of rows by true and predicted class.

    Args:
        classes: The classes.
        counts: By true class, then by predicted class.
    """

    classes: Sequence[str]
    counts: tuple[tuple[int, ...], ...]

    @property
    def accuracy(self) -> float:
        """The share of rows whose class was predicted."""
        matrix = np.array(self.counts)
        return float(np.trace(matrix) / matrix.sum())

    def recall(self, index: int) -> float | None:
        """Return the share of a class's rows that were predicted as such; None without rows."""
        total = sum(self.counts[index])
        return self.counts[index][index] / total if total else None

    def precision(self, index: int) -> float | None:
        """Return the share of the rows predicted as a class that are of it; None without rows."""
        total = sum(row[index] for row in self.counts)
        return self.counts[index][index] / total if total else None


def confusion(evidence: Evidence) -> Confusion | None:
    """Return the confusion matrix of the chosen class of each row; None for numbers."""
    if not evidence.problem.is_classification:
        return None
    classes = evidence.problem.classes
    pairs = evidence.labels * len(classes) + evidence.chosen
    counts = np.bincount(pairs, minlength=len(classes) ** 2).reshape(len(classes), len(classes))
    return Confusion(classes=classes, counts=tuple(tuple(map(int, row)) for row in counts))


def diagnose_confusion(evidence: Evidence, result: Confusion | None) -> list[Diagnosis]:
    """Return a diagnosis of each class that is hardly found, and of each pair of classes mixed up beyond chance."""
    if result is None:
        return []
    return [*_missed(evidence, result), *(_mixed_up(evidence, result) if len(result.classes) > 2 else [])]


def _missed(evidence: Evidence, result: Confusion) -> list[Diagnosis]:
    found = []
    total = len(evidence)
    for index, name in enumerate(result.classes):
        rows, recall = sum(result.counts[index]), result.recall(index)
        if recall is None or rows < _LEAST_ROWS or recall >= _LOW_RECALL or rows > total / len(result.classes):
            continue
        words = short(name, 40)
        found.append(
            Diagnosis(
                kind="missed_class",
                severity="warning" if recall < _LOW_RECALL / 3 else "info",
                text=f"Class {words} is found in {result.counts[index][index]:,} of its {wording.count(rows, 'row')}"
                f" ({wording.share(recall)}).",
                remedy="If missing it is costly: predict it from a lower probability on, or give its rows more weight.",
                actions=("tune_threshold", "weight_classes"),
                target=evidence.problem.target,
                values={"class": words, "recall": recall, "rows": rows, "precision": result.precision(index)},
            )
        )
    return sorted(found, key=lambda diagnosis: diagnosis.values["recall"])[:_MOST_TOLD]


def _mixed_up(evidence: Evidence, result: Confusion) -> list[Diagnosis]:
    """Return the pairs in which a class takes more of another's errors than its own frequency explains."""
    from scipy.special import bdtrc

    counts = np.array(result.counts)
    predicted = counts.sum(axis=0) / counts.sum()
    found: list[tuple[float, Diagnosis]] = []
    for truth, taken_for in np.argwhere(counts >= _LEAST_ROWS / 2):
        if truth == taken_for:
            continue
        rows, errors = int(counts[truth].sum()), int(counts[truth].sum() - counts[truth, truth])
        many, share = int(counts[truth, taken_for]), counts[truth, taken_for] / counts[truth].sum()
        chance = float(predicted[taken_for] / max(1 - predicted[truth], 1e-12))
        p_value = float(bdtrc(many - 1, errors, min(chance, 1.0)))  # Of so many errors or more by chance.
        if share < _MUCH_CONFUSED or p_value > _MOST_P_VALUE:
            continue
        one, other = short(result.classes[truth], 40), short(result.classes[taken_for], 40)
        found.append(
            (
                float(share),
                Diagnosis(
                    kind="mixed_up_classes",
                    severity="info",
                    text=f"Class {one} is taken for {other} in {many:,} of {wording.count(rows, 'row')}"
                    f" ({wording.share(float(share))}).",
                    remedy=f"Add columns that tell {one} from {other}, or join the two if that is enough.",
                    actions=("add_columns", "recipe:engineered"),
                    target=evidence.problem.target,
                    values={"class": one, "taken_for": other, "share": float(share), "rows": rows},
                ),
            )
        )
    return [diagnosis for _, diagnosis in sorted(found, key=lambda pair: -pair[0])[:_MOST_TOLD]]
