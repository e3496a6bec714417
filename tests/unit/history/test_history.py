import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.reports import Report
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State, Verdict
from tunesmith.errors import TunesmithError
from tunesmith.history.history import History
from tunesmith.journal.events import (
    Event,
    SessionClosed,
    SessionOpened,
    StudyStopped,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialNoted,
    TrialProposed,
    TrialReported,
    TrialStarted,
    from_record,
)
from tunesmith.testing.contracts import MAXIMIZE, MINIMIZE, build_history

LINE = SearchSpace({"x": Float(0.0, 1.0)})


def _play(*events: Event) -> History:
    history = History(LINE, MINIMIZE)
    for event in events:
        history.apply(event)
    return history


def _started(number: int, x: float = 0.5) -> list[Event]:
    return [TrialProposed(trial=number, proposal=Proposal(parameters={"x": x})), TrialStarted(trial=number, attempt=1)]


def _complete(number: int, y: float) -> Event:
    return TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": y})


def test_arrays_have_a_row_per_trial() -> None:
    trials = [({"x": 0.1}, 2.0), ({"x": 0.2}, State.FAILED), ({"x": 0.3}, State.PRUNED), ({"x": 0.4}, State.RUNNING)]
    history = build_history(LINE, trials, MAXIMIZE, {2: [(1, 7.0)], 3: [(1, 8.0)]})
    np.testing.assert_array_equal(history.losses, [-2.0, np.nan, -7.0, np.nan])
    np.testing.assert_allclose(history.points[:, 0], [0.1, 0.2, 0.3, 0.4])
    assert history.at_step(1) == {2: -7.0, 3: -8.0}
    assert (history.settled, len(history.running), len(history.waiting)) == (3, 1, 0)
    assert +history.counts == {State.COMPLETE: 1, State.FAILED: 1, State.PRUNED: 1, State.RUNNING: 1}


def test_a_configuration_outside_of_the_space_has_no_point() -> None:
    history = build_history(LINE, [({"x": 3.0}, 1.0)])
    assert np.isnan(history.points).all()
    assert history.best is not None


def test_repeats_share_a_rank_and_the_first_one_leads() -> None:
    history = build_history(LINE, [({"x": 0.1}, 5.0), ({"x": 0.2}, 1.0), ({"x": 0.2}, 3.0)])
    best = history.best
    assert best is not None
    assert best.number == 1
    assert history.repeat_losses(best) == [1.0, 3.0]
    assert [trial.number for trial in history.repeats(best)] == [1, 2]
    rival = history.rival(best)
    assert rival is not None
    assert rival.number == 0


def test_pruned_trials_never_lead() -> None:
    history = build_history(LINE, [({"x": 0.1}, 5.0), ({"x": 0.2}, State.PRUNED)], MINIMIZE, {1: [(1, 0.0)]})
    assert history.best is not None
    assert history.best.number == 0


def test_a_new_attempt_forgets_the_reports_of_the_last() -> None:
    report = TrialReported(trial=0, step=3, metrics={"y": 1.0})
    history = _play(*_started(0), report, TrialInterrupted(trial=0))
    assert history.waiting[0].number == 0
    history.apply(TrialStarted(trial=0, attempt=2))
    assert history.at_step(3) == {}
    assert history.trials[0].reports == ()
    assert history.trials[0].attempt == 2


@pytest.mark.parametrize("y", [math.nan, math.inf])
def test_reports_that_are_not_finite_are_kept_but_not_compared(y: float) -> None:
    history = _play(*_started(0), TrialReported(trial=0, step=1, metrics={"y": y}))
    assert len(history.trials[0].reports) == 1
    assert history.at_step(1) == {}


def test_a_binding_rejection_gives_the_lead_to_the_next() -> None:
    history = _play(*_started(0, 0.1), *_started(1, 0.2), _complete(0, 1.0), _complete(1, 2.0))
    rejected = Verdict(decision="reject", reason="it leaks.", by="user", binding=True)
    history.apply(TrialJudged(trial=0, verdict=rejected))
    assert history.best is not None
    assert history.best.number == 1
    history.apply(TrialJudged(trial=0, verdict=replace(rejected, decision="accept")))
    assert history.best.number == 0


def test_since_best_counts_the_finished_trials_without_a_new_best() -> None:
    history = build_history(LINE, [({"x": 0.1}, 2.0), ({"x": 0.2}, 3.0), ({"x": 0.3}, State.FAILED)])
    assert history.since_best == 2
    history.apply(TrialProposed(trial=3, proposal=Proposal(parameters={"x": 0.4})))
    history.apply(TrialStarted(trial=3, attempt=1))
    history.apply(_complete(3, 1.0))
    assert history.since_best == 0


