import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data.problem import Problem
from tunesmith.ensembles.calibration import apply_sharpness, fit_sharpness, sharpen, sharpness

CLASSES = Problem(target="c", kind="multiclass", classes=("a", "b", "d"))
NUMBER = Problem(target="n", kind="regression")


def drawn(rows: int, exponent: float) -> tuple[np.ndarray, np.ndarray]:
    """Classes, and probabilities that have to be raised to an exponent to be those that the classes were drawn from."""
    rng = np.random.default_rng(0)
    true = rng.dirichlet([1.0, 1.0, 1.0], size=rows)
    target = (rng.random((rows, 1)) > true.cumsum(axis=1)).sum(axis=1).astype(float)
    return target, sharpen(true, 1 / exponent)


@pytest.mark.parametrize("exponent", [0.6, 1.0, 2.0])
def test_the_exponent_of_timid_and_bold_predictions_is_found(exponent: float) -> None:
    target, predictions = drawn(4000, exponent)
    assert sharpness(target, predictions) == pytest.approx(exponent, rel=0.1)


def test_numbers_are_left_alone() -> None:
    target, predictions = drawn(500, 2.0)
    both = np.column_stack([predictions, np.arange(500.0)])
    targets = np.column_stack([target, np.zeros(500)])
    exponents = fit_sharpness((CLASSES, NUMBER), targets, both)
    assert exponents[1] == 1.0
    assert exponents[0] > 1.5
    np.testing.assert_array_equal(apply_sharpness((CLASSES, NUMBER), both, exponents)[:, 3], both[:, 3])


@given(st.floats(0.3, 3), st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=5))
def test_sharpened_probabilities_are_probabilities_in_the_same_order(exponent: float, rows: list[list[float]]) -> None:
    predictions = np.array(rows) + 1e-3
    sharp = sharpen(predictions, exponent)
    if exponent != 1:
        np.testing.assert_allclose(sharp.sum(axis=1), 1)
    assert (sharp[np.arange(len(sharp)), predictions.argmax(axis=1)] >= sharp.max(axis=1) - 1e-12).all()
