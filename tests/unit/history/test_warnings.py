"""Warnings that a study's history shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Parameter
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State
from tunesmith.history.history import History
from tunesmith.history.warnings import study_warnings
from tunesmith.journal.events import (
    FilesShared,
    SessionClosed,
    SessionOpened,
    TrialFinished,
    TrialProposed,
    TrialReported,
    TrialStarted,
)

Reports = Sequence[Mapping[str, float]]


def study(objective: str = "minimize y", parameter: Parameter | None = None, **specification: Any) -> History:
    """Return an empty history whose session has this specification."""
    history = History(SearchSpace({"x": parameter or Float(0, 1)}), Objective.parse(objective))
    history.apply(SessionOpened(study={"budget": {"trials": 9}, "pruner": None} | specification))
    return history


def run(
    history: History,
    metrics: Mapping[str, float] | float | None,
    *,
    x: float | None = None,
    repeat_of: int | None = None,
    reports: Reports = (),
    state: State = State.COMPLETE,
) -> None:
    """Run one trial; None is a failure."""
    number = len(history.trials)
    x = number / 1000 if x is None else x
    history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": x}, repeat_of=repeat_of)))
    history.apply(TrialStarted(trial=number))
    for step, values in enumerate(reports):
        history.apply(TrialReported(trial=number, step=step, metrics=values))
    if metrics is None:
        failure = Failure(kind="exit", reason="exit status 1")
        history.apply(TrialFinished(trial=number, state=State.FAILED, failure=failure))
        return
    metrics = metrics if isinstance(metrics, Mapping) else {"y": metrics}
    history.apply(TrialFinished(trial=number, state=state, metrics=metrics))


def kinds(history: History) -> list[str]:
    return [warning.kind for warning in study_warnings(history)]


@pytest.mark.parametrize("value", [8.1e-05, 0.0, -0.0, 1.0, 1e300])
def test_three_configurations_with_the_same_result_warn_until_another_result_comes(value: float) -> None:
    history = study()
    for _ in range(2):
        run(history, value)
    assert kinds(history) == []
    run(history, value)
    assert kinds(history) == ["no_effect"]
    run(history, None)
    assert kinds(history) == ["no_effect"]
    run(history, math.nextafter(value, math.inf))
    assert kinds(history) == []


def test_repeats_of_one_configuration_do_not_warn() -> None:
    history = study()
    run(history, 1.0)
    for _ in range(3):
        run(history, 1.0, x=0.0, repeat_of=0)
    run(history, 1.0)
    assert kinds(history) == []


def test_repeats_with_another_seed_do_not_hide_that_parameters_have_no_effect() -> None:
    history = study()
    for _ in range(3):
        run(history, 1.0)
    run(history, 2.0, x=0.0, repeat_of=0)
    assert kinds(history) == ["no_effect"]


@pytest.mark.parametrize("place", [0, 5, 50, 99])
def test_one_other_result_among_many_is_enough(place: int) -> None:
    history = study()
    for number in range(100):
        run(history, 2.0 if number == place else 1.0)
        assert kinds(history) == (["no_effect"] if 2 <= number < place else [])


@pytest.mark.parametrize(
    ("name", "warns"),
    [("train_time", True), ("epoch seconds", True), ("peak_memory_mb", True), ("train_loss", False), ("msle", False)],
)
def test_other_metrics_must_be_equal_too_except_those_of_the_machine(name: str, warns: bool) -> None:
    history = study()
    for number in range(3):
        run(history, {"y": 0.5, name: number})
    assert kinds(history) == (["no_effect"] if warns else [])


def test_a_metric_of_the_machine_counts_if_it_is_the_objective() -> None:
    history = study("minimize seconds")
    for number in range(3):
        run(history, {"seconds": number})
    assert kinds(history) == []


def test_learning_curves_must_be_equal_too() -> None:
    history = study()
    for number in range(3):
        run(history, 1.0, reports=[{"y": number}, {"y": 1.0}])
    assert kinds(history) == []


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([], "has reported anything"),
        ([{"loss": 1.0}, {"loss": 0.5}], "has reported y while it ran, only loss"),
        ([{"y": 1.0}], "has reported y more than once"),
        ([{"y": 1.0}, {"y": 0.5}], ""),
    ],
)
def test_a_pruner_needs_reports_of_the_metric(reports: Reports, words: str) -> None:
    history = study(pruner="hyperband")
    for number in range(3):
        assert kinds(history) == []
        run(history, number, reports=reports)
    assert kinds(history) == (["no_reports"] if words else [])
    assert words in "".join(warning.text for warning in study_warnings(history))


@pytest.mark.parametrize("pruner", [None, "none"])
def test_without_a_pruner_no_reports_are_needed(pruner: str | None) -> None:
    history = study(pruner=pruner)
    for number in range(5):
        run(history, number)
    assert kinds(history) == []


def test_a_pruned_trial_shows_that_the_pruner_works() -> None:
    history = study(pruner="median")
    run(history, 5.0, reports=[{"y": 5.0}], state=State.PRUNED)
    for number in range(3):
        run(history, number, reports=[{"y": number}])
    assert kinds(history) == []


@pytest.mark.parametrize(
    ("budget", "parameter", "warns"),
    [
        ({}, Float(0, 1), True),
        ({"usd": 1.0, "seconds_per_trial": 5}, Float(0, 1), True),
        ({"patience": 5}, Float(0, 1), False),
        ({}, Choice([0.0, 0.5]), False),
    ],
)
def test_a_study_without_end_warns_while_it_runs(budget: dict[str, float], parameter: Parameter, warns: bool) -> None:
    history = study(parameter=parameter, budget=budget)
    assert kinds(history) == (["no_limit"] if warns else [])
    history.apply(SessionClosed(reason="interrupted"))
    assert kinds(history) == []


def test_files_that_trials_share_are_kept_in_the_journal() -> None:
    history = study()
    history.apply(FilesShared(reason="trials write to model.txt", paths=("model.txt",)))
    assert [(warning.kind, warning.text) for warning in study_warnings(history)] == [
        ("shared_files", "trials write to model.txt")
    ]
