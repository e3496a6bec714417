import math

import pytest

from tunesmith.history.leaderboard import Leaderboard


def _standings(*runs: tuple[str, float], violation: float = 0.0) -> Leaderboard:
    standings = Leaderboard()
    for key, loss in runs:
        standings.enter(key)
        standings.add(key, loss, violation)
    return standings


def test_the_least_loss_leads_and_of_equals_the_earlier() -> None:
    assert _standings(("a", 2.0), ("b", 1.0), ("c", 1.0)).leader == "b"


def test_nothing_leads_before_anything_has_finished() -> None:
    standings = Leaderboard()
    standings.enter("a")
    assert standings.leader is None
    assert "a" in standings
    assert "b" not in standings


def test_feasible_comes_before_infeasible_and_less_broken_before_more() -> None:
    standings = _standings(("a", 5.0))
    for key, loss, violation in (("b", 0.0, 2.0), ("c", 1.0, 1.0)):
        standings.enter(key)
        standings.add(key, loss, violation)
    assert standings.leader == "a"
    assert standings.rival("a") == "c"


def test_the_worst_violation_of_the_repeats_counts() -> None:
    standings = _standings(("a", 1.0), ("b", 2.0))
    standings.add("a", 1.0, violation=3.0)
    assert standings.leader == "b"


def test_noise_is_pooled_over_the_repeats() -> None:
    assert _standings(("a", 1.0), ("b", 9.0)).noise is None
    noise = _standings(("a", 1.0), ("a", 3.0), ("b", 10.0), ("b", 10.0), ("c", 7.0)).noise
    assert noise == pytest.approx(math.sqrt(2.0 / 2))


def test_one_lucky_run_does_not_beat_three_steady_ones() -> None:
    steady = [("a", 1.0), ("a", 1.2), ("a", 1.1)]
    assert _standings(*steady, ("b", 1.05), ("c", 5.0), ("c", 6.0)).leader == "a"
    assert _standings(*steady, ("b", 0.2)).leader == "b", "far better than the noise"


def test_a_user_can_forbid_and_prefer() -> None:
    standings = _standings(("a", 1.0), ("b", 2.0), ("c", 3.0))
    standings.favour("a", -1)
    assert standings.leader == "b"
    standings.favour("c", 1)
    assert standings.leader == "c"
    standings.favour("c", 0)
    standings.favour("a", 0)
    assert standings.leader == "a"


def test_huge_losses_do_not_overflow() -> None:
    standings = _standings(("a", 1e308), ("a", 1e308), ("b", -1e308), ("b", 1e308), ("c", 0.0))
    assert standings.noise is not None
    assert math.isfinite(standings.noise)
    assert standings.leader is not None


def test_more_configurations_than_there_was_room_for() -> None:
    standings = _standings(*((str(k), float(-k)) for k in range(200)))
    assert standings.leader == "199"
    assert standings.losses("7") == [-7.0]
