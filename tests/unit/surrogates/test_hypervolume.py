import numpy as np
import pytest

from tunesmith.core.pareto import non_dominated
from tunesmith.surrogates.hypervolume import log_expected_hypervolume_improvement, log_expected_improvement


def _drawn_gain(mean: np.ndarray, sd: np.ndarray, front: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """Return the volume of what the front leaves that a draw dominates, and the standard error of that."""
    rng = np.random.default_rng(0)
    low = mean - 6 * sd
    places = low + (reference - low) * rng.random((200_000, len(mean)))
    left = ~np.any([(member <= places).all(axis=1) for member in front], axis=0)
    gained = left & (mean + sd * rng.standard_normal(places.shape) <= places).all(axis=1)
    volume = float((reference - low).prod())
    return volume * float(gained.mean()), volume * max(float(gained.std()), 1e-4) / len(places) ** 0.5


@pytest.mark.parametrize("metrics", [2, 3, 4])
def test_ehvi_equals_the_mean_gain_of_random_draws(metrics: int) -> None:
    rng = np.random.default_rng(metrics)
    front, reference = rng.random((10, metrics)), np.full(metrics, 1.1)
    mean, sd = 0.7 * rng.random((3, metrics)), 0.05 + 0.3 * rng.random((3, metrics))
    logs = log_expected_hypervolume_improvement(mean, sd, front, reference)
    for candidate, log in enumerate(logs):
        expected, error = _drawn_gain(mean[candidate], sd[candidate], front, reference)
        assert np.exp(log) == pytest.approx(expected, abs=4 * error)


def test_certain_candidate_gains_its_exclusive_volume() -> None:
    front, reference = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1.5, 1.5])
    mean = np.array([[0.5, 0.5], [-1.0, 2.0], [1.2, 1.2]])
    logs = log_expected_hypervolume_improvement(mean, np.full((3, 2), 1e-9), front, reference)
    assert np.exp(logs[0]) == pytest.approx(0.25)
    assert (np.exp(logs[1:]) == 0).all()


def test_gain_decreases_with_distance_far_from_the_front() -> None:
    front, reference = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1.1, 1.1])
    for directions in ([1.0, 1.0], [1.0, 0.1], [0.0, 1.0]):
        steps = np.array([1.0, 10.0, 1e3, 1e6, 1e9])[:, None] * directions
        logs = log_expected_hypervolume_improvement(1.2 + steps, np.full((5, 2), 0.1), front, reference)
        assert np.isfinite(logs).all()
        assert (np.diff(logs) < 0).all()


def test_empty_front() -> None:
    empty, mean, sd = np.empty((0, 3)), np.zeros((1, 3)), np.ones((1, 3))
    log = log_expected_hypervolume_improvement(mean, sd, empty, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(log, log_expected_improvement(np.array([1.0, 2.0, 3.0])).sum())


def test_dominated_members_and_those_beyond_the_reference_are_ignored() -> None:
    rng = np.random.default_rng(0)
    values, mean, sd = rng.random((30, 3)), rng.random((20, 3)), np.full((20, 3), 0.2)
    reference = np.full(3, 0.9)
    kept = values[non_dominated(values) & (values < reference).all(axis=1)]
    np.testing.assert_allclose(
        log_expected_hypervolume_improvement(mean, sd, values, reference),
        log_expected_hypervolume_improvement(mean, sd, kept, reference),
    )


@pytest.mark.parametrize("metrics", [3, 4, 5])
def test_reduced_front_never_underestimates(metrics: int) -> None:
    rng = np.random.default_rng(0)
    front = np.abs(rng.standard_normal((200, metrics)))
    front = 1 - front / np.linalg.norm(front, axis=1)[:, None]
    draws = rng.random((1, metrics)) * 0.5, np.full((1, metrics), 0.1)
    reference = np.full(metrics, 1.1)
    log = log_expected_hypervolume_improvement(*draws, front, reference)
    expected, error = _drawn_gain(draws[0][0], draws[1][0], front, reference)
    assert np.isfinite(log).all()
    assert expected - 4 * error < np.exp(log) < 1.5 * expected + 4 * error


def test_log_ei_is_accurate_where_its_forms_meet() -> None:
    from scipy.special import log_ndtr

    units = np.concatenate([-np.logspace(8, -3, 400), np.linspace(0, 40, 100)])
    logs = log_expected_improvement(units)
    assert (np.diff(logs) > 0).all()
    middle = (units > -5) & (units < 5)
    density = np.exp(-0.5 * units[middle] ** 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(
        np.exp(logs[middle]), density + units[middle] * np.exp(log_ndtr(units[middle])), rtol=1e-7
    )
    np.testing.assert_allclose(
        log_expected_improvement(np.array([-1e6 * (1 + 1e-9), -1e6 * (1 - 1e-9)])), -5e11, rtol=1e-8
    )
