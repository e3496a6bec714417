import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State, Value
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted, from_record
from tunesmith.proposers.gp import GpProposer
from tunesmith.proposers.language_model import Advice, LanguageModelProposer, success_rate
from tunesmith.proposers.portfolio import PortfolioProposer
from tunesmith.testing.histories import MINIMIZE, build_history, random_trials

SPACE = SearchSpace(
    {
        "lr": Float(1e-5, 1e-1, log=True, default=1e-3),
        "layers": Int(1, 6, default=2),
        "act": Choice(["relu", "gelu", True, 3]),
        "momentum": Float(0.0, 0.99, when={"act": "relu"}),
    },
    [{"layers": 5, "act": "gelu"}],
)


def loss(number: int, parameters: Mapping[str, Value]) -> float:
    return (math.log10(parameters["lr"]) + 2) ** 2 + 0.1 * abs(parameters["layers"] - 3)


@dataclass
class FixedAdviser:
    """Gives the same advice each time and keeps the refusals."""

    advice: Sequence[Advice]
    refused: list[str] = field(default_factory=list)

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        return self.advice

    def refuse(self, advice: Advice, reason: str) -> None:
        self.refused.append(reason)

    def allows(self, advice: Advice, proposal: Proposal) -> bool:
        return True


def start(parameters: Mapping[str, Value] | None = None) -> History:
    own = parameters or {"lr": 1e-3, "layers": 2, "act": "relu", "momentum": 0.5}
    return build_history(SPACE, [(own, 1.0)])


def proposed(history: History, *changes: Mapping[str, Any], count: int = 1, **others: Any) -> tuple[Any, list[str]]:
    adviser = FixedAdviser([Advice(changes=given, reason="it is usual.", **others) for given in changes])
    return LanguageModelProposer(adviser=adviser).propose(history, count=count, seed=0), adviser.refused


def test_advice_changes_only_the_named_parameters() -> None:
    (proposal,), refused = proposed(start(), {"lr": 0.01}, expectation=0.3)
    assert proposal.parameters == {"lr": 0.01, "layers": 2, "act": "relu", "momentum": 0.5}
    assert (proposal.proposer, proposal.reason, proposal.parent) == ("language_model", "medium step: it is usual.", 0)
    assert proposal.expectation == 0.3
    assert refused == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lr": 5.0}, {"lr": 0.1}),
        ({"lr": "0.01"}, {"lr": 0.01}),
        ({"layers": 3.0}, {"layers": 3}),
        ({"layers": 99}, {"layers": 6}),
        ({"layers": -1e300}, {"layers": 1}),
        ({"act": "GELU"}, {"act": "gelu"}),
        ({"act": "true"}, {"act": True}),
        ({"act": "3"}, {"act": 3}),
        ({"act": "gelu", "momentum": 0.9}, {"act": "gelu"}),
    ],
)
def test_values_are_interpreted_and_clamped(changes: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    (proposal,), refused = proposed(start(), changes)
    assert refused == []
    for name, value in expected.items():
        assert proposal.parameters[name] == value
        assert type(proposal.parameters[name]) is type(value)
    assert SPACE.contains(proposal.parameters)


@pytest.mark.parametrize(
    ("changes", "others", "why"),
    [
        ({"depth": 3}, {}, "there is no parameter 'depth'"),
        ({"lr": "1e-3 per step"}, {}, "'lr' must be a plain number, got '1e-3 per step'"),
        ({"lr": math.nan}, {}, "must be a plain number"),
        ({"lr": math.inf}, {}, "must be a plain number"),
        ({"lr": True}, {}, "must be a plain number"),
        ({"lr": None}, {}, "was tried already"),
        ({"lr": 10**400}, {}, "must be a plain number"),
        ({"lr": [0.1]}, {}, "must be a plain number"),
        ({"act": "swish"}, {}, "'act' must be one of 'relu', 'gelu', True, 3"),
        ({"act": "gelu", "layers": 5}, {}, "this combination is forbidden"),
        ({}, {}, "was tried already"),
        ({"lr": 1e-3}, {}, "was tried already"),
        ({"lr": 0.01}, {"parent": 99}, "there is no trial 99"),
        ({"lr": 0.01}, {"parent": -1}, "there is no trial -1"),
    ],
)
def test_invalid_advice_is_refused_and_replaced(
    changes: Mapping[str, Any], others: Mapping[str, Any], why: str
) -> None:
    (proposal,), refused = proposed(start(), changes, **others)
    assert len(refused) == 1
    assert why in refused[0]
    assert proposal.proposer != "language_model"
    assert SPACE.contains(proposal.parameters)


def test_refusals_are_independent_and_duplicates_refused() -> None:
    proposals, refused = proposed(start(), {"depth": 3}, {"lr": 0.01}, {"lr": "0.01"}, {"lr": 0.02}, count=3)
    assert [p.proposer for p in proposals[:2]] == ["language_model"] * 2
    assert [p.parameters["lr"] for p in proposals[:2]] == [0.01, 0.02]
    assert len(proposals) == 3
    assert [("depth" in reason, "same as another" in reason) for reason in refused] == [(True, False), (False, True)]


def test_advice_with_a_poor_prediction_costs_no_trial() -> None:
    history = build_history(SPACE, random_trials(SPACE, 40, loss))
    (proposal,), refused = proposed(history, {"lr": 1.1e-5})
    assert proposal.proposer == "gp"
    assert len(refused) == 1
    assert "times less than what the optimiser sees" in refused[0]
    promising = GpProposer().top_candidates(history, count=1, seed=7)[0].parameters
    (proposal,), refused = proposed(history, dict(promising))
    assert (proposal.proposer, refused) == ("language_model", [])


def test_a_trusted_adviser_skips_the_prediction_check() -> None:
    def trials(good: bool) -> History:
        history = History(SPACE, MINIMIZE)
        for number, (parameters, _) in enumerate(random_trials(SPACE, 40, loss)):
            advised = number % 4 == 3
            value = 1.0 - number / 100 if advised == good else 2.0 + number
            name = "language_model" if advised else "gp"
            history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=dict(parameters), proposer=name)))
            history.apply(TrialStarted(trial=number, attempt=1))
            history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": value}, attempt=1))
        return history

    worst = {"lr": 0.1, "layers": 6, "act": 3}
    for good, proposer in ((True, "language_model"), (False, "gp")):
        adviser = FixedAdviser([Advice(changes=worst)])
        strict = LanguageModelProposer(adviser=adviser, shortfall=1e-6)
        assert strict.propose(trials(good), count=1, seed=0)[0].proposer == proposer


