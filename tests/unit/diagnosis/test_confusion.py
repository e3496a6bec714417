from __future__ import annotations

import numpy as np
import pandas as pd

from tunesmith.data.problem import Problem
from tunesmith.diagnosis.confusion import confusion, diagnose_confusion
from tunesmith.diagnosis.evidence import Evidence


def three_classes() -> Evidence:
    """Classes of which the second is often taken for the third, and seldom found."""
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 600, p=[0.5, 0.1, 0.4])
    likely = np.where((labels == 0) & (rng.random(600) < 0.1), 1, np.where(labels == 1, 2, labels))
    return Evidence(
        problem=Problem(target="kind", kind="multiclass", classes=("ash", "beech", "cedar")),
        features=pd.DataFrame({"x": rng.normal(0, 1, 600)}),
        target=labels.astype(float),
        predictions=np.eye(3)[likely] * 0.7 + 0.1,
        rows=np.arange(600),
    )


def test_a_missed_class_and_a_mixed_up_pair_are_found() -> None:
    evidence = three_classes()
    result = confusion(evidence)
    assert result is not None
    assert sum(map(sum, result.counts)) == 600
    assert result.recall(1) == 0
    assert result.precision(0) == 1
    missed, mixed = diagnose_confusion(evidence, result)
    assert (missed.kind, missed.values["class"], missed.severity) == ("missed_class", "beech", "warning")
    assert (mixed.kind, mixed.values["taken_for"]) == ("mixed_up_classes", "cedar")
