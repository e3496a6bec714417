from __future__ import annotations

import numpy as np
import pytest
from planted import ROWS, binary

from tunesmith.core.arrays import Floats
from tunesmith.diagnosis.calibration import calibration, diagnose_calibration


def sharper(truth: Floats, factor: float) -> Floats:
    odds = (truth / (1 - truth)) ** factor
    return np.asarray(odds / (1 + odds))


@pytest.mark.parametrize(("factor", "word"), [(3.0, "too confident"), (0.4, "too cautious")])
def test_miscalibration_is_found_with_its_cure(factor: float, word: str) -> None:
    truth = np.random.default_rng(0).beta(2, 2, ROWS)
    evidence = binary(truth, sharper(truth, factor))
    result = calibration(evidence)
    assert result is not None
    assert result.temperature == pytest.approx(factor, rel=0.2)
    assert result.error_low < result.error < result.error_high
    (found,) = diagnose_calibration(evidence, result)
    assert word in found.text
    assert found.severity == "warning"
    assert found.actions == ("calibrate",)


def test_bins_hold_the_rows_and_their_truth() -> None:
    evidence = binary(np.random.default_rng(0).beta(2, 2, ROWS))
    result = calibration(evidence)
    assert result is not None
    assert sum(one.rows for one in result.bins) == ROWS
    assert sum(one.rows * one.observed for one in result.bins) == pytest.approx(evidence.target.sum())
    inside = [one.low <= one.predicted <= one.high for one in result.bins]
    assert sum(inside) >= len(inside) - 2
    assert result.brier == pytest.approx(float(np.mean((evidence.predictions[:, 1] - evidence.target) ** 2)))
