import json

import numpy as np
import pytest

from tunesmith import Choice, Float, InputError, Int, SearchSpace
from tunesmith.core.parameters import Parameter
from tunesmith.core.priors import prior_of

EXPECTED: dict[str, Parameter] = {
    "number": Float(0.0, 2.0, prior=0.4, confidence=0.9),
    "number at the border": Float(0.0, 2.0, prior=0.0, confidence=0.2),
    "number in steps": Float(0.0, 2.0, step=0.25, prior=0.5, confidence=0.9),
    "logarithmic number": Float(1e-6, 1.0, log=True, prior=1e-3, confidence=1.0),
    "whole number": Int(1, 9, prior=8, confidence=0.1),
    "logarithmic whole number": Int(1, 500, log=True, prior=20, confidence=0.7),
    "one point": Int(3, 3, prior=3),
    "choice": Choice(["a", "b", "c"], prior="b", confidence=0.8),
    "surest choice": Choice(["a", "b", "c"], prior="b", confidence=1.0),
    "ordered choice": Choice(["s", "m", "l", "xl"], ordered=True, prior="s", confidence=0.6),
    "weighted choice": Choice(["a", "b", "c"], weights=[3, 0, 1]),
    "weighted ordered choice": Choice([1, 2, 3], ordered=True, weights=[0.1, 0.8, 0.1]),
}


@pytest.fixture(params=list(EXPECTED.values()), ids=list(EXPECTED))
def parameter(request: pytest.FixtureRequest) -> Parameter:
    return request.param  # type: ignore[no-any-return]


def drawn(parameter: Parameter, count: int = 20_000) -> np.ndarray:
    space = SearchSpace({"x": parameter})
    points = space.from_prior((np.arange(count)[:, None] + 0.5) / count)
    return np.array([space.encode(space.decode(point))[0] for point in points])


def test_density_has_mean_one(parameter: Parameter) -> None:
    expected = prior_of(parameter)
    assert expected is not None
    assert expected.density((np.arange(100_000) + 0.5) / 100_000).mean() == pytest.approx(1.0, abs=2e-3)


def test_density_is_never_zero(parameter: Parameter) -> None:
    space = SearchSpace({"x": parameter})
    assert space.log_prior(np.linspace(0, 1, 300)[:, None]).min() >= np.log(0.0999)


def test_prior_value_is_the_mode(parameter: Parameter) -> None:
    space = SearchSpace({"x": parameter})
    likeliest = parameter.prior
    if isinstance(parameter, Choice) and parameter.weights is not None:
        likeliest = parameter.options[int(np.argmax(parameter.weights))]
    at_it = space.log_prior(space.encode({"x": likeliest})[None])[0]
    assert at_it >= space.log_prior(np.linspace(0, 1, 500)[:, None]).max() - 1e-6
    assert at_it > 0 or parameter.size == 1


def test_samples_follow_the_prior(parameter: Parameter) -> None:
    expected = prior_of(parameter)
    assert expected is not None
    # The mean over samples equals the density-weighted mean over uniform values.
    values = drawn(parameter)
    even = drawn(Float(0.0, 1.0))
    if parameter.size < 1000:
        even = np.array([parameter.to_unit(parameter.from_unit(unit)) for unit in even])
    weights = expected.density(even)
    for moment in (1, 2):
        assert np.mean(values**moment) == pytest.approx(np.mean(even**moment * weights), abs=2e-3)


def test_confidence_narrows_the_prior() -> None:
    spreads = [drawn(Float(0.0, 1.0, prior=0.6, confidence=sure)).std() for sure in (0.1, 0.5, 0.9, 1.0)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] < drawn(Float(0.0, 1.0)).std()


def test_prior_probabilities_of_options() -> None:
    half = drawn(Choice(["a", "b"], prior="b", confidence=0.5))
    assert np.mean(half > 0.5) == pytest.approx(0.9 * 0.75 + 0.05, abs=1e-3)
    weighted = drawn(Choice(["a", "b", "c"], weights=[3, 0, 1]))
    assert np.mean(weighted < 1 / 3) == pytest.approx(0.9 * 0.75 + 0.1 / 3, abs=1e-3)


def test_log_prior_sums_active_parameters() -> None:
    space = SearchSpace(
        {
            "kind": Choice(["a", "b"], prior="a"),
            "x": Float(0.0, 1.0, prior=0.2, when={"kind": "a"}),
            "free": Float(0.0, 1.0),
        }
    )
    assert space.has_prior
    both, one = space.log_prior(np.array([[0.25, 0.2, 0.9], [0.75, np.nan, 0.1]]))
    alone = SearchSpace({"x": Float(0.0, 1.0, prior=0.2)}).log_prior(np.array([[0.2]]))[0]
    assert both == pytest.approx(np.log(0.9 * 0.75 + 0.05) + np.log(2) + alone)
    assert one == pytest.approx(np.log(0.9 * 0.25 + 0.05) + np.log(2))
    moved = space.from_prior(np.array([[0.5, np.nan, 0.123]]))
    assert moved[0, 2] == 0.123
    assert np.isnan(moved[0, 1])


def test_space_without_a_prior_is_uniform() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "kind": Choice(["a", "b"])})
    points = np.random.default_rng(0).random((5, 2))
    assert not space.has_prior
    assert (space.log_prior(points) == 0).all()
    assert (space.from_prior(points) == points).all()


def test_prior_round_trip(parameter: Parameter) -> None:
    space = SearchSpace({"x": parameter})
    tables, _ = space.to_tables()
    assert SearchSpace.from_tables(json.loads(json.dumps(tables))) == space
    assert "prior" in tables["x"] or "weights" in tables["x"]


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ({"type": "float", "low": 0, "high": 1, "prior": 2}, "prior", "lie in the range from 0.0 to 1.0"),
        ({"type": "float", "low": 0, "high": 1, "prior": float("nan")}, "prior", "finite number"),
        ({"type": "float", "low": 0, "high": 1, "prior": "high"}, "prior", "must be a number"),
        ({"type": "float", "low": 0, "high": 1, "prior": 0.5, "confidence": 0}, "confidence", "above 0"),
        ({"type": "float", "low": 0, "high": 1, "prior": 0.5, "confidence": 80}, "confidence", "at most 1"),
        ({"type": "float", "low": 0, "high": 1, "confidence": 0.8}, "confidence", "needs a prior"),
        ({"type": "int", "low": 0, "high": 9, "prior": 1.5}, "prior", "whole number"),
        ({"type": "choice", "options": [1, 2], "prior": 3}, "prior", "one of the options"),
        ({"type": "choice", "options": [1, 2], "prior": 1, "weights": [1, 2]}, "weights", "exclude each other"),
        ({"type": "choice", "options": [1, 2], "weights": [1]}, "weights", "one for each option"),
        ({"type": "choice", "options": [1, 2], "weights": [1, -1]}, "weights", "at least 0"),
        ({"type": "choice", "options": [1, 2], "weights": [0, 0]}, "weights", "not all 0"),
        ({"type": "choice", "options": [1, 2], "weights": 3}, "weights", "must be 2 numbers"),
        ({"type": "choice", "options": [1, 2], "weights": [1, 1], "confidence": 0.9}, "confidence", "needs a prior"),
    ],
)
def test_invalid_priors_are_refused(table: dict[str, object], key: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        SearchSpace.from_tables({"x": table})
    assert caught.value.keys == ("x", key)
