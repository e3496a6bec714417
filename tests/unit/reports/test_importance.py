import math

import numpy as np
import pytest
from studies import add, empty

from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.reports.importance import MOST_CONFIGURATIONS, importance


def study(loss, space, trials=80, seed=0):
    history = empty("minimize loss", space)
    rng = np.random.default_rng(seed)
    for _ in range(trials):
        parameters = space.sample(rng)
        add(history, loss(parameters), parameters=parameters)
    return history


PLAIN = SearchSpace({name: Float(0.0, 1.0) for name in "abc"})
SWITCHED = SearchSpace(
    {"on": Choice([False, True]), "size": Float(0.0, 1.0, when={"on": True}), "other": Float(0.0, 1.0)}
)


def test_what_matters_comes_first_and_shares_sum_to_one():
    result = importance(study(lambda p: 10 * p["b"] + 2 * p["a"], PLAIN))
    assert result.shares is not None
    assert next(iter(result.shares)) == "b"
    assert result.shares["b"] > 0.7 > result.shares["a"] > result.shares["c"]
    assert math.isclose(sum(result.shares.values()), 1.0)
    assert result.quality > 0.8


def test_a_switch_gets_the_credit_for_switching_and_not_the_parameter_behind_it():
    result = importance(study(lambda p: float(p["on"]), SWITCHED))
    assert result.shares["on"] > 0.9
    behind = importance(study(lambda p: 5 * p["size"] if p["on"] else 2.5 + 1e-6 * p["other"], SWITCHED, trials=200))
    assert next(iter(behind.shares)) == "size"


def test_one_result_of_1e300_changes_nothing():
    history = study(lambda p: p["b"], PLAIN)
    add(history, 1e300, parameters={"a": 0.5, "b": 0.999, "c": 0.5})
    add(history, -1e300, parameters={"a": 0.5, "b": 0.001, "c": 0.5})
    result = importance(history)
    assert result.shares["b"] > 0.9
    assert result.quality > 0.8


def test_pruned_trials_teach_too():
    history = empty("minimize loss", PLAIN)
    rng = np.random.default_rng(0)
    for _ in range(60):
        parameters = PLAIN.sample(rng)
        reports = dict.fromkeys(range(1, 10), parameters["a"])
        if parameters["a"] < 0.2:
            add(history, parameters["a"], parameters=parameters, reports=reports)
        else:  # the worse, the earlier
            steps = {1: parameters["a"]} if parameters["a"] > 0.6 else {1: parameters["a"], 2: parameters["a"]}
            add(history, parameters["a"], parameters=parameters, reports=steps, state="pruned")
    result = importance(history)
    assert result.configurations == 60
    assert result.shares["a"] > 0.95


def test_chance_is_called_chance():
    rng = np.random.default_rng(3)
    result = importance(study(lambda p: rng.random(), PLAIN))
    assert result.quality < 0.2


def test_too_few_or_equal_results_give_no_shares_but_a_reason():
    few = importance(study(lambda p: p["a"], PLAIN, trials=9))
    assert (few.shares, few.quality, few.configurations) == (None, None, 9)
    assert "takes 10" in few.reason
    assert "same result" in importance(study(lambda p: 1.0, PLAIN)).reason
    assert importance(empty()).shares is None


def test_repeats_count_as_one_configuration():
    history = empty("minimize loss", PLAIN)
    for _ in range(20):
        add(history, 1.0, parameters={"a": 0.5, "b": 0.5, "c": 0.5})
    assert importance(history).configurations == 1


def test_the_same_seed_gives_the_same_shares():
    history = study(lambda p: p["a"] * p["b"], PLAIN)
    assert importance(history, seed=4) == importance(history, seed=4)


def test_a_parameter_that_never_varied_has_no_share():
    history = empty("minimize loss", PLAIN)
    rng = np.random.default_rng(0)
    for _ in range(30):
        a = float(rng.random())
        add(history, a, parameters={"a": a, "b": float(rng.random()), "c": 0.25})
    assert importance(history).shares["c"] == 0.0


@pytest.mark.slow
def test_many_trials_are_sampled():
    result = importance(study(lambda p: p["a"] + 0.1 * p["b"], PLAIN, trials=3000))
    assert result.configurations == MOST_CONFIGURATIONS
    assert result.shares["a"] > 0.9