@pytest.mark.parametrize("later", [0.0, 3600.0, -3600.0])
def test_seconds_are_summed_over_the_sessions_alone_whatever_the_machines_clock_does(later: float) -> None:
    history = _play(
        SessionOpened(time=1e9, elapsed=0.0),
        SessionClosed(time=1e9 + later, elapsed=30.0),
        TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.1}), time=1e9 + 2 * later),
        SessionOpened(time=1e9 + 3 * later, elapsed=0.0),
    )
    assert history.seconds_spent() == 30.0
    assert history.seconds_spent(12.0) == 42.0


def test_has_tried_knows_every_proposal() -> None:
    history = build_history(LINE, [({"x": 0.1}, State.WAITING)])
    assert history.has_tried({"x": 0.1})
    assert not history.has_tried({"x": 0.2})


def test_trials_have_their_folder() -> None:
    history = History(LINE, MINIMIZE, Path("studies/mine"))
    history.apply(TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.1})))
    assert history.trials[0].folder == Path("studies/mine/trials/0000")


@pytest.mark.parametrize(
    "events",
    [
        [TrialProposed(trial=1, proposal=Proposal(parameters={"x": 0.1}))],
        [TrialStarted(trial=0, attempt=1)],
        [*_started(0), _complete(0, 1.0), _complete(0, 1.0)],
        [TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.1})), _complete(0, 1.0)],
        [*_started(0), TrialStarted(trial=0, attempt=2)],
        [*_started(0), _complete(0, 1.0), TrialInterrupted(trial=0)],
        [*_started(0), _complete(0, 1.0), TrialReported(trial=0, step=1, metrics={})],
    ],
    ids=["gap", "not proposed", "ends twice", "ends before its start", "starts twice", "complete", "late report"],
)
def test_events_that_cannot_follow_are_refused(events: list[Event]) -> None:
    with pytest.raises(TunesmithError):
        _play(*events)


def test_arrays_grow_beyond_their_first_size() -> None:
    history = build_history(LINE, [({"x": k / 300}, float(k)) for k in range(300)])
    np.testing.assert_array_equal(history.losses, np.arange(300.0))
    np.testing.assert_allclose(history.points[:, 0], np.arange(300) / 300)


def _finished(number: int, state: str, **data: Any) -> Event:
    return from_record({"event": "trial_finished", "trial": number, "state": state, **data})


def test_values_and_excesses_have_a_column_each_for_metrics_and_constraints() -> None:
    table = {
        "metrics": {"error": {}, "speed": {"direction": "maximize"}},
        "constraints": {"size": {"high": 10.0}, "recall": {"low": 0.5, "high": 0.9}},
    }
    history = History(LINE, Objective.parse(table))
    for number in range(4):
        for event in _started(number):
            history.apply(event)
    history.apply(_finished(0, "complete", metrics={"error": 1.0, "speed": 5.0, "size": 12.0, "recall": 0.6}))
    history.apply(_finished(1, "pruned", metrics={"error": 2.0, "recall": 1.0}))
    history.apply(_finished(2, "failed", failure={"kind": "exit", "reason": "no."}))
    nan = np.nan
    np.testing.assert_array_equal(history.values, [[1.0, -5.0], [2.0, nan], [nan, nan], [nan, nan]])
    np.testing.assert_allclose(history.excesses, [[2.0, -0.1], [nan, 0.1], [nan, nan], [nan, nan]])
    np.testing.assert_array_equal(history.losses, [-4.0, nan, nan, nan])
    np.testing.assert_array_equal(history.violations, [2.0, nan, nan, nan])


@pytest.mark.parametrize(
    ("kind", "crashed"),
    [("memory", True), ("timeout", True), ("exit", True), ("metric", True), ("lost", True), ("setup", False)],
)
def test_a_crash_is_a_failure_that_parameters_may_have_caused(kind: str, crashed: bool) -> None:
    history = _play(*_started(0), *_started(1), _finished(0, "failed", failure={"kind": kind, "reason": "so."}))
    np.testing.assert_array_equal(
        history.crashed, [False, False]
    )  # No trial has worked yet, so parameters need not be the cause.
    history.apply(_complete(1, 1.0))
    np.testing.assert_array_equal(history.crashed, [crashed, False])
    history.apply(TrialInterrupted(trial=0))
    np.testing.assert_array_equal(history.crashed, [False, False])


