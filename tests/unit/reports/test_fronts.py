import re

import numpy as np
import pytest
from studies import SPACE, add, empty

from tunesmith.reports.data import Measure, history_values, ranked
from tunesmith.reports.fronts import front_rows, front_table, growth, others
from tunesmith.reports.html import render
from tunesmith.reports.importance import importance
from tunesmith.reports.plots import draw
from tunesmith.reports.proposers import proposer_rows
from tunesmith.reports.table import trial_table

TABLE = {
    "metrics": {"error": {}, "speed": {"direction": "maximize"}},
    "constraints": {"size": {"high": 10.0}},
    "pareto": True,
}
POINTS = ((4.0, 10.0, 1.0), (2.0, 10.0, 1.0), (1.0, 5.0, 1.0), (4.0, 40.0, 1.0), (0.1, 99.0, 11.0), (3.0, 9.0, 1.0))


def study():
    history = empty(TABLE)
    for number, (error, speed, size) in enumerate(POINTS):
        parameters = {"lr": 0.001 * (number + 1), "act": "relu"}
        metrics = {"error": error, "speed": speed, "size": size}
        proposer = "user" if number == 0 else "gp" if number % 2 else "tpe"
        add(history, metrics=metrics, parameters=parameters, proposer=proposer)
    again = {"error": 3.0, "speed": 10.0, "size": 1.0}
    add(history, metrics=again, parameters={"lr": 0.002, "act": "relu"}, proposer="rules", repeat_of=1)
    add(history, state="failed", failure={"kind": "memory", "reason": "too much"})
    return history


def test_the_front_has_means_in_the_metrics_own_sign():
    rows = front_rows(study())
    assert [(row.trial.number, row.values) for row in rows] == [(2, (1.0, 5.0)), (1, (2.5, 10.0)), (3, (4.0, 40.0))]
    assert [row.trial.number for row in others(study())] == [0, 4, 5]
    lines = front_table(study(), rows)
    assert lines[0] == ["trial", "error (lower is better)", "speed (higher is better)", "runs", "proposer"]
    assert lines[2] == ["1", "2.5", "10", "2", "gp"]


def test_the_front_grows_with_every_trial_that_pushes_it():
    grown = growth(study())
    numbers, shares = zip(*grown, strict=True)
    assert numbers == (0, 1, 2, 3)
    assert all(np.diff(shares) > 0)
    assert 0 < shares[0] < shares[-1] < 1
    assert growth(empty(TABLE)) == []


@pytest.mark.parametrize("unit", [1e-250, 1e250])
def test_how_a_front_grows_does_not_depend_on_units(unit):
    history = empty("minimize error, maximize speed")
    for error, speed, _ in POINTS:
        add(history, metrics={"error": unit * error, "speed": speed}, parameters={"lr": error / 100, "act": "relu"})
    plain = empty("minimize error, maximize speed")
    for error, speed, _ in POINTS:
        add(plain, metrics={"error": error, "speed": speed}, parameters={"lr": error / 100, "act": "relu"})
    np.testing.assert_allclose(growth(history), growth(plain))
    assert growth(plain)


def test_other_values_are_those_of_the_first_metric():
    history = study()
    assert Measure.of(history.objective).name == "error"
    assert [p.best for p in history_values(history)][:5] == [4.0, 2.0, 1.0, 1.0, 1.0]
    assert ranked(history)[-1] == 4
    led = {row.name: row.led for row in proposer_rows(history)}
    assert led == {"gp": 2, "tpe": 1, "user": 0, "rules": 0}
    leads = [row.number for row in trial_table(history, most=100).rows if row.leads]
    assert leads == [1, 2, 3]
    assert "weighted loss" not in dict(trial_table(history, most=100).columns)


def test_the_plots_show_the_front():
    history = study()
    drawn = {plot.key: plot for plot in draw(history, importance(history))}
    traces = {trace.name: trace for trace in drawn["front"].figure.data}
    assert traces["on the front"].x == (1.0, 2.5, 4.0)
    assert traces["on the front"].y == (5.0, 10.0, 40.0)
    assert len(traces["dominated"].x) == 2
    assert len(traces["violates a constraint"].x) == 1
    assert drawn["growth"].figure.data[0].x == (0, 1, 2, 3, 7)
    assert "front" not in {plot.key for plot in draw(empty(), importance(empty()))}


@pytest.mark.parametrize("trials", [0, 1])
def test_three_metrics_and_few_trials_can_be_drawn(trials):
    history = empty("minimize a, maximize b, minimize {c}", SPACE)
    for _ in range(trials):
        add(history, metrics={"a": 1.0, "b": 1e300, "{c}": -1.0})
    drawn = {plot.key: plot for plot in draw(history, importance(history))}
    assert (drawn["front"].figure is None) == (trials == 0)
    assert ("On the Pareto front" in render(history, title="x")) == (trials == 1)


def test_the_page_shows_the_front_and_where_the_users_own_stands():
    text = re.sub(r"<[^>]+>", " ", render(study(), title="a study").split("<footer")[0].split("</style>")[1])
    for words in (
        "3 trials",
        "is nearest to the best of each metric",
        "dominated",
        "2 trials on the front are at least as good in every metric",
        "error ± 0.707, speed ± 0 (standard deviation between repeats)",
        "The trial nearest to the best of each metric:  trial 1",
        "Pareto front",
    ):
        assert words in text
    alone = empty(TABLE)
    add(alone, metrics={"error": 1.0, "speed": 1.0, "size": 1.0})
    assert "on the front" in render(alone, title="a study")
