from collections.abc import Mapping

import numpy as np
import pytest

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, Value
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialProposed
from tunesmith.proposers.grid import GridProposer
from tunesmith.testing.contracts import MINIMIZE, build_history, spaces

FINITE = [name for name, space in spaces().items() if np.isfinite(space.size) and space.size < 1000]


def _walk(space: SearchSpace, trials: int, points: int = 5, batch: int = 1) -> list[Mapping[str, Value]]:
    """Return all configurations that a study asks for in batches, until there are no new ones."""
    history = History(space, MINIMIZE)
    while len(history.trials) < trials:
        for proposal in GridProposer(points=points).propose(history, count=batch, seed=0):
            if history.has_tried(proposal.parameters):
                return [trial.parameters for trial in history.trials]
            data = {"parameters": dict(proposal.parameters), "proposer": proposal.proposer}
            history.apply(TrialProposed(trial=len(history.trials), proposal=Proposal(**data)))
    return [trial.parameters for trial in history.trials]


@pytest.mark.parametrize("name", FINITE)
def test_every_configuration_of_a_finite_space_comes_once(name: str) -> None:
    space = spaces()[name]
    walked = sorted(space.key(parameters) for parameters in _walk(space, 1000))
    assert walked == sorted(space.key(parameters) for parameters in space.configurations())


def test_proposals_do_not_depend_on_the_batch_size() -> None:
    space = spaces()["mixed"]
    assert _walk(space, 40) == _walk(space, 40, batch=8)


def test_exhausted_grid_is_refined() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "n": Int(1, 100)})
    walked = _walk(space, 25, points=3)
    assert {p["x"] for p in walked[:9]} == {0.0, 0.5, 1.0}
    assert {p["n"] for p in walked[:9]} == {1, 51, 100}
    assert {p["x"] for p in walked} == {0.0, 0.25, 0.5, 0.75, 1.0}


def test_values_are_evenly_spaced_on_the_scale() -> None:
    walked = _walk(SearchSpace({"lr": Float(1e-4, 1.0, log=True)}), 5)
    assert sorted(p["lr"] for p in walked) == [1e-4, 1e-3, 0.01, 0.1, 1.0]


def test_interrupted_grid_has_used_every_value() -> None:
    space = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(20)})
    walked = _walk(space, 50)
    for name in space.names:
        counts = [sum(p[name] == value for p in walked) for value in (0.0, 0.25, 0.5, 0.75, 1.0)]
        assert counts == [10] * 5, name


def test_branches_take_turns() -> None:
    space = spaces()["conditional and forbidden"]
    families = [p["family"] for p in _walk(space, 20)]
    assert all(families.count(family) >= 4 for family in ("linear", "boosting", "network"))


def test_number_of_branches_is_limited() -> None:
    switches: dict[str, Choice | Float] = {f"on{index}": Choice([False, True]) for index in range(30)}
    weights = {f"w{index}": Float(0.0, 1.0, when={f"on{index}": True}) for index in range(30)}
    space = SearchSpace(switches | weights)
    walked = _walk(space, 60)
    assert all(space.contains(parameters) for parameters in walked)
    assert len({space.key(parameters) for parameters in walked}) == 60


def test_tried_configurations_are_skipped() -> None:
    space = SearchSpace({"x": Int(0, 4)})
    history = build_history(space, [({"x": 2}, 1.0), ({"x": 0}, 1.0)])
    proposals = GridProposer().propose(history, count=5, seed=0)
    assert {p.parameters["x"] for p in proposals} == {1, 3, 4}
    assert all("5 values per number" in p.reason for p in proposals)


def test_exhausted_finite_space_gives_a_reason() -> None:
    space = SearchSpace({"x": Int(0, 1)})
    (proposal,) = GridProposer().propose(build_history(space, [({"x": 0}, 1.0), ({"x": 1}, 1.0)]), count=1, seed=0)
    assert "exhausted" in proposal.reason


def test_points_are_validated() -> None:
    with pytest.raises(InputError, match="points must be at least 1, got 0"):
        GridProposer(points=0)
