import pytest
from studies import add, empty

from tunesmith.core.objective import Constraint, Metric, Objective
from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.journal.events import AdviceRefused, StudyStopped, TrialNoted
from tunesmith.reports.data import Measure, curves, decision_log, history_values, parallel, ranked
from tunesmith.reports.proposers import proposer_rows


def test_history_values_in_the_metrics_own_sign():
    history = empty("maximize accuracy")
    for value in (0.5, 0.7, 0.6):
        add(history, value)
    add(history, state="failed", failure={"kind": "exit", "reason": "it ended with status 1"})
    add(history, 0.9, state="pruned")
    add(history, state="running")
    points = history_values(history)
    assert [p.value for p in points] == [0.5, 0.7, 0.6, None, 0.9, None]
    assert [p.best for p in points] == [0.5, 0.7, 0.7, 0.7, 0.7, 0.7]
    assert [p.state for p in points] == ["complete", "complete", "complete", "failed", "pruned", "running"]


def test_what_may_not_lead_is_not_the_best_so_far():
    objective = Objective((Metric("loss"),), (Constraint("latency", high=5.0),))
    history = empty(objective)
    add(history, metrics={"loss": 1.0, "latency": 9.0})
    add(history, metrics={"loss": 3.0, "latency": 1.0})
    add(history, metrics={"loss": 2.0, "latency": 1.0}, verdict={"decision": "reject", "reason": "", "binding": True})
    points = history_values(history)
    assert [p.best for p in points] == [None, 3.0, 3.0]
    assert [p.feasible for p in points] == [False, True, True]
    assert ranked(history) == [1, 0, 2]


def test_several_metrics_are_shown_as_their_weighted_loss():
    history = empty(Objective((Metric("loss", weight=2.0), Metric("accuracy", "maximize"))))
    add(history, metrics={"loss": 3.0, "accuracy": 0.5})
    assert Measure.of(history.objective) == Measure("weighted loss", 1.0)
    assert [p.value for p in history_values(history)] == [5.5]


def test_curves_drop_what_is_not_finite():
    history = empty("maximize accuracy")
    add(history, 0.8, reports={1: 0.2, 2: float("nan"), 3: 0.8})
    add(history, 0.8)
    add(history, state="running", reports={1: 0.4})
    result = curves(history)
    assert [(c.number, c.steps, c.values) for c in result] == [(0, (1, 3), (0.2, 0.8)), (2, (1,), (0.4,))]


def test_parallel_has_the_best_first_and_marks_what_is_not_active():
    space = SearchSpace({"optimizer": Choice(["adam", "sgd"]), "momentum": Float(0.0, 1.0, when={"optimizer": "sgd"})})
    history = empty("minimize loss", space)
    add(history, 3.0, parameters={"optimizer": "adam"})
    add(history, 1.0, parameters={"optimizer": "sgd", "momentum": 0.25})
    add(history, 2.0, parameters={"optimizer": "adam"}, state="pruned")
    values = parallel(history)
    assert values.numbers == [1, 0]
    assert values.values == [1.0, 3.0]
    assert values.columns == {"optimizer": [1.0, 0.0], "momentum": [0.25, None]}
    assert parallel(history, ["momentum"], most=1).columns == {"momentum": [0.25]}


def test_proposer_rows_count_the_new_bests():
    history = empty()
    add(history, 3.0, proposer="user")
    add(history, 1.0, proposer="tpe", verdict={"decision": "accept", "reason": "better"})
    add(history, 2.0, proposer="tpe", state="pruned")
    add(history, proposer="tpe", state="failed", failure={"kind": "timeout", "reason": "too long"})
    row, user = proposer_rows(history)
    assert (row.name, row.proposed, row.complete, row.pruned, row.failed) == ("tpe", 3, 1, 1, 1)
    assert (row.led, row.accepted, row.best) == (1, 1, 1.0)
    assert (user.name, user.led, user.best) == ("user", 1, 3.0)


def test_decision_log_tells_decisions_verdicts_failures_and_notes():
    history = empty()
    add(history, 1.0, verdict={"decision": "accept", "reason": "the first", "by": "rules"})
    add(history, state="failed", failure={"kind": "memory", "reason": "too much"})
    history.apply(TrialNoted(trial=0, text="looks fine"))
    history.apply(StudyStopped(reason="target met", time=5.0))
    history.apply(AdviceRefused(reason="no such parameter", by="planner", time=6.0))
    assert [(e.kind, e.trial, e.by, e.decision, e.text) for e in decision_log(history)] == [
        ("decision", None, "coordinator", "study_stopped", "target met"),
        ("decision", None, "planner", "advice_refused", "no such parameter"),
        ("verdict", 0, "rules", "accept", "the first"),
        ("note", 0, "user", "", "looks fine"),
        ("failure", 1, "", "memory", "too much"),
    ]


@pytest.mark.parametrize("read", [history_values, curves, decision_log, proposer_rows, ranked])
def test_an_empty_study_has_no_values(read):
    assert read(empty()) == []
