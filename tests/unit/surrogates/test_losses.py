from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.surrogates.losses import normalise_losses

LOGNORMAL = np.exp(2 * np.random.default_rng(0).standard_normal(60))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_normalised_losses_are_finite_and_keep_their_order(losses: list[float]) -> None:
    raw = np.array(losses)
    out = normalise_losses(raw)
    assert np.isfinite(out).all()
    assert (np.diff(out[np.argsort(raw, kind="stable")]) >= -1e-9).all()


@pytest.mark.parametrize(
    "raw",
    [
        LOGNORMAL,
        -LOGNORMAL,
        np.array([1e300, -1e300, 0.0, 5e299]),
        np.array([0.0, 1.0, 1.4e308]),
        np.append(np.linspace(0.0, 1.0, 30), 1e18),
        np.append(np.linspace(0.0, 1.0, 30), -1e18),
        1e9 + 1e-3 * np.linspace(0.0, 1.0, 30),
        np.array([0.0, 1.0]),
        np.repeat([1.0, 2.0, 5.0], 10),
        np.array([0.0] * 29 + [1.0]),
        1e-300 * np.linspace(1.0, 2.0, 30),
    ],
    ids=[
        "skewed",
        "skewed down",
        "huge",
        "one huge",
        "outlier",
        "low outlier",
        "high level",
        "two",
        "ties",
        "one apart",
        "tiny",
    ],
)
def test_normalised_losses_are_standardised(raw: np.ndarray) -> None:
    out = normalise_losses(raw)
    assert out.mean() == pytest.approx(0.0, abs=1e-6)
    assert out.std() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("raw", [np.array([3.0]), np.full(20, 7.0), np.full(5, 1e300), np.zeros(4)])
def test_equal_losses_are_zero(raw: np.ndarray) -> None:
    np.testing.assert_array_equal(normalise_losses(raw), np.zeros(len(raw)))


@pytest.mark.parametrize(
    "changed",
    [lambda y: y + 3.0, lambda y: 1e-6 * y, lambda y: 2.5e5 * y - 7.0, lambda y: 1e250 * y],
    ids=["shifted", "small", "both", "huge"],
)
def test_scale_and_offset_do_not_matter(changed: Callable[[np.ndarray], np.ndarray]) -> None:
    np.testing.assert_allclose(normalise_losses(changed(LOGNORMAL)), normalise_losses(LOGNORMAL), atol=1e-6)


def test_skewed_metric_becomes_nearly_normal() -> None:
    def skewness(y: np.ndarray) -> float:
        return float(np.mean(((y - y.mean()) / y.std()) ** 3))

    assert skewness(LOGNORMAL) > 2
    assert abs(skewness(normalise_losses(LOGNORMAL))) < 0.7


def test_outlier_does_not_compress_the_others() -> None:
    raw = np.append(np.linspace(0.0, 1.0, 30), 1e18)
    out = normalise_losses(raw)
    assert np.diff(out[:30]).min() > 0.02
    assert np.ptp(out[:30]) > 2.0
