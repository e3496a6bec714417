import numpy as np
import pytest

from tunesmith.core.parameters import Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import State
from tunesmith.errors import SpaceExhausted
from tunesmith.proposers.random import RandomProposer
from tunesmith.testing.contracts import build_history


def test_draws_are_uniform_on_the_scale() -> None:
    space = SearchSpace({"lr": Float(1e-6, 1.0, log=True)})
    drawn = RandomProposer().propose(build_history(space, []), count=2000, seed=3)
    counts, _ = np.histogram([np.log10(p.parameters["lr"]) for p in drawn], bins=6, range=(-6, 0))
    assert counts.min() > 250
    assert counts.max() < 420


def test_calls_and_seeds_differ() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0)})
    drawn = {
        RandomProposer()
        .propose(build_history(space, [({"x": 0.5}, State.FAILED)] * n), count=1, seed=seed)[0]
        .parameters["x"]
        for n in range(5)
        for seed in range(5)
    }
    assert len(drawn) == 25


def test_forbidden_space_raises() -> None:
    space = SearchSpace({"x": Int(0, 9)}, [{"x": {"low": 0}}])
    with pytest.raises(SpaceExhausted, match="Loosen the forbidden"):
        RandomProposer().propose(build_history(space, []), count=1, seed=0)
