"""The incremental ranking equals a full one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.core.pareto import nearest_to_ideal
from tunesmith.history.leaderboard import Leaderboard
from tunesmith.history.pareto_front import ParetoFront

KEYS = "abcdef"
RUNS = st.tuples(st.sampled_from(KEYS), st.sampled_from([0.0, 1.0, 1.1, 2.0, -3.0]), st.sampled_from([0.0, 0.0, 0.5]))
PRIORITIES = st.tuples(st.sampled_from(KEYS), st.sampled_from([-1, 0, 1]))


@given(st.lists(st.one_of(RUNS, PRIORITIES), max_size=30), st.booleans())
def test_leader_and_rivals_equal_a_full_ranking(steps: list[tuple], ask_each_time: bool) -> None:
    leaderboard = Leaderboard()
    losses: dict[str, list[float]] = {key: [] for key in KEYS}
    broken, priorities = dict.fromkeys(KEYS, 0.0), dict.fromkeys(KEYS, 0)
    for key in KEYS:
        leaderboard.enter(key)
    for step in steps:
        if len(step) == 2:
            leaderboard.set_priority(*step)
            priorities[step[0]] = step[1]
        else:
            leaderboard.add(*step)
            losses[step[0]].append(step[1])
            broken[step[0]] = max(broken[step[0]], step[2])
        if ask_each_time:
            assert leaderboard.leader is None or leaderboard.rival(leaderboard.leader) != leaderboard.leader

    def rank(key: str) -> tuple[float, ...]:
        mean = math.fsum(loss / len(losses[key]) for loss in losses[key])
        doubt = (leaderboard.noise or 0.0) / math.sqrt(len(losses[key]))
        return -priorities[key], broken[key], mean + doubt, KEYS.index(key)

    ranking = sorted((key for key in KEYS if losses[key] and priorities[key] >= 0), key=rank)
    assert leaderboard.leader == (ranking[0] if ranking else None)
    for key in KEYS:
        assert leaderboard.rival(key) == next((other for other in ranking if other != key), None)


POINTS = st.tuples(st.integers(0, 4), st.integers(0, 4))
POINT_RUNS = st.tuples(st.sampled_from(KEYS), POINTS, st.sampled_from([0.0, 0.0, 0.5]))


@given(st.lists(st.one_of(POINT_RUNS, PRIORITIES), max_size=30), st.booleans())
def test_fronts_equal_a_full_search(steps: list[tuple], ask_each_time: bool) -> None:
    leaderboard = ParetoFront(metrics=2)
    runs: dict[str, list[tuple[int, int]]] = {key: [] for key in KEYS}
    broken, priorities = dict.fromkeys(KEYS, 0.0), dict.fromkeys(KEYS, 0)
    for key in KEYS:
        leaderboard.enter(key)
    for step in steps:
        if len(step) == 2:
            leaderboard.set_priority(*step)
            priorities[step[0]] = step[1]
        else:
            leaderboard.measure(step[0], np.array(step[1], dtype=float), step[2])
            runs[step[0]].append(step[1])
            broken[step[0]] = max(broken[step[0]], step[2])
        if ask_each_time:
            assert leaderboard.leader is None or leaderboard.leader not in leaderboard.front(without=leaderboard.leader)

    def mean(key: str) -> tuple[float, float]:
        return sum(a for a, _ in runs[key]) / len(runs[key]), sum(b for _, b in runs[key]) / len(runs[key])

    def front(keys: list[str]) -> list[str]:
        found = [k for k in keys if not any(_beats(mean(o), mean(k)) for o in keys)]
        firsts = [k for k in found if not any(np.allclose(mean(o), mean(k)) and o < k for o in found)]
        return sorted(firsts, key=lambda k: (*mean(k), k))

    for left_out in [None, *KEYS]:
        able = [k for k in KEYS if runs[k] and priorities[k] >= 0 and k != left_out]
        wanted = front([k for k in able if broken[k] == 0])
        assert leaderboard.front(without=left_out) == wanted
        most = max((priorities[k] for k in able), default=0)
        if most > 0 or not wanted:
            able = [k for k in able if priorities[k] == most]
            least = min((broken[k] for k in able), default=0.0)
            wanted = front([k for k in able if broken[k] == least])
        leader = wanted[nearest_to_ideal(np.array([mean(k) for k in wanted]))] if wanted else None
        assert (leaderboard.leader if left_out is None else leaderboard.rival(left_out)) == leader


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether one dominates the other, with tolerance for rounding of means."""
    no_worse = all(a <= b + 1e-9 for a, b in zip(one, other, strict=True))
    return no_worse and any(a < b - 1e-9 for a, b in zip(one, other, strict=True))
