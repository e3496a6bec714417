import numpy as np

from tunesmith.history.pareto_front import ParetoFront


def _standings(*runs: tuple[str, tuple[float, float]], violation: float = 0.0) -> ParetoFront:
    standings = ParetoFront(metrics=2)
    for key, values in runs:
        standings.enter(key)
        standings.measure(key, np.array(values), violation)
    return standings


def test_the_front_is_sorted_by_the_first_metric_and_the_leader_is_nearest_to_the_ideal() -> None:
    standings = _standings(("c", (4.0, 0.0)), ("a", (0.0, 4.0)), ("bad", (3.0, 3.0)), ("b", (1.0, 2.0)))
    assert standings.front() == ["a", "b", "c"]
    assert standings.leader == "b"
    assert standings.rival("b") == "a"
    assert standings.front(without="b") == ["a", "bad", "c"]
    assert standings.front(without="bad") == ["a", "b", "c"]


def test_of_equals_the_first_proposed_stands_for_all() -> None:
    standings = ParetoFront(metrics=2)
    for key in "abc":
        standings.enter(key)
    for key in "cba":
        standings.measure(key, np.array([1.0, 1.0]), 0.0)
        assert standings.front() == [key]


def test_repeats_count_by_their_mean_and_show_the_noise() -> None:
    standings = _standings(("a", (1.0, 1.0)), ("b", (0.9, 1.2)), ("b", (1.3, 1.2)))
    assert standings.front() == ["a"]
    np.testing.assert_allclose(standings.mean("b"), [1.1, 1.2])
    np.testing.assert_allclose(standings.metric_noise, [0.2 * 2**0.5, 0.0])
    assert standings.noise is None
    assert _standings(("a", (1.0, 1.0))).metric_noise is None


def test_huge_repeats_have_a_finite_mean() -> None:
    standings = _standings(*[("a", (1.7e308, -1.7e308))] * 3, ("a", (-1.7e308, 1.7e308)))
    assert np.isfinite(standings.mean("a")).all()
    assert np.isfinite(standings.metric_noise).all()


def test_a_veto_takes_a_configuration_off_the_front_and_a_favour_makes_it_lead() -> None:
    standings = _standings(("a", (0.0, 4.0)), ("b", (1.0, 1.0)), ("c", (4.0, 0.0)), ("bad", (5.0, 5.0)))
    standings.favour("b", -1)
    assert standings.front() == ["a", "c"]
    assert standings.leader == "a"
    standings.favour("bad", 1)
    assert standings.leader == "bad"
    assert standings.front() == ["a", "c"]
    standings.favour("bad", 0)
    standings.favour("b", 0)
    assert standings.leader == "b"


def test_without_a_feasible_one_the_least_violation_leads_an_empty_front() -> None:
    standings = _standings(("a", (0.0, 0.0)), violation=2.0)
    assert (standings.front(), standings.leader, standings.rival("a")) == ([], "a", None)
    standings.enter("b")
    standings.measure("b", np.array([9.0, 9.0]), 1.0)
    assert (standings.front(), standings.leader, standings.rival("b")) == ([], "b", "a")
    standings.enter("c")
    standings.measure("c", np.array([9.0, 9.0]), 0.0)
    assert (standings.front(), standings.leader) == (["c"], "c")


def test_many_configurations_fit() -> None:
    standings = _standings(*((f"k{n}", (float(n), -float(n))) for n in range(200)))
    assert standings.front() == [f"k{n}" for n in range(200)]


def test_who_was_put_first_leads_from_the_first_result_on() -> None:
    standings = _standings(("a", (0.0, 0.0)))
    assert standings.leader == "a"
    standings.enter("b")
    standings.favour("b", 1)
    assert standings.leader == "a"
    standings.measure("b", np.array([0.0, 1.0]), 0.0)
    assert standings.leader == "b"
