"""Credit of proposers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tunesmith.core.objective import Constraint, Metric, Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State
from tunesmith.history.credit import Credit, assign_credit
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted, from_record

LINE = SearchSpace({"x": Float(0.0, 1.0)})


def add(
    history: History, proposer: str, loss: float | None = None, seconds: float | None = None, **metrics: float
) -> None:
    """Add one trial to the history: complete with its loss, failed if it is None, running if it is NaN."""
    number = len(history.trials)
    history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 1000}, proposer=proposer)))
    history.apply(TrialStarted(trial=number, attempt=1))
    if loss is None:
        failure = {"kind": "memory", "reason": "it was too big."}
        history.apply(TrialFinished(trial=number, state=State.FAILED, failure=Failure(**failure), seconds=seconds))
    elif not math.isnan(loss):
        payload = {"state": "complete", "metrics": {"y": loss, **metrics}, "seconds": seconds}
        history.apply(from_record({"event": "trial_finished", "trial": number, **payload}))


def history_of(trials: Sequence[tuple[str, float | None]], objective: str = "minimize y") -> History:
    history = History(LINE, Objective.parse(objective))
    for proposer, loss in trials:
        add(history, proposer, loss)
    return history


def earned(history: History, half_life: float = math.inf, until: int | None = None) -> tuple[Credit, Credit]:
    first, second = assign_credit(history, ["a", "b"], half_life=half_life, until=until)
    return first, second


RUNNING = math.nan


def test_gain_is_one_over_the_rank_among_earlier_trials() -> None:
    history = history_of([("a", 5.0), ("a", 3.0), ("a", 4.0), ("b", 3.5), ("b", 9.0), ("user", 1.0)])
    a, b = earned(history)
    assert a.gain == pytest.approx(1 + 1 + 1 / 2)
    assert b.gain == pytest.approx(1 / 2 + 1 / 5)
    assert (a.trials, b.trials) == (3, 2)


def test_credit_does_not_depend_on_scale_or_direction() -> None:
    values = [5.0, 3.0, 4.0, 3.5, 9.0]
    expected = earned(history_of([("ab"[n % 2], y) for n, y in enumerate(values)]))
    assert earned(history_of([("ab"[n % 2], 1e12 * y + 7) for n, y in enumerate(values)])) == expected
    assert earned(history_of([("ab"[n % 2], -y) for n, y in enumerate(values)], "maximize y")) == expected


def test_ties_gain_less_and_less() -> None:
    a, b = earned(history_of([("a", 1.0), *[("b", 1.0)] * 9]))
    assert a.gain == 1
    assert b.gain / b.trials < 0.25


def test_tiny_improvements_count_as_ties() -> None:
    early = [("a", 10.0 - number / 2) for number in range(19)]

    def gain(step: float) -> float:
        _, b = earned(history_of([*early, *[("b", 1.0 - number * step) for number in range(1, 10)]]))
        return b.gain / b.trials

    assert gain(0.1) == 1
    assert gain(1e-6) < 0.25


def test_failed_trials_gain_nothing() -> None:
    a, b = earned(history_of([("a", 2.0), ("b", None), ("b", None)]))
    assert (b.trials, b.gain, b.cost) == (2, 0, 2)
    assert a.gain == 1


def test_pending_trials_count_without_gain_or_cost() -> None:
    a, b = earned(history_of([("a", 2.0), ("b", RUNNING)]))
    assert (b.trials, b.gain, b.cost) == (1, 0, 0)
    assert (a.trials, a.gain) == (1, 1)


def test_many_pending_trials_do_not_hide_settled_ones() -> None:
    history = history_of([("ab"[n % 2], float(-n if n % 2 else 5)) for n in range(40)])
    few = earned(history, half_life=30)
    for number in range(2000):
        add(history, "ab"[number % 2], RUNNING)
    many = earned(history, half_life=30)
    assert [(c.gain, c.cost) for c in many] == [(c.gain, c.cost) for c in few]
    assert [c.trials for c in many] == pytest.approx([c.trials + 1000 for c in few])


def test_infeasible_trials_rank_after_feasible_ones() -> None:
    history = History(LINE, Objective((Metric("y"),), (Constraint("size", high=1.0),)))
    add(history, "a", 9.0, size=0.0)
    add(history, "b", 1.0, size=5.0)
    add(history, "a", 8.0, size=0.0)
    a, b = earned(history)
    assert (a.gain, b.gain) == (2, 0.5)


def test_credit_halves_after_the_half_life() -> None:
    history = history_of([("a", 1.0), *[("b", 2.0)] * 30])
    a, _ = earned(history, half_life=30)
    assert a.gain == a.trials == a.cost == pytest.approx(0.5)
    for _ in range(200):
        add(history, "b", 2.0)
    a, b = earned(history, half_life=30)
    assert (a.gain, a.trials) == (0, 0)
    assert b.trials < 30 / 0.69 + 1  # The sum of all that fades.


def test_repeats_earn_no_credit() -> None:
    history = history_of([("a", 2.0), ("b", 3.0)])
    expected = earned(history)
    history.apply(TrialProposed(trial=2, proposal=Proposal(parameters={"x": 0.0}, proposer="a", repeat_of=0)))
    history.apply(TrialStarted(trial=2, attempt=1))
    history.apply(TrialFinished(trial=2, state=State.COMPLETE, metrics={"y": 1.0}))
    assert earned(history) == expected
    add(history, "b", 2.5)
    assert earned(history)[1].gain == pytest.approx(1 / 2 + 1 / 2)  # Behind trial 0, and not behind its repeat.


def timed(seconds_of_a: Sequence[float], seconds_of_b: Sequence[float]) -> tuple[Credit, Credit]:
    history = History(LINE, Objective.parse("minimize y"))
    for index, (of_a, of_b) in enumerate(zip(seconds_of_a, seconds_of_b, strict=True)):
        add(history, "a", -float(index), seconds=of_a)
        add(history, "b", -float(index), seconds=of_b)
    return earned(history)


def test_cheap_trials_cost_less() -> None:
    a, b = timed([60.0] * 10, [600.0] * 10)
    assert a.trials == b.trials
    assert b.cost >= 4 * a.cost


@pytest.mark.parametrize(
    ("of_a", "of_b"),
    [
        pytest.param([60.0] * 10, [75.0, 50.0] * 5, id="a noisy machine"),
        pytest.param([0.01] * 10, [0.5, 0.01] * 5, id="trials of no time"),
        pytest.param([0.0] * 10, [0.0] * 10, id="not measured well"),
    ],
)
def test_small_differences_of_time_change_nothing(of_a: Sequence[float], of_b: Sequence[float]) -> None:
    a, b = timed(of_a, of_b)
    assert (a.cost, b.cost) == (a.trials, b.trials)


def test_credit_until_an_earlier_trial() -> None:
    trials = [("ab"[n % 3 == 0], float((7 * n) % 11)) for n in range(40)]
    whole = history_of(trials)
    for until in (0, 1, 17, 40):
        assert earned(whole, half_life=30, until=until) == earned(history_of(trials[:until]), half_life=30)


def test_empty_history_gives_no_credit() -> None:
    assert earned(history_of([])) == (
        Credit(proposer="a", trials=0.0, gain=0.0, cost=0.0),
        Credit(proposer="b", trials=0.0, gain=0.0, cost=0.0),
    )
