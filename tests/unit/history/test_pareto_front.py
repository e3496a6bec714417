import numpy as np

from tunesmith.history.pareto_front import ParetoFront


def _front(*runs: tuple[str, tuple[float, float]], violation: float = 0.0) -> ParetoFront:
    pareto = ParetoFront(metrics=2)
    for key, values in runs:
        pareto.enter(key)
        pareto.measure(key, np.array(values), violation)
    return pareto


def test_front_is_sorted_and_leader_is_nearest_to_ideal() -> None:
    pareto = _front(("c", (4.0, 0.0)), ("a", (0.0, 4.0)), ("bad", (3.0, 3.0)), ("b", (1.0, 2.0)))
    assert pareto.front() == ["a", "b", "c"]
    assert pareto.leader == "b"
    assert pareto.rival("b") == "a"
    assert pareto.front(without="b") == ["a", "bad", "c"]
    assert pareto.front(without="bad") == ["a", "b", "c"]


def test_first_of_equal_configurations_is_on_the_front() -> None:
    pareto = ParetoFront(metrics=2)
    for key in "abc":
        pareto.enter(key)
    for key in "cba":
        pareto.measure(key, np.array([1.0, 1.0]), 0.0)
        assert pareto.front() == [key]


def test_repeats_are_averaged() -> None:
    pareto = _front(("a", (1.0, 1.0)), ("b", (0.9, 1.2)), ("b", (1.3, 1.2)))
    assert pareto.front() == ["a"]
    np.testing.assert_allclose(pareto.mean("b"), [1.1, 1.2])
    np.testing.assert_allclose(pareto.metric_noise, [0.2 * 2**0.5, 0.0])
    assert pareto.noise is None
    assert _front(("a", (1.0, 1.0))).metric_noise is None


def test_mean_of_huge_repeats_is_finite() -> None:
    pareto = _front(*[("a", (1.7e308, -1.7e308))] * 3, ("a", (-1.7e308, 1.7e308)))
    assert np.isfinite(pareto.mean("a")).all()
    assert np.isfinite(pareto.metric_noise).all()


def test_priorities_on_the_front() -> None:
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


def test_least_violation_leads_without_a_feasible_configuration() -> None:
    pareto = _front(("a", (0.0, 0.0)), violation=2.0)
    assert (pareto.front(), pareto.leader, pareto.rival("a")) == ([], "a", None)
    pareto.enter("b")
    pareto.measure("b", np.array([9.0, 9.0]), 1.0)
    assert (pareto.front(), pareto.leader, pareto.rival("b")) == ([], "b", "a")
    pareto.enter("c")
    pareto.measure("c", np.array([9.0, 9.0]), 0.0)
    assert (pareto.front(), pareto.leader) == (["c"], "c")


def test_table_of_the_front_grows() -> None:
    pareto = _front(*((f"k{n}", (float(n), -float(n))) for n in range(200)))
    assert pareto.front() == [f"k{n}" for n in range(200)]


def test_preferred_configuration_leads_from_its_first_result() -> None:
    pareto = _front(("a", (0.0, 0.0)))
    assert pareto.leader == "a"
    pareto.enter("b")
    pareto.set_priority("b", 1)
    assert pareto.leader == "a"
    pareto.measure("b", np.array([0.0, 1.0]), 0.0)
    assert pareto.leader == "b"
