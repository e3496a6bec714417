"""A model that is as good as it can be gets no diagnosis: what is left is noise."""

from __future__ import annotations

import numpy as np
import pytest
from planted import ROWS, binary, regression

from tunesmith.diagnosis.assessment import assess_problem


@pytest.mark.parametrize("seed", range(6))
def test_true_probabilities_are_not_blamed(seed: int) -> None:
    truth = np.random.default_rng(seed).beta(2, 2, ROWS)
    assert assess_problem(binary(truth, seed=seed + 100)).diagnoses == ()


@pytest.mark.parametrize("seed", range(6))
def test_normal_errors_are_not_blamed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predicted = rng.normal(100, 30, ROWS)
    assert assess_problem(regression(predicted + rng.normal(0, 10, ROWS), predicted)).diagnoses == ()


def test_few_rows_give_no_diagnosis_and_no_error() -> None:
    assert assess_problem(binary(np.array([0.2, 0.7, 0.5]))).diagnoses == ()
    assert assess_problem(regression(np.arange(3.0), np.ones(3))).diagnoses == ()