def test_arrays_grow_with_the_trials() -> None:
    history = build_history(LINE, [({"x": number / 200}, float(number)) for number in range(130)])
    np.testing.assert_array_equal(history.values[:, 0], np.arange(130.0))
    assert history.excesses.shape == (130, 0)
    assert not history.crashed.any()


BOTH = Objective.parse("minimize error, maximize speed")


def _measured(*points: tuple[float, float], state: str = "complete") -> History:
    history = History(LINE, BOTH)
    for number, (error, speed) in enumerate(points):
        for event in _started(number, number / 100):
            history.apply(event)
        history.apply(_finished(number, state, metrics={"error": error, "speed": speed}))
    return history


def test_a_pareto_objective_has_a_front_and_relative_losses() -> None:
    history = _measured((2.0, 5.0), (1.0, 1.0), (4.0, 9.0), (3.0, 2.0))
    assert [trial.number for trial in history.front] == [1, 0, 2]
    assert history.best is not None
    assert history.best.number == 0
    assert (history.losses < 0).tolist() == [True, True, True, False]
    assert history.since_best == 1
    assert [trial.number for trial in history.rivals(history.trials[0])] == [1, 3, 2]
    np.testing.assert_array_equal(history.mean_values(history.trials[2]), [4.0, -9.0])
    assert history.repeat_losses(history.trials[3]) == [history.losses[3]]


def test_pruned_trials_have_losses_but_no_place_on_the_front() -> None:
    history = _measured((2.0, 5.0), state="pruned")
    assert history.losses[0] == -1.0
    assert (history.front, history.best) == ((), None)


def test_the_front_of_one_metric_is_the_best_while_it_keeps_the_constraints() -> None:
    history = build_history(LINE, [({"x": 0.1}, 2.0), ({"x": 0.2}, 1.0)])
    assert [trial.number for trial in history.front] == [1]
    assert [trial.number for trial in history.rivals(history.trials[1])] == [0]
    assert history.metric_noise is None
    strict = Objective.parse({"metrics": {"y": {}}, "constraints": {"y": {"high": 0.5}}})
    broken = History(LINE, strict)
    for event in [*_started(0), _complete(0, 1.0)]:
        broken.apply(event)
    assert broken.best is not None
    assert broken.front == ()


def test_reports_of_several_metrics_are_compared_at_their_step() -> None:
    history = History(LINE, BOTH)
    for number, (error, speed) in enumerate([(1.0, 1.0), (2.0, 2.0), (3.0, 1.0)]):
        for event in _started(number):
            history.apply(event)
        history.apply(TrialReported(trial=number, step=1, metrics={"error": error, "speed": speed}))
    losses = history.at_step(1)
    assert [losses[number] < 0 for number in range(3)] == [True, True, False]
    last = history.trials[2]
    assert history.loss_of(last, last.reports[-1]) == losses[2]
    assert history.loss_of(last, Report(1, {"error": 1.0})) is None
    assert history.loss_of(last, Report(1, {"error": 1.0, "speed": math.nan})) == math.inf
    for number in (0, 1):
        history.apply(TrialInterrupted(trial=number))
        history.apply(TrialStarted(trial=number, attempt=2))
    assert history.at_step(1) == {2: -1.0}
    assert history.steps == [1]


def test_the_loss_of_a_report_is_the_objectives_own_with_one_metric() -> None:
    history = build_history(LINE, [({"x": 0.1}, State.RUNNING)], MAXIMIZE, {0: [(1, 7.0), (2, math.inf)]})
    trial = history.trials[0]
    assert [history.loss_of(trial, report) for report in trial.reports] == [-7.0, math.inf]


def test_a_killed_session_lasts_until_its_last_event_and_not_until_a_note_of_another_process() -> None:
    history = _play(
        SessionOpened(time=100.0, elapsed=0.0),
        TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.1}), time=110.0, elapsed=10.0),
        TrialNoted(trial=0, text="what was this?", time=4000.0),
    )
    assert history.seconds_spent() == 10.0
    history.apply(SessionOpened(time=5000.0, elapsed=0.0))
    history.apply(SessionClosed(time=5005.0, elapsed=5.0))
    assert history.seconds_spent() == 15.0


def test_a_study_is_resumed_by_a_later_session_also_if_the_clock_was_set_back() -> None:
    history = _play(SessionOpened(time=9e8), StudyStopped(reason="all 5 trials are done", time=9e8), SessionClosed())
    assert history.stopped is not None
    history.apply(SessionOpened(time=1e8))
    assert history.stopped is None
