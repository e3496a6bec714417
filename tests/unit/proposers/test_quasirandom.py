import numpy as np

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import State
from tunesmith.proposers.quasirandom import QuasirandomProposer
from tunesmith.testing.contracts import MINIMIZE, build_history

SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


def _points(space: SearchSpace, count: int, *, seed: int = 0, already: int = 0) -> list[dict[str, object]]:
    history = build_history(space, [({}, State.FAILED)] * already, MINIMIZE)
    return [dict(p.parameters) for p in QuasirandomProposer().propose(history, count=count, seed=seed)]


def test_sixteen_points_fill_every_cell() -> None:
    cells = {(int(4 * p["x"]), int(4 * p["y"])) for p in _points(SQUARE, 16)}  # type: ignore[call-overload]
    assert len(cells) == 16


def test_resumed_study_continues_the_sequence() -> None:
    assert _points(SQUARE, 5) == [*_points(SQUARE, 2), *_points(SQUARE, 3, already=2)]


def test_seeds_give_different_sequences() -> None:
    assert _points(SQUARE, 3, seed=0) != _points(SQUARE, 3, seed=1)


def test_every_option_gets_its_share() -> None:
    space = SearchSpace({"kind": Choice(["a", "b", "c", "d"]), "x": Float(0.0, 1.0)})
    drawn = [point["kind"] for point in _points(space, 32)]
    assert {drawn.count(kind) for kind in "abcd"} == {8}


def test_forbidden_points_are_replaced() -> None:
    space = SearchSpace({"x": Int(0, 9), "y": Int(0, 9)}, [{"x": {"high": 6}}])
    history = build_history(space, [])
    proposals = QuasirandomProposer().propose(history, count=20, seed=0)
    assert all(p.parameters["x"] > 6 for p in proposals)
    assert np.ptp([p.parameters["y"] for p in proposals]) > 5
    assert any("drawn at random" in p.reason for p in proposals)


def test_every_second_point_follows_the_prior() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, prior=0.3, confidence=1.0), "y": Float(0.0, 1.0)})
    history = build_history(space, [])
    proposals = QuasirandomProposer().propose(history, count=64, seed=0)
    even, expected = proposals[::2], proposals[1::2]
    assert np.median([abs(p.parameters["x"] - 0.3) for p in expected]) < 0.03
    for cover in (even, [p for p in expected if "your prior" in p.reason]):
        assert len({int(16 * p.parameters["y"]) for p in cover}) == 16
    assert len({int(16 * p.parameters["x"]) for p in even}) == 16


def test_resumed_study_with_priors_continues_the_sequence() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, prior=0.3), "kind": Choice(["a", "b", "c"], weights=[1, 2, 3])})
    assert _points(space, 7) == [*_points(space, 3), *_points(space, 4, already=3)]
    assert _points(space, 7) == [point for n in range(7) for point in _points(space, 1, already=n)]
