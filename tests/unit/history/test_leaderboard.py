import math

import pytest

from tunesmith.history.leaderboard import Leaderboard


def _leaderboard(*runs: tuple[str, float], violation: float = 0.0) -> Leaderboard:
    leaderboard = Leaderboard()
    for key, loss in runs:
        leaderboard.enter(key)
        leaderboard.add(key, loss, violation)
    return leaderboard


def test_least_loss_leads() -> None:
    assert _leaderboard(("a", 2.0), ("b", 1.0), ("c", 1.0)).leader == "b"


def test_no_leader_before_the_first_result() -> None:
    leaderboard = Leaderboard()
    leaderboard.enter("a")
    assert leaderboard.leader is None
    assert "a" in leaderboard
    assert "b" not in leaderboard


def test_feasible_ranks_before_infeasible() -> None:
    leaderboard = _leaderboard(("a", 5.0))
    for key, loss, violation in (("b", 0.0, 2.0), ("c", 1.0, 1.0)):
        leaderboard.enter(key)
        leaderboard.add(key, loss, violation)
    assert leaderboard.leader == "a"
    assert leaderboard.rival("a") == "c"


def test_largest_violation_counts() -> None:
    leaderboard = _leaderboard(("a", 1.0), ("b", 2.0))
    leaderboard.add("a", 1.0, violation=3.0)
    assert leaderboard.leader == "b"


def test_noise_is_pooled_over_repeats() -> None:
    assert _leaderboard(("a", 1.0), ("b", 9.0)).noise is None
    noise = _leaderboard(("a", 1.0), ("a", 3.0), ("b", 10.0), ("b", 10.0), ("c", 7.0)).noise
    assert noise == pytest.approx(math.sqrt(2.0 / 2))


def test_lucky_run_does_not_beat_three_steady_runs() -> None:
    steady = [("a", 1.0), ("a", 1.2), ("a", 1.1)]
    assert _leaderboard(*steady, ("b", 1.05), ("c", 5.0), ("c", 6.0)).leader == "a"
    assert _leaderboard(*steady, ("b", 0.2)).leader == "b", "a difference far beyond the noise"


def test_priorities() -> None:
    leaderboard = _leaderboard(("a", 1.0), ("b", 2.0), ("c", 3.0))
    leaderboard.set_priority("a", -1)
    assert leaderboard.leader == "b"
    leaderboard.set_priority("c", 1)
    assert leaderboard.leader == "c"
    leaderboard.set_priority("c", 0)
    leaderboard.set_priority("a", 0)
    assert leaderboard.leader == "a"


def test_huge_losses_do_not_overflow() -> None:
    leaderboard = _leaderboard(("a", 1e308), ("a", 1e308), ("b", -1e308), ("b", 1e308), ("c", 0.0))
    assert leaderboard.noise is not None
    assert math.isfinite(leaderboard.noise)
    assert leaderboard.leader is not None


def test_table_grows() -> None:
    leaderboard = _leaderboard(*((str(k), float(-k)) for k in range(200)))
    assert leaderboard.leader == "199"
    assert leaderboard.losses("7") == [-7.0]
