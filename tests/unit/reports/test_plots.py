import itertools

import numpy as np
import pytest
from studies import add, empty

from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.reports.importance import importance
from tunesmith.reports.plots import draw
from tunesmith.reports.plots.history import MOST_POINTS
from tunesmith.reports.plots.parallel import MOST_AXES
from tunesmith.reports.plots.scale import scale_of, ticks


def drawn(history):
    return {plot.key: plot for plot in draw(history, importance(history))}


def test_an_outlier_is_left_off_the_scale_on_either_side():
    values = [1.0, 1.1, 1.2, 1.3, 1.4]
    assert scale_of([*values, 1e300]).high == 1.4
    assert scale_of([*values, -1e300]).low == 1.0
    assert scale_of([*values, -1e300, 1e300], sign=-1.0) == scale_of(values)


def test_values_over_decades_get_a_logarithmic_scale():
    assert scale_of([0.001, 0.1, 1.0, 50.0]).log
    assert not scale_of([-0.001, 0.1, 1.0, 50.0]).log
    assert not scale_of([1.0, 2.0, 3.0]).log


@pytest.mark.parametrize("values", [[], [3.0], [0.0, 0.0], [-2.0] * 5, [1e308, -1e308], [5e-324, 1.0], [1e300] * 3])
def test_every_scale_has_room(values):
    scale = scale_of(values)
    assert np.isfinite([scale.low, scale.high]).all()
    assert scale.low < scale.high
    assert scale.position(scale.low) < scale.position(scale.high)


@pytest.mark.parametrize(
    ("low", "high", "log"), [(1, 6, False), (1e-6, 0.1, True), (-3.2, 7.7, False), (1e-9, 3e-9, True)]
)
def test_ticks_are_round_and_inside(low, high, log):
    marks = ticks(low, high, log=log)
    assert 2 <= len(marks) <= 11
    assert all(low <= tick <= high * (1 + 1e-9) for tick in marks)
    assert all(a < b for a, b in itertools.pairwise(marks))


def test_failures_lie_where_the_bad_results_are():
    for objective, high in (("minimize loss", True), ("maximize loss", False)):
        history = empty(objective)
        add(history, 1.0)
        add(history, state="failed", failure={"kind": "exit", "reason": "no"})
        trace = next(t for t in drawn(history)["history"].figure.data if t.name == "failed")
        assert trace.x == (1,)
        assert (trace.y[0] > 0.5) == high


def test_an_outlier_is_drawn_on_the_edge_with_its_own_number():
    history = empty()
    for value in (1.0, 1.1, 1.2, 1.3, 1e300):
        add(history, value)
    plot = drawn(history)["history"]
    dots = plot.figure.data[0]
    assert max(dots.y) == 1.3
    assert list(dots.marker.symbol).count("triangle-up") == 1
    assert any(row[0] == "1e+300" for row in dots.customdata)
    assert "1 result outside" in plot.caption


def test_many_results_are_thinned_but_no_new_best_is_lost():
    history = empty()
    for number in range(3 * MOST_POINTS):
        parameters = {"lr": 1e-3 + 1e-6 * number, "act": "relu"}
        add(history, 1e4 - number if number % 300 == 7 else 2e4, parameters=parameters)
    plot = drawn(history)["history"]
    shown = {x for trace in plot.figure.data if trace.mode == "markers" for x in trace.x}
    assert len(shown) <= MOST_POINTS + 1
    assert set(range(7, 3 * MOST_POINTS, 300)) <= shown
    assert f"{MOST_POINTS:,} of {3 * MOST_POINTS:,}" in plot.caption


def test_parallel_axes_are_logarithmic_labelled_and_show_what_is_not_active():
    space = SearchSpace(
        {
            "a.lr": Float(1e-4, 1.0, log=True),
            "b.lr": Float(0.0, 1.0, when={"kind": "<b>x</b>"}),
            "kind": Choice(["plain", "<b>x</b>"]),
            "fixed": Choice([1]),
        }
    )
    history = empty("minimize loss", space)
    add(history, 1.0, parameters={"a.lr": 0.01, "kind": "plain", "fixed": 1})
    add(history, 2.0, parameters={"a.lr": 0.1, "b.lr": 0.5, "kind": "<b>x</b>", "fixed": 1})
    _, first, second, kind = drawn(history)["parallel"].figure.data[0].dimensions
    assert (first.label, second.label, kind.label) == ("a.lr", "b.lr", "kind")
    assert first["values"] == (-2.0, -1.0)
    assert list(first.ticktext) == ["0.0001", "0.001", "0.01", "0.1", "1"]
    assert second.ticktext[0] == "not active"
    assert second["values"][0] == second.tickvals[0] < 0.0
    assert kind.ticktext == ("plain", "<b>x</b>")


def test_of_thirty_parameters_the_most_important_are_axes():
    space = SearchSpace({f"group.parameter_{index}": Float(0.0, 1.0) for index in range(30)})
    history = empty("minimize loss", space)
    rng = np.random.default_rng(0)
    for _ in range(60):
        parameters = space.sample(rng)
        add(history, parameters["group.parameter_29"], parameters=parameters)
    plot = drawn(history)["parallel"]
    dimensions = plot.figure.data[0].dimensions
    assert len(dimensions) == MOST_AXES + 1
    assert dimensions[1].label == "parameter_29"
    assert "of 30 parameters" in plot.caption


def test_curves_single_out_the_leader_and_the_users_own():
    history = empty("maximize loss")
    add(history, 1.0, reports={1: 0.5, 2: 1.0})
    add(history, 3.0, reports={1: 2.0, 2: 3.0}, parameters={"lr": 0.5, "act": "relu"})
    add(history, 0.5, reports={1: 0.5}, state="pruned", parameters={"lr": 0.9, "act": "relu"})
    names = [trace.name for trace in drawn(history)["curves"].figure.data]
    assert names == ["pruned", "trial 0", "trial 1 (best)"]


def test_an_empty_study_says_why_there_is_nothing_to_draw():
    for plot in drawn(empty()).values():
        assert plot.figure is None
        assert plot.missing