def test_options_are_validated() -> None:
    with pytest.raises(InputError, match="shortfall must be above 0"):
        LanguageModelProposer(shortfall=0.0)
    with pytest.raises(InputError, match="name the language model in"):
        LanguageModelProposer(adviser="somebody")  # type: ignore[arg-type]


# -- as the adviser of a portfolio -----------------------------------------------------------------------------------


def portfolio_with(adviser: FixedAdviser, **options: Any) -> PortfolioProposer:
    return PortfolioProposer(
        members=["quasirandom", "random"], adviser=LanguageModelProposer(adviser=adviser), **options
    )


class ChangingAdviser(FixedAdviser):
    """FixedAdviser something else each time."""

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        return [Advice(changes={"lr": 1e-2 * 1.01 ** len(history.trials)}, reason="further.")]


class GenerousAdviser(FixedAdviser):
    """FixedAdviser as much as is wanted."""

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        return [Advice(changes={"lr": 1e-2 * 1.01**index}, reason="further on") for index in range(count)]


def played(portfolio: PortfolioProposer, trials: int, worth: Mapping[str, float]) -> History:
    """Return a study in which a proposer's trials better the last best, or are that much worse than trial 0."""
    history = History(SPACE, MINIMIZE)
    for number in range(trials):
        if number:
            proposal = portfolio.propose(history, count=1, seed=0)[0]
        parameters = proposal.parameters if number else {"lr": 1e-3, "layers": 2, "act": "relu", "momentum": 0.5}
        name = proposal.proposer if number else "user"
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=dict(parameters), proposer=name)))
        history.apply(TrialStarted(trial=number, attempt=1))
        gain = worth.get(name, 0.0)
        value = 1.0 - gain * number if gain >= 0 else 1.0 - gain
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": value}, attempt=1))
    return history


def test_the_adviser_proposes_first_and_then_gets_its_share() -> None:
    lenient = LanguageModelProposer(adviser=ChangingAdviser([]), shortfall=100.0)
    portfolio = PortfolioProposer(members=["quasirandom", "random"], adviser=lenient, startup_trials=5)
    history = played(portfolio, 20, {"language_model": 0.01})
    proposers = [trial.proposal.proposer for trial in history.trials]
    assert proposers[1:9] == ["language_model"] * 8
    assert 0 < proposers[9:].count("language_model") < 11
    shares = portfolio.shares(history)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["language_model"] > 0.15


