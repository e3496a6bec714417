"""The rules judge."""

from __future__ import annotations

from typing import Any

import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State, Verdict
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted, from_record
from tunesmith.judges.rules import RulesJudge


def history_of(*losses: tuple[float, float], objective: str = "minimize y", **more: float) -> History:
    """Return a history of complete trials (parameter, loss); a repeated parameter is a repeat."""
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse(objective))
    first: dict[float, int] = {}
    for number, (x, loss) in enumerate(losses):
        data: dict[str, Any] = {"parameters": {"x": x}}
        if x in first:
            data["repeat_of"] = first[x]
        first.setdefault(x, number)
        history.apply(TrialProposed(trial=number, proposal=Proposal(**data)))
        history.apply(TrialStarted(trial=number, attempt=1))
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": loss, **more}))
    return history


def verdict_on_last(history: History, **options: Any) -> Verdict:
    return RulesJudge(**options).judge(history, history.trials[-1])


def test_first_result_is_accepted() -> None:
    assert verdict_on_last(history_of((0.1, 5.0))).decision == "accept"


@pytest.mark.parametrize(
    ("loss", "decision", "words"),
    [
        (0.97, "accept", "3.0 % better than trial 0"),
        (0.99, "replicate", "1.0 % better than trial 0"),
        (1.0, "reject", "no better than trial 0"),
        (1.004, "reject", "no better than trial 0"),
        (1.006, "reject", "0.6 % worse than trial 0"),
        (1e300, "reject", "1e+300 worse than trial 0"),
    ],
)
def test_thresholds_while_the_noise_is_unknown(loss: float, decision: str, words: str) -> None:
    verdict = verdict_on_last(history_of((0.1, 1.0), (0.2, loss)))
    assert verdict.decision == decision
    assert words in verdict.reason


def test_maximising_equals_minimising_the_negative() -> None:
    assert verdict_on_last(history_of((0.1, 1.0), (0.2, 1.03), objective="maximize y")).decision == "accept"
    assert verdict_on_last(history_of((0.1, 1.0), (0.2, 0.97), objective="maximize y")).decision == "reject"


def test_gain_within_the_noise_is_repeated() -> None:
    noisy = history_of((0.1, 1.0), (0.1, 1.4), (0.2, 1.1))
    assert verdict_on_last(noisy, repeat_share=1.0).decision == "replicate"


def test_small_gain_beyond_the_noise_is_accepted() -> None:
    steady = history_of((0.1, 1.0), (0.1, 1.0001), (0.2, 0.99))
    assert verdict_on_last(steady).decision == "accept"


def test_any_gain_is_accepted_without_noise() -> None:
    assert verdict_on_last(history_of((0.1, 1.0), (0.1, 1.0), (0.2, 0.999999))).decision == "accept"


def test_repeats_are_limited() -> None:
    twice = history_of((0.1, 1.0), (0.2, 0.999), (0.2, 0.99), (0.2, 1.0))
    assert verdict_on_last(twice, repeat_share=1.0).decision != "replicate"
    assert verdict_on_last(history_of((0.1, 1.0), (0.2, 0.99)), repeats=0).decision == "accept"
    many = history_of(*[(i / 100, 1.0) for i in range(4)], (0.0, 1.1), (0.5, 1.04))
    assert verdict_on_last(many, repeat_share=0.1).decision != "replicate"


def test_severe_overfitting_is_a_binding_rejection() -> None:
    history = history_of((0.1, 1.0), train=0.1)
    verdict = verdict_on_last(history, train_metric="train", overfit_gap=0.5)
    assert (verdict.decision, verdict.binding) == ("reject", True)
    assert "90 %" in verdict.reason
    assert verdict_on_last(history, train_metric="train", overfit_gap=0.95).decision == "accept"


@pytest.mark.parametrize(("name", "value"), [("accept_gain", -0.1), ("repeat_share", 1.5), ("repeats", -1)])
def test_options_are_validated(name: str, value: float) -> None:
    with pytest.raises(InputError) as caught:
        RulesJudge(**{name: value})  # type: ignore[arg-type]
    assert caught.value.keys == (name,)


def front_of(*points: tuple[float, float, float]) -> History:
    """Return a history of complete trials (parameter, error, speed); a repeated parameter is a repeat."""
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize error, maximize speed"))
    first: dict[float, int] = {}
    for number, (x, error, speed) in enumerate(points):
        again = {"repeat_of": first[x]} if x in first else {}
        first.setdefault(x, number)
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": x}, **again)))
        history.apply(TrialStarted(trial=number, attempt=1))
        payload = {"state": "complete", "metrics": {"error": error, "speed": speed}}
        history.apply(from_record({"event": "trial_finished", "trial": number, **payload}))
    return history


FRONT = ((0.1, 1.0, 10.0), (0.2, 2.0, 20.0), (0.3, 4.0, 40.0))


@pytest.mark.parametrize(
    ("error", "speed", "decision", "words"),
    [
        (0.5, 5.0, "accept", "on the Pareto front with the best error"),
        (3.0, 30.0, "accept", "on the Pareto front beside trials 1 and 2"),
        (1.5, 30.0, "accept", "on the Pareto front in place of trial 1"),
        (0.5, 50.0, "accept", "on the Pareto front in place of trials 0 and 1 and 2"),
        (
            1.99,
            20.0,
            "replicate",
            "on the Pareto front in place of trial 1, but ahead of trial 1 by too little to be certain",
        ),
        (1.99, 15.0, "replicate", "on the Pareto front beside trials 0 and 1, but ahead of trial 1 by too little"),
        (2.0, 20.0, "reject", "equal to trial 1, which came first"),
        (2.0, 19.0, "reject", "dominated by trial 1, which is better in speed"),
        (5.0, 5.0, "reject", "dominated by trial 0, which is better in error and speed"),
    ],
)
def test_verdicts_with_a_pareto_objective(error: float, speed: float, decision: str, words: str) -> None:
    verdict = verdict_on_last(front_of(*FRONT, (0.4, error, speed)))
    assert verdict.decision == decision
    assert words in verdict.reason


def test_first_result_of_several_metrics_is_accepted() -> None:
    assert verdict_on_last(front_of(FRONT[0])).decision == "accept"


def test_uncertain_front_members_are_repeated() -> None:
    noisy = (*FRONT, (0.2, 2.4, 20.0))
    assert verdict_on_last(front_of(*noisy, (0.4, 1.9, 18.0)), repeat_share=0.5).decision == "replicate"
    sure = verdict_on_last(front_of(*noisy, (0.4, 1.1, 18.0)))
    assert sure.decision == "accept"
    spent = verdict_on_last(front_of(*noisy, (0.4, 1.9, 18.0)), repeats=0)
    assert (spent.decision, "by less than the noise; no repeats left" in spent.reason) == ("accept", True)


def test_huge_losses_are_judged() -> None:
    assert verdict_on_last(history_of((0.1, 1.7e308), (0.1, 1.7e308), (0.1, 1.7e308), (0.2, 1.0))).decision == "accept"
