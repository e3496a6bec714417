import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tunesmith.core.pareto import (
    hypervolume,
    maximin,
    nearest_to_ideal,
    non_dominated,
    reference_point,
    relative_losses,
)

# Few values, so that ties and equal points are common.
points = st.integers(1, 4).flatmap(
    lambda metrics: arrays(float, st.tuples(st.integers(1, 12), st.just(metrics)), elements=st.integers(-2, 3))
)
BENT = np.array([[0.0, 4.0], [1.0, 2.0], [1.1, 1.9], [4.0, 0.0]])


def _dominates(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one <= other).all() and (one < other).any())


@given(points)
def test_non_dominated_points(values: np.ndarray) -> None:
    expected = [not any(_dominates(other, value) for other in values) for value in values]
    assert non_dominated(values).tolist() == expected


@given(points)
def test_order_does_not_matter(values: np.ndarray) -> None:
    order = np.random.default_rng(len(values)).permutation(len(values))
    np.testing.assert_array_equal(non_dominated(values)[order], non_dominated(values[order]))
    np.testing.assert_allclose(relative_losses(values)[order], relative_losses(values[order]), atol=1e-12)


@given(points)
def test_maximin_agrees_with_dominance(values: np.ndarray) -> None:
    losses, front = relative_losses(values), non_dominated(values)
    assert np.isfinite(losses).all()
    assert ((losses < 0) == front).all()
    for one, mine in zip(values, losses, strict=True):
        for other, theirs in zip(values, losses, strict=True):
            if _dominates(one, other):
                assert mine <= theirs


@given(points, st.sampled_from([1e-200, 1e-3, 7.0, 1e250]))
def test_maximin_does_not_depend_on_scale(values: np.ndarray, unit: float) -> None:
    scaled = values.copy()
    scaled[:, 0] *= unit
    np.testing.assert_allclose(relative_losses(scaled), relative_losses(values), atol=1e-9)


def test_isolated_members_have_lower_maximin() -> None:
    losses = maximin(BENT, BENT)
    assert losses.argsort().tolist()[:2] == [3, 0]
    np.testing.assert_allclose(maximin(np.array([[3.0, 3.0]]), BENT), [0.275])  # 1.1 behind (1.1, 1.9), of 4


def test_points_with_nan_are_on_no_front() -> None:
    values = np.array([[np.nan, 0.0], [1.0, 1.0], [np.nan, np.nan]])
    assert non_dominated(values).tolist() == [False, True, False]
    np.testing.assert_array_equal(relative_losses(values), [np.nan, -1.0, np.nan])
    assert np.isnan(relative_losses(np.full((2, 2), np.nan))).all()
    assert relative_losses(np.empty((0, 2))).shape == (0,)


def test_huge_metrics_stay_finite() -> None:
    values = np.array([[1.7e308, -1.7e308], [-1.7e308, 1.7e308], [1e300, 1e300]])
    assert np.isfinite(relative_losses(values)).all()
    assert np.isfinite(reference_point(values)).all()
    assert nearest_to_ideal(values[:2]) == 0


def test_nearest_to_ideal_does_not_depend_on_scale() -> None:
    for unit in (1.0, 1e6, 1e-6):
        assert nearest_to_ideal(BENT * [1.0, unit]) == 2
    assert nearest_to_ideal(BENT[[0, 3]]) == 0
    assert nearest_to_ideal(BENT[:1]) == 0


def test_reference_point_lies_beyond_the_front() -> None:
    values = np.vstack([BENT, [[50.0, 50.0]]])
    np.testing.assert_allclose(reference_point(values), [4.4, 4.4])
    np.testing.assert_allclose(reference_point(np.array([[2.0, 0.0]])), [2.2, 0.1])
    np.testing.assert_allclose(reference_point(np.array([[2.0, 0.0], [4.0, 30.0]])), [2.2, 3.0])


@pytest.mark.parametrize("metrics", [1, 2, 3, 4])
def test_hypervolume_equals_monte_carlo(metrics: int) -> None:
    rng = np.random.default_rng(metrics)
    front, reference = rng.random((12, metrics)), np.full(metrics, 1.1)
    drawn = rng.random((100_000, metrics)) * reference
    hit = (front[:, None] <= drawn).all(axis=2).any(axis=0)
    expected = hit.mean() * reference.prod()
    assert hypervolume(front, reference) == pytest.approx(expected, abs=4 * hit.std() / len(drawn) ** 0.5)


def test_points_beyond_the_reference_add_nothing() -> None:
    assert hypervolume(np.empty((0, 2)), np.array([1.0, 1.0])) == 0.0
    assert hypervolume(np.array([[2.0, 0.0], [0.5, 0.5], [0.6, 0.6]]), np.array([1.0, 1.0])) == 0.25


def test_hypervolume_is_the_sum_of_exclusive_volumes() -> None:
    corner = np.full(5, 1.0)
    assert hypervolume(np.array([[0.0] * 5, [0.5] * 5]), corner) == 1.0
    assert hypervolume(np.array([[0.0, 0.5, 0, 0, 0], [0.5, 0.0, 0, 0, 0]]), corner) == 0.75
