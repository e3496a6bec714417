from collections import Counter

import numpy as np
import pytest

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import State
from tunesmith.errors import InputError
from tunesmith.proposers.evolution import EvolutionProposer
from tunesmith.proposers.evolution.covariance import fit_distribution
from tunesmith.proposers.evolution.genetic import offspring
from tunesmith.proposers.random import RandomProposer
from tunesmith.testing import problems
from tunesmith.testing.contracts import build_history
from tunesmith.testing.searches import search

SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


@pytest.mark.parametrize(
    "problem",
    [problems.sphere(6), problems.mixed(), problems.conditional()],
    ids=lambda p: p.name,
)
def test_beats_random_search(problem: problems.Problem) -> None:
    ours, random = (
        [np.nanmin(search(problem, p, trials=60, seed=seed).losses) for seed in range(5)]
        for p in (EvolutionProposer(), RandomProposer())
    )
    assert np.median(ours) < np.median(random)


def _bowl(count: int, x: float, y: float, seed: int = 0) -> list[tuple[dict[str, float], float]]:
    drawn = np.random.default_rng(seed).random((count, 2)).tolist()
    return [({"x": a, "y": b}, (a - x) ** 2 + (b - y) ** 2) for a, b in drawn]


def test_learns_from_trials_of_other_proposers() -> None:
    history = build_history(SQUARE, _bowl(60, 0.8, 0.2))
    drawn = [EvolutionProposer().propose(history, count=1, seed=seed)[0] for seed in range(40)]
    places = np.array([list(p.parameters.values()) for p in drawn])
    assert np.abs(np.median(places, axis=0) - [0.8, 0.2]).max() < 0.1
    best = np.argsort(history.losses)[:30].tolist()
    born = [p for p in drawn if "child" in p.reason]
    assert 5 < len(born) < 35
    assert {p.parent for p in born} <= set(best)
    assert sum(p.parent in best[:6] for p in born) > 0.7 * len(born)
    assert all("generation 8" in p.reason for p in drawn if "child" not in p.reason)


def test_failed_trials_are_not_parents() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "kind": Choice(["a", "b"])})
    good = [({"x": 0.7 + 0.01 * k, "kind": "a"}, 1.0 + k) for k in range(12)]
    failed = [({"x": 0.1 + 0.001 * k, "kind": "b"}, State.FAILED) for k in range(30)]
    history = build_history(space, [*good, *failed])
    parents = [EvolutionProposer().propose(history, count=1, seed=s)[0].parent for s in range(20)]
    assert set(parents) <= set(range(12))
    assert sum(parent in (0, 1, 2) for parent in parents) >= 14


def test_trial_outside_the_space_is_not_a_parent() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "kind": Choice(["a", "b"])})
    own = [({"x": 7.0, "kind": "a"}, -10.0)]
    history = build_history(space, [*own, *[({"x": 0.03 * k, "kind": "a"}, float(k)) for k in range(20)]])
    for seed in range(10):
        assert EvolutionProposer().propose(history, count=1, seed=seed)[0].parent != 0


# -- children ------------------------------------------------------------------------------------------------------


def test_children_mutate_mostly_in_one_parameter() -> None:
    space = SearchSpace({f"c{index}": Choice(list("abcd")) for index in range(8)})
    parents = np.full((1, 8), 0.125)
    found, mothers = offspring(space, parents, 2000, np.random.default_rng(0))
    changes = Counter((found != parents).sum(axis=1).tolist())
    assert set(mothers.tolist()) == {0}
    assert changes[0] == 0
    assert 0.4 < changes[1] / 2000 < 0.6
    assert changes[8] > 0
    assert set(np.unique(found).tolist()) == {0.125, 0.375, 0.625, 0.875}


def test_steps_shrink_with_the_parents_spread() -> None:
    rng = np.random.default_rng(0)
    wide, narrow = ({"x": 0.3}, {"x": 0.02})
    far = []
    for spread in (wide, narrow):
        parents = np.clip(0.5 + spread["x"] * rng.standard_normal((5, 2)), 0, 1)
        found, mothers = offspring(SQUARE, parents, 1000, rng)
        far.append(np.median(np.abs(found - parents[mothers]).max(axis=1)))
    assert far[1] < 0.3 * far[0]


def test_children_have_values_for_active_parameters_only() -> None:
    space = problems.conditional().space
    rng = np.random.default_rng(1)
    parents = np.array([space.encode(space.sample(rng)) for _ in range(3)])
    found, _ = offspring(space, parents, 500, rng)
    for point in found:
        parameters = space.decode(point)
        assert np.allclose(space.encode(parameters), point, atol=1e-9, equal_nan=True)


# -- CMA-ES -------------------------------------------------------------------------------------------------------


def _played(loss: object, rounds: int, dimensions: int = 4) -> np.ndarray:
    """Return the mean of the strategy after rounds of its own trials."""
    rng = np.random.default_rng(3)
    points = rng.random((10, dimensions))
    for _ in range(rounds):
        ranks = np.argsort(np.argsort(loss(points)))  # type: ignore[operator]
        points = np.concatenate([points, np.clip(fit_distribution(points, ranks, 10, 0).sample(8, rng), 0, 1)])
    return fit_distribution(points, np.argsort(np.argsort(loss(points))), 10, 0).mean  # type: ignore[operator]


def test_cma_mean_converges_on_a_rotated_bowl() -> None:
    def slanted(points: np.ndarray) -> np.ndarray:
        away = points - 0.3
        return 100 * (away[:, 0] - away[:, 1]) ** 2 + (away**2).sum(axis=1)

    assert np.abs(_played(slanted, 60) - 0.3).max() < 0.02


def test_distant_injected_trials_do_not_inflate_the_steps() -> None:
    rng = np.random.default_rng(0)
    near = 0.5 + 0.01 * rng.standard_normal((200, 3))
    mixed = near.copy()
    mixed[20::4] = rng.integers(0, 2, (45, 3))
    for points in (near, mixed):
        order = np.argsort(np.argsort(((points - 0.5) ** 2).sum(axis=1)))
        root = fit_distribution(points, order, 10, 0).root
        assert np.sqrt((root**2).sum(axis=1)).max() < 0.2


def test_cma_restarts_when_its_steps_are_too_small() -> None:
    points = np.full((400, 2), 0.5) + 1e-6 * np.random.default_rng(0).standard_normal((400, 2))
    order = np.argsort(np.argsort(((points - 0.5) ** 2).sum(axis=1)))
    steps = [
        np.sqrt((fit_distribution(points[:n], order[:n], 10, 0).root ** 2).sum(axis=1)).max()
        for n in range(10, 400, 12)
    ]
    assert min(steps) > 1e-3 / 2
    assert max(steps[5:]) > 0.1


def test_wide_space_uses_separable_cma() -> None:
    points = np.random.default_rng(0).random((60, 200))
    root = fit_distribution(points, np.arange(60), 10, 0).root
    assert np.count_nonzero(root) == 200


def test_integers_do_not_freeze() -> None:
    space = SearchSpace({"n": Int(1, 9), "x": Float(0.0, 1.0)})
    trials = [({"n": 5, "x": 0.5 + 0.0001 * k}, float(k)) for k in range(60)]
    drawn = [EvolutionProposer().propose(build_history(space, trials), count=1, seed=s)[0] for s in range(40)]
    assert len({p.parameters["n"] for p in drawn}) >= 3


def test_startup_trials_are_validated() -> None:
    with pytest.raises(InputError, match="startup_trials must be at least 2, got 1"):
        EvolutionProposer(startup_trials=1)
