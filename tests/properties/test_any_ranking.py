"""What is kept of the ranking is what a look at everything would give."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.standings import Standings

KEYS = "abcdef"
RUNS = st.tuples(st.sampled_from(KEYS), st.sampled_from([0.0, 1.0, 1.1, 2.0, -3.0]), st.sampled_from([0.0, 0.0, 0.5]))
FAVOURS = st.tuples(st.sampled_from(KEYS), st.sampled_from([-1, 0, 1]))


@given(st.lists(st.one_of(RUNS, FAVOURS), max_size=30), st.booleans())
def test_leader_and_rivals_are_those_of_a_full_ranking(steps: list[tuple], ask_each_time: bool) -> None:
    standings = Standings()
    losses: dict[str, list[float]] = {key: [] for key in KEYS}
    broken, favours = dict.fromkeys(KEYS, 0.0), dict.fromkeys(KEYS, 0)
    for key in KEYS:
        standings.enter(key)
    for step in steps:
        if len(step) == 2:
            standings.favour(*step)
            favours[step[0]] = step[1]
        else:
            standings.add(*step)
            losses[step[0]].append(step[1])
            broken[step[0]] = max(broken[step[0]], step[2])
        if ask_each_time:
            assert standings.leader is None or standings.rival(standings.leader) != standings.leader

    def rank(key: str) -> tuple[float, ...]:
        mean = math.fsum(loss / len(losses[key]) for loss in losses[key])
        doubt = (standings.noise or 0.0) / math.sqrt(len(losses[key]))
        return -favours[key], broken[key], mean + doubt, KEYS.index(key)

    ranking = sorted((key for key in KEYS if losses[key] and favours[key] >= 0), key=rank)
    assert standings.leader == (ranking[0] if ranking else None)
    for key in KEYS:
        assert standings.rival(key) == next((other for other in ranking if other != key), None)