def test_a_poor_adviser_loses_its_first_proposals() -> None:
    history = played(portfolio_with(ChangingAdviser([])), 6, {"language_model": -1.0})
    proposers = [trial.proposal.proposer for trial in history.trials]
    assert proposers[1] == "language_model"
    assert proposers[2:4] == ["quasirandom", "quasirandom"]


def test_concurrent_trials_of_untested_advice_are_limited() -> None:
    history = start()
    proposals = portfolio_with(GenerousAdviser([])).propose(history, count=12, seed=0)
    assert [p.proposer for p in proposals][:3] == ["language_model"] * 3
    assert proposals[0].reason.startswith("medium step: further on; proposed by language_model")
    due = sum((number * (3**0.5 - 1)) % 1.0 < 0.15 for number in range(1, 13))
    assert 3 <= sum(p.proposer == "language_model" for p in proposals) <= 3 + due


def test_refused_advice_does_not_affect_the_other_members() -> None:
    nonsense = FixedAdviser([Advice(changes={"depth": 3}), Advice(changes={"lr": "1e-3 per step"})])
    alone = PortfolioProposer(members=["quasirandom", "random"], startup_trials=10)
    asked = portfolio_with(nonsense, startup_trials=10)
    histories = [played(portfolio, 40, {"random": 0.001}) for portfolio in (alone, asked)]
    first, second = ([trial.parameters for trial in history.trials] for history in histories)
    assert first == second
    assert len(nonsense.refused) > 10
    batch = asked.propose(histories[0], count=8, seed=0)
    assert len({SPACE.key(proposal.parameters) for proposal in batch}) == 8


def test_the_advisers_share_follows_its_gains() -> None:
    portfolio = portfolio_with(ChangingAdviser([]), startup_trials=5)
    good = portfolio.shares(played(portfolio, 50, {"language_model": 0.01}))["language_model"]
    bad = portfolio.shares(played(portfolio, 50, {"quasirandom": 0.01, "language_model": -1.0}))["language_model"]
    assert good > 0.15 > bad > 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"advised_first": -1}, "advised_first must be at least 0"),
        ({"advice_share": 0.5}, "advice_share must be at least 0 and at most 0.25"),
        ({"adviser": "nobody"}, "unknown proposer 'nobody'"),
        ({"adviser": "tpe"}, "adviser must be 'language_model', got 'tpe'"),
    ],
)
def test_the_portfolios_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PortfolioProposer(**options).shares(start())


def test_the_success_rate_counts_trials_better_than_trial_0() -> None:
    def history(value: float) -> History:
        found = build_history(SPACE, random_trials(SPACE, 30, loss))
        found.apply(
            TrialProposed(
                trial=30, proposal=Proposal(parameters={"lr": 1.2e-5, "layers": 6, "act": 3}, proposer="language_model")
            )
        )
        found.apply(TrialStarted(trial=30, attempt=1))
        found.apply(TrialFinished(trial=30, state=State.COMPLETE, metrics={"y": value}, attempt=1))
        return found

    first = float(history(1.0).losses[0])
    assert [success_rate(history(first + change)) for change in (-1.0, 1.0)] == [1.0, 0.5]
    assert success_rate(build_history(SPACE, random_trials(SPACE, 3, loss))) == 1.0


def test_any_complete_trial_is_better_than_a_failed_trial_0() -> None:
    history = History(SPACE, MINIMIZE)
    for number, name in enumerate(["user", "language_model", "language_model"]):
        history.apply(
            TrialProposed(trial=number, proposal=Proposal(parameters={"lr": 10.0 ** -(1 + number)}, proposer=name))
        )
        history.apply(TrialStarted(trial=number, attempt=1))
        state = {"state": "complete", "metrics": {"y": 1.0}} if number == 1 else {"state": "failed"}
        failure = {} if number == 1 else {"failure": {"kind": "exit", "reason": "no", "log_tail": ""}}
        history.apply(from_record({"event": "trial_finished", "trial": number, **state, **failure, "attempt": 1}))
    assert success_rate(history) == pytest.approx(2 / 3)
