import math
from typing import Any

import pytest

from tunesmith.core.objective import Constraint, Metric, Objective
from tunesmith.errors import InputError


def test_a_metric_may_have_several_words() -> None:
    assert Objective.parse("minimize Vali Loss, maximize acc@1").metrics[0].name == "Vali Loss"


@pytest.mark.parametrize(("text", "loss"), [("minimize y", 2.0), ("maximize y", -2.0)])
def test_string_with_direction_and_metric(text: str, loss: float) -> None:
    objective = Objective.parse(text)
    assert objective.loss({"y": 2.0, "other": 9.0}) == loss
    assert str(objective) == text


@pytest.mark.parametrize("text", ["y", "minimise y", "minimize", "minimize y maximize z", ""])
def test_invalid_strings_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="an objective must be a direction and a metric"):
        Objective.parse(text)


def test_weighted_sum() -> None:
    table = {"metrics": {"error": {"weight": 2}, "speed": {"direction": "maximize", "weight": 0.5}}}
    objective = Objective.parse(table)
    assert objective.loss({"error": 3.0, "speed": 4.0}) == 2 * 3.0 - 0.5 * 4.0
    assert objective.primary.name == "error"
    with pytest.raises(KeyError):
        objective.loss({"error": 3.0})


def test_constraint_violations() -> None:
    objective = Objective.parse(
        {"metrics": {"y": {}}, "constraints": {"latency": {"high": 5}, "recall": {"low": 0.5, "high": 1.0}}}
    )
    assert objective.violation({"latency": 5.0, "recall": 0.5}) == 0.0
    assert objective.violation({"latency": 7.0, "recall": 0.25}) == 2.25
    assert objective.violation({"latency": 5.0}) == math.inf


def test_table_round_trip() -> None:
    table = {
        "metrics": {"y": {"direction": "maximize", "weight": 2.0}},
        "constraints": {"size": {"high": 3.0}, "recall": {"low": 0.1, "high": 0.9}},
    }
    objective = Objective.parse(table)
    assert objective.to_table() == table
    assert Objective.parse(objective.to_table()) == objective
    assert Objective.parse(objective) is objective
    assert Objective.parse(Metric("y")) == Objective.parse("minimize y")


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ({"metric": {}}, ("metric",)),
        ({"metrics": {"y": {"direction": "up"}}}, ("metrics", "y", "direction")),
        ({"metrics": {"y": {"weight": 0}}}, ("metrics", "y", "weight")),
        ({"metrics": {"y": {"wait": 1}}}, ("metrics", "y", "wait")),
        ({"metrics": {"y": {}}, "constraints": {"s": {"low": 2, "high": 1}}}, ("constraints", "s", "low")),
        ({"metrics": {"y": {}}, "constraints": {"s": {}}}, ("constraints", "s")),
        ({"metrics": {}}, ()),
    ],
)
def test_errors_in_tables_have_keys(table: dict[str, object], keys: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        Objective.parse(table)
    assert caught.value.keys == keys


def test_metrics_must_differ() -> None:
    with pytest.raises(InputError, match="must differ"):
        Objective((Metric("y"), Metric("y", "maximize")))
    with pytest.raises(InputError, match="needs low, high or both"):
        Constraint("y")


def test_pareto_objective_from_string_and_table() -> None:
    objective = Objective.parse("minimize error, maximize speed")
    assert objective.pareto
    assert str(objective) == "minimize error, maximize speed"
    assert objective.values({"error": 3.0, "speed": 4.0}) == (3.0, -4.0)
    assert not objective.is_known({"error": 3.0})
    table = {"metrics": {"error": {}, "speed": {"direction": "maximize"}}, "pareto": True}
    assert Objective.parse(table) == objective
    assert Objective.parse(objective.to_table()) == objective
    with pytest.raises(InputError, match="no single loss"):
        objective.loss({"error": 3.0, "speed": 4.0})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"metrics": {"y": {}}, "pareto": True}, "needs two metrics or more"),
        ({"metrics": {"y": {}, "z": {"weight": 1.0}}, "pareto": True}, "'z' has one"),
        ({"metrics": {"y": {}, "z": {}}, "pareto": "yes"}, "pareto must be true or false"),
        ("minimize y, z", "a direction and a metric"),
        ("minimize y, minimize y", "metrics of an objective must differ"),
    ],
)
def test_invalid_pareto_objectives_are_refused(table: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Objective.parse(table)


def test_pareto_objective_with_weights_is_refused() -> None:
    with pytest.raises(InputError, match="'y' has one"):
        Objective((Metric("y", weight=2.0), Metric("z")), pareto=True)


def test_excess_of_two_bounds() -> None:
    between = Constraint("s", low=1.0, high=4.0)
    assert [between.excess({"s": s}) for s in (0.0, 1.5, 3.9, 6.0)] == [1.0, -0.5, pytest.approx(-0.1), 2.0]
    assert math.isnan(between.excess({}))
