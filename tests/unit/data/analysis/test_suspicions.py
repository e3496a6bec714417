"""What figures say about a suspicion: supported where the table is made so, and not where it is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.data.analysis.analyst import examine
from tunesmith.data.analysis.suspicions import Suspicion, SuspicionKind
from tunesmith.data.findings import Finding


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Rows of one owner are alike, `drift` rises with the target, `after` is the target with noise."""
    random = np.random.default_rng(0)
    owner = random.permutation(np.repeat(np.arange(50), 8))
    y = random.normal(size=50)[owner] + 0.5 * random.normal(size=400)
    trait = random.normal(size=50)[owner]
    return pd.DataFrame(
        {
            "owner": owner,
            "trait": trait,
            "noise": random.integers(0, 30, 400),
            "serial": random.permutation(400),
            "few": random.integers(0, 3, 400),
            "y": y,
        }
    )


@pytest.fixture(scope="module")
def rising(frame: pd.DataFrame) -> pd.DataFrame:
    random = np.random.default_rng(1)
    step = np.arange(400)
    level = np.cumsum(random.normal(size=400))
    return pd.DataFrame(
        {"step": step, "noise": random.normal(size=400), "after": level + 2 * random.normal(size=400), "y": level}
    )


def found(frame: pd.DataFrame, kind: SuspicionKind, column: str) -> Finding:
    suspicion = Suspicion(kind=kind, column=column, reason="its name says so.", by="a colleague")
    (finding,) = examine(frame, "y", [suspicion])
    assert finding.text.startswith(f"A colleague takes '{column}' for")
    assert finding.kind == f"suspected_{kind}"
    assert finding.values["supported"] is (finding.severity == "warning")
    return finding


@pytest.mark.parametrize(
    ("kind", "column", "supported"),
    [
        ("group", "owner", True),
        ("group", "noise", False),
        ("group", "few", False),
        ("time", "noise", False),
        ("time", "few", False),
        ("leak", "noise", False),
        ("identifier", "serial", True),
        ("identifier", "noise", False),
    ],
)
def test_figures_decide(kind: SuspicionKind, column: str, supported: bool, frame: pd.DataFrame) -> None:
    assert (found(frame, kind, column).severity == "warning") is supported


def test_a_drift_and_a_leak_are_supported(rising: pd.DataFrame) -> None:
    assert found(rising, "time", "step").severity == "warning"
    assert found(rising.drop(columns="step"), "leak", "after").severity == "warning"


def test_too_few_rows_for_figures_are_told(frame: pd.DataFrame) -> None:
    assert "too few rows" in found(frame.head(30), "leak", "noise").text


def test_a_column_that_does_not_exist_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"no column 'owners'\. Did you mean 'owner'"):
        found(frame, "group", "owners")
