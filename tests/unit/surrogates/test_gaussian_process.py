from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.surrogates.gaussian_process import (
    Embedding,
    GaussianProcess,
    HyperPosterior,
    HyperPriors,
    fit,
    fit_cached,
    training_size,
)
from tunesmith.surrogates.losses import normalise_losses
from tunesmith.testing import problems
from tunesmith.testing.histories import spaces

SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})
LINE = SearchSpace({"x": Float(0.0, 1.0)})


def _points(space: SearchSpace, count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([space.encode(space.sample(rng)) for _ in range(count)])


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["mixed", "conditional and forbidden", "all choices", "logarithmic", "with priors"])
def test_gradient_equals_finite_differences(name: str, seed: int) -> None:
    space, rng = spaces()[name], np.random.default_rng(seed)
    posterior = HyperPosterior(Embedding(space), _points(space, 25, seed), rng.standard_normal(25), HyperPriors())
    flat = posterior.mean + rng.uniform(-0.7, 0.7, len(posterior.mean))
    numeric = approx_fprime(flat, lambda f: posterior(f)[0], 1e-6)
    np.testing.assert_allclose(posterior(flat)[1], numeric, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("name", ["mixed", "conditional and forbidden"])
def test_fit_finds_a_local_optimum(name: str) -> None:
    space = spaces()[name]
    points = _points(space, 40)
    values = _standard(np.nansum(points, axis=1))
    posterior = HyperPosterior(Embedding(space), points, values, HyperPriors())
    hyper = fit(space, points, values, iterations=200).hyper
    best = np.concatenate([hyper.lengths, [hyper.noise], hyper.warping.ravel()])
    density, rng = posterior(best)[0], np.random.default_rng(0)
    assert density < posterior(posterior.mean)[0] - 5
    for _ in range(20):
        assert posterior(best + 0.3 * rng.standard_normal(len(best)))[0] > density - 1e-3


def _wavy(points: np.ndarray) -> np.ndarray:
    return np.sin(6 * points[:, 0]) + points[:, 1] ** 2


def test_smooth_function_is_interpolated_with_calibrated_deviation() -> None:
    seen, unseen = _points(SQUARE, 30), _points(SQUARE, 300, seed=1)
    mean, scale = _wavy(seen).mean(), _wavy(seen).std()
    process = fit(SQUARE, seen, (_wavy(seen) - mean) / scale)
    at_seen, _ = process.predict(seen)
    np.testing.assert_allclose(at_seen * scale + mean, _wavy(seen), atol=0.05)
    predicted, sd = process.predict(unseen)
    errors = (_wavy(unseen) - mean) / scale - predicted
    assert np.sqrt(np.mean(errors**2)) < 0.1
    assert 0.85 < np.mean(np.abs(errors) < 2 * np.hypot(sd, process.noise)) <= 1.0
    assert sd.mean() < 0.3


def test_noise_is_estimated() -> None:
    points, rng = _points(SQUARE, 120), np.random.default_rng(0)
    clear = _standard(_wavy(points))
    noisy = clear + 0.4 * rng.standard_normal(120)
    assert fit(SQUARE, points, clear).noise < 0.05
    assert fit(SQUARE, points, noisy).noise == pytest.approx(0.4, rel=0.25)
    places = _points(SQUARE, 200, seed=1)
    mean, sd = fit(SQUARE, points, noisy).predict(places)
    truth = (_wavy(places) - _wavy(points).mean()) / _wavy(points).std()
    assert np.sqrt(np.mean((mean - truth) ** 2)) < 0.25  # The noise was not fitted.
    assert sd.mean() < 0.4  # The deviation of the noiseless metric.


def test_important_parameter_gets_a_shorter_length_scale() -> None:
    space = SearchSpace({**SQUARE.parameters, "kind": Choice(["a", "b", "c"]), "other": Choice(["a", "b", "c"])})
    points = _points(space, 60)
    values = _standard(np.sin(6 * points[:, 0]) + (points[:, 2] < 1 / 3))
    lengths = fit(space, points, values).hyper.lengths
    assert lengths[0] < lengths[1] - 1
    assert lengths[2] < lengths[3] - 0.5


def test_warping_stretches_the_end_where_the_metric_changes() -> None:
    def faster_and_faster(points: np.ndarray) -> np.ndarray:
        return np.cos(9 * points[:, 0] ** 0.35)

    points, places = np.linspace(0.0, 1.0, 20)[:, None], np.linspace(0.02, 0.98, 97)[:, None]
    mean, scale = faster_and_faster(points).mean(), faster_and_faster(points).std()
    values, truth = _standard(faster_and_faster(points)), (faster_and_faster(places) - mean) / scale
    warped, plain = fit(LINE, points, values), fit(LINE, points, values, priors=HyperPriors(warping_sd=0.0))
    errors = [np.sqrt(np.mean((p.predict(places)[0] - truth) ** 2)) for p in (warped, plain)]
    assert errors[0] < 0.7 * errors[1]
    a, b = np.exp(warped.hyper.warping[:, 0])
    first_fifth, last_fifth = 1 - (1 - 0.2**a) ** b, (1 - 0.8**a) ** b
    assert first_fifth > 2 * last_fifth
    assert not plain.hyper.warping.any()


def _squared_distance(
    embedding: Embedding, one: Mapping[str, Any], other: Mapping[str, Any], space: SearchSpace
) -> float:
    features = embedding(np.array([space.encode(one), space.encode(other)]))
    return float(((features[0] - features[1]) ** 2).sum())


def test_distances_of_ordered_and_unordered_options() -> None:
    space = SearchSpace({"kind": Choice(["a", "b", "c", "d"]), "size": Choice(["s", "m", "l"], ordered=True)})
    embedding = Embedding(space)
    apart = [_squared_distance(embedding, {"kind": "a", "size": "s"}, {"kind": k, "size": "s"}, space) for k in "abcd"]
    assert apart == pytest.approx([0.0, 1.0, 1.0, 1.0])
    steps = [_squared_distance(embedding, {"kind": "a", "size": "s"}, {"kind": "a", "size": z}, space) for z in "sml"]
    assert steps == pytest.approx([0.0, 1 / 9, 4 / 9])
    assert np.bincount(embedding.owners).tolist() == [4, 1]


def test_inactive_parameter_is_apart_from_every_value() -> None:
    space = SearchSpace({"optimizer": Choice(["sgd", "adam"]), "momentum": Float(0.0, 1.0, when={"optimizer": "sgd"})})
    embedding = Embedding(space)
    adam = {"optimizer": "adam"}
    apart = [
        _squared_distance(embedding, adam, {"optimizer": "sgd", "momentum": m}, space) - 1.0 for m in (0.0, 0.5, 1.0)
    ]
    assert min(apart) >= 0.2
    assert apart[0] == pytest.approx(apart[2])
    assert _squared_distance(embedding, adam, adam, space) == 0.0


def test_conditioning_on_the_mean_reduces_the_deviation_only() -> None:
    points = _points(SQUARE, 20)
    process = fit(SQUARE, points, _standard(_wavy(points)))
    point, elsewhere = np.array([[0.02, 0.97]]), _points(SQUARE, 50, seed=3)
    more = process.condition_on(point)
    (mean,), (sd,) = process.predict(point)
    (mean_then,), (sd_then,) = more.predict(point)
    assert mean_then == pytest.approx(mean, abs=1e-3)
    assert sd_then < 0.3 * sd
    np.testing.assert_allclose(more.predict(elsewhere)[0], process.predict(elsewhere)[0], atol=1e-3)
    assert (more.predict(elsewhere)[1] <= process.predict(elsewhere)[1] + 1e-6).all()
    higher = process.condition_on(point, np.array([mean + 1.0]))
    assert higher.predict(point)[0][0] > mean + 0.8


def test_posterior_equals_the_textbook_formula() -> None:
    points = _points(SQUARE, 8)
    values = _standard(_wavy(points))
    process = fit(SQUARE, points, values)
    assert isinstance(process, GaussianProcess)
    places = _points(SQUARE, 5, seed=1)
    inputs = [_warped(process, p) for p in (points, places)]
    noise = np.exp(process.hyper.noise) + 1e-8
    inner = _kernel(inputs[0], inputs[0]) + 1.0 + noise * np.eye(8)
    cross = _kernel(inputs[1], inputs[0]) + 1.0
    mean = cross @ np.linalg.solve(inner, values)
    variance = process.signal * (2.0 - np.einsum("ij,ji->i", cross, np.linalg.solve(inner, cross.T)))
    predicted, sd = process.predict(places)
    np.testing.assert_allclose(predicted, mean, atol=1e-6)
    np.testing.assert_allclose(sd, np.sqrt(variance), atol=1e-4)


def _warped(process: GaussianProcess, points: np.ndarray) -> np.ndarray:
    a, b = np.exp(process.hyper.warping)
    return (1 - (1 - points**a) ** b) / np.exp(process.hyper.lengths)


def _kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    distance = np.sqrt(5.0) * np.linalg.norm(one[:, None] - other[None], axis=2)
    return (1 + distance + distance**2 / 3) * np.exp(-distance)


def test_fits_are_cached_and_independent_of_earlier_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    from tunesmith.surrogates import gaussian_process

    points, other = _points(SQUARE, 57), _points(SQUARE, 57, seed=1)
    raw = _wavy(points)
    first = fit_cached(SQUARE, points, raw, normalise_losses)
    fits = []
    real: Callable[..., GaussianProcess] = gaussian_process.fit
    monkeypatch.setattr(gaussian_process, "fit", lambda *a, **k: fits.append(1) or real(*a, **k))
    fit_cached(SQUARE, points, raw, normalise_losses)
    assert not fits, "the same data was fitted twice"
    fit_cached(SQUARE, other, _wavy(other), normalise_losses)
    assert fits
    training = training_size(57)
    hyper = real(SQUARE, points[:training], normalise_losses(raw[:training])).hyper
    again = GaussianProcess(Embedding(SQUARE), hyper, points, normalise_losses(raw))
    np.testing.assert_array_equal(first.predict(other)[0], again.predict(other)[0])
    fits.clear()
    more = np.concatenate([points, other[:2]])
    grown = fit_cached(SQUARE, more, _wavy(more), normalise_losses)
    assert not fits, "two more trials caused a new fit"
    assert len(grown.values) == 59


@pytest.mark.parametrize("name", ["mixed", "conditional and forbidden", "one point", "two hundred parameters"])
def test_uninformative_data_gives_finite_predictions(name: str) -> None:
    space = spaces()[name]
    points = _points(space, 20)
    some = np.random.default_rng(0).standard_normal(20)
    trials = [
        (points, np.zeros(20)),
        (points[:1], np.zeros(1)),
        (points[:2], np.array([-1.0, 1.0])),
        (np.repeat(points[:1], 20, axis=0), some),
        (np.repeat(points[:2], 10, axis=0), np.repeat([-1.0, 1.0], 10)),
        (points, np.append(np.zeros(19), np.sqrt(20))),
    ]
    for known, values in trials:
        mean, sd = fit(space, known, values).predict(points)
        assert np.isfinite(mean).all()
        assert (sd > 0).all()
        assert np.abs(mean).max() < 10


@pytest.mark.slow
def test_three_hundred_trials() -> None:
    problem = problems.conditional()
    rng = np.random.default_rng(0)
    drawn = [problem.space.sample(rng) for _ in range(400)]
    points = np.array([problem.space.encode(p) for p in drawn])
    losses = np.array([problem.evaluate(p, 0)["y"] for p in drawn])
    process = fit_cached(problem.space, points[:300], losses[:300], normalise_losses)
    mean, sd = process.predict(points[300:])
    assert np.corrcoef(mean, normalise_losses(losses)[300:])[0, 1] > 0.95
    assert np.isfinite(sd).all()
    assert np.median(sd) < 0.3
