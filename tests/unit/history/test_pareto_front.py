import numpy as np

from tunesmith.history.pareto_front import ParetoFront


def _front(*runs: tuple[str, tuple[float, float]], violation: float = 0.0) -> ParetoFront:
    pareto = ParetoFront(metrics=2)
    for key, values in runs:
        pareto.enter(key)
        pareto.measure(key, np.array(values), violation)
    return pareto


def test_the_front_is_sorted_by_the_first_metric_and_the_leader_is_nearest_to_the_ideal() -> None:
    pareto = _front(("c", (4.0, 0.0)), ("a", (0.0, 4.0)), ("bad", (3.0, 3.0)), ("b", (1.0, 2.0)))
    assert pareto.front() == ["a", "b", "c"]
    assert pareto.leader == "b"
    assert pareto.rival("b") == "a"
    assert pareto.front(without="b") == ["a", "bad", "c"]
    assert pareto.front(without="bad") == ["a", "b", "c"]


def test_of_equals_the_first_proposed_stands_for_all() -> None:
    pareto = ParetoFront(metrics=2)
    for key in "abc":
        pareto.enter(key)
    for key in "cba":
        pareto.measure(key, np.array([1.0, 1.0]), 0.0)
        assert pareto.front() == [key]


def test_repeats_count_by_their_mean_and_show_the_noise() -> None:
    pareto = _front(("a", (1.0, 1.0)), ("b", (0.9, 1.2)), ("b", (1.3, 1.2)))
    assert pareto.front() == ["a"]
    np.testing.assert_allclose(pareto.mean("b"), [1.1, 1.2])
    np.testing.assert_allclose(pareto.metric_noise, [0.2 * 2**0.5, 0.0])
    assert pareto.noise is None
    assert _front(("a", (1.0, 1.0))).metric_noise is None


def test_huge_repeats_have_a_finite_mean() -> None:
    pareto = _front(*[("a", (1.7e308, -1.7e308))] * 3, ("a", (-1.7e308, 1.7e308)))
    assert np.isfinite(pareto.mean("a")).all()
    assert np.isfinite(pareto.metric_noise).all()


def test_a_veto_takes_a_configuration_off_the_front_and_priority_makes_it_lead() -> None:
    pareto = _front(("a", (0.0, 4.0)), ("b", (1.0, 1.0)), ("c", (4.0, 0.0)), ("bad", (5.0, 5.0)))
    pareto.set_priority("b", -1)
    assert pareto.front() == ["a", "c"]
    assert pareto.leader == "a"
    pareto.set_priority("bad", 1)
    assert pareto.leader == "bad"
    assert pareto.front() == ["a", "c"]
    pareto.set_priority("bad", 0)
    pareto.set_priority("b", 0)
    assert pareto.leader == "b"


def test_without_a_feasible_one_the_least_violation_leads_an_empty_front() -> None:
    pareto = _front(("a", (0.0, 0.0)), violation=2.0)
    assert (pareto.front(), pareto.leader, pareto.rival("a")) == ([], "a", None)
    pareto.enter("b")
    pareto.measure("b", np.array([9.0, 9.0]), 1.0)
    assert (pareto.front(), pareto.leader, pareto.rival("b")) == ([], "b", "a")
    pareto.enter("c")
    pareto.measure("c", np.array([9.0, 9.0]), 0.0)
    assert (pareto.front(), pareto.leader) == (["c"], "c")


def test_many_configurations_fit() -> None:
    pareto = _front(*((f"k{n}", (float(n), -float(n))) for n in range(200)))
    assert pareto.front() == [f"k{n}" for n in range(200)]


def test_who_was_put_first_leads_from_the_first_result_on() -> None:
    pareto = _front(("a", (0.0, 0.0)))
    assert pareto.leader == "a"
    pareto.enter("b")
    pareto.set_priority("b", 1)
    assert pareto.leader == "a"
    pareto.measure("b", np.array([0.0, 1.0]), 0.0)
    assert pareto.leader == "b"
