"""Out-of-fold predictions as good as they can be, into which a test plants a fault."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunesmith.core.arrays import Floats
from tunesmith.data.problem import Problem
from tunesmith.diagnosis.evidence import Evidence

ROWS = 1600


def features(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    days = pd.to_timedelta(rng.integers(0, 900, rows), "D")
    return pd.DataFrame(
        {
            "tenure": rng.integers(0, 60, rows).astype(float),
            "charge": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(50, 20, rows)),
            "contract": pd.Categorical(rng.choice(["monthly", "yearly"], rows)),
            "since": (pd.Timestamp("2020-01-01") + days).astype("datetime64[s]"),
        }
    )


def binary(
    truth: Floats, predicted: Floats | None = None, frame: pd.DataFrame | None = None, seed: int = 1
) -> Evidence:
    """Probabilities, which are true or as given, of labels that are drawn from the truth."""
    drawn = (np.random.default_rng(seed).random(len(truth)) < truth).astype(float)
    shown = truth if predicted is None else predicted
    return Evidence(
        problem=Problem(target="churn", kind="binary", classes=("No", "Yes")),
        features=features(len(truth)) if frame is None else frame,
        target=drawn,
        predictions=np.column_stack([1 - shown, shown]),
        rows=np.arange(len(truth)),
    )


def regression(target: Floats, predicted: Floats, frame: pd.DataFrame | None = None) -> Evidence:
    return Evidence(
        problem=Problem(target="price", kind="regression"),
        features=features(len(target)) if frame is None else frame,
        target=target,
        predictions=predicted[:, None],
        rows=np.arange(len(target)),
    )
