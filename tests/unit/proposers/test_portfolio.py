"""The portfolio proposer."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tunesmith as ts
from tunesmith.config.settings import read_settings
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted, from_record
from tunesmith.plugins import name_of, resolve
from tunesmith.proposers.portfolio import PortfolioProposer
from tunesmith.proposers.tpe import TpeProposer
from tunesmith.study.tuning import study_from_settings
from tunesmith.testing import problems
from tunesmith.testing.histories import MINIMIZE
from tunesmith.testing.searches import search

LINE = SearchSpace({"x": Float(0.0, 1.0)})
CHEAP = PortfolioProposer(members=["random", "quasirandom", {"name": "grid", "points": 9}], startup_trials=5)
"""A portfolio of fast members."""


def played(
    portfolio: PortfolioProposer,
    trials: int,
    outcome: Callable[[int, str], float | None],
    seconds: Callable[[str], float] = lambda _: 0.0,
) -> History:
    """Return a serial study in which `outcome(number, proposer)` is the loss; None fails."""
    history = History(LINE, MINIMIZE)
    for number in range(trials):
        proposal = portfolio.propose(history, count=1, seed=0)[0]
        _apply(history, number, proposal.parameters, proposal.proposer)
        loss = outcome(number, proposal.proposer)
        ended: dict[str, Any] = {"state": "complete", "metrics": {"y": loss}}
        if loss is None:
            ended = {"state": "failed", "failure": {"kind": "exit", "reason": "it ended with status 1."}}
        history.apply(
            from_record({"event": "trial_finished", "trial": number, **ended, "seconds": seconds(proposal.proposer)})
        )
    return history


def _apply(history: History, number: int, parameters: Mapping[str, Any], proposer: str) -> None:
    history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=dict(parameters), proposer=proposer)))
    history.apply(TrialStarted(trial=number, attempt=1))


def counts(history: History) -> Counter[str]:
    return Counter(trial.proposal.proposer for trial in history.trials)


def only(name: str) -> Callable[[int, str], float]:
    """Return an outcome in which every trial of one member is a new best, and all others are equal."""
    return lambda number, proposer: -float(number) if proposer == name else 1.0


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(only("random"), id="one gains"),
        pytest.param(lambda number, _: -float(number), id="all gain"),
        pytest.param(lambda number, _: float(number), id="none gains"),
        pytest.param(lambda *_: 0.0, id="all equal"),
        pytest.param(lambda *_: None, id="all fail"),
        pytest.param(lambda _, proposer: None if proposer == "grid" else 0.0, id="one fails"),
    ],
)
def test_every_member_keeps_its_floor(outcome: Callable[[int, str], float | None]) -> None:
    found = counts(played(CHEAP, 105, outcome))
    assert set(found) == {"random", "quasirandom", "grid"}
    assert min(found.values()) >= 0.9 * CHEAP.floor * 100


def test_first_member_starts_and_others_do_not_catch_up() -> None:
    history = played(CHEAP, 60, lambda *_: 0.0)
    proposers = [trial.proposal.proposer for trial in history.trials]
    assert proposers[:5] == ["random"] * 5
    assert set(proposers[5:12]) == {"random", "quasirandom", "grid"}
    early, late = proposers[5:15].count("random"), proposers[15:25].count("random")
    assert abs(early - late) <= 2


@pytest.mark.parametrize("name", ["random", "quasirandom", "grid"])
def test_better_member_gets_more_trials(name: str) -> None:
    ordinary = counts(played(CHEAP, 100, lambda *_: 0.0))
    history = played(CHEAP, 100, only(name))
    assert counts(history)[name] > ordinary[name]
    shares = CHEAP.shares(history)
    assert shares[name] == max(shares.values())  # More than the first member, although that is preferred.


def test_failing_member_gets_fewer_trials() -> None:
    ordinary = counts(played(CHEAP, 100, lambda number, _: -float(number)))
    found = counts(played(CHEAP, 100, lambda number, proposer: None if proposer == "grid" else -float(number)))
    assert found["grid"] < 0.9 * ordinary["grid"]


def test_early_gains_decay() -> None:
    history = played(CHEAP, 200, lambda number, proposer: only("grid")(number, proposer) if number < 50 else 1.0)
    ahead = []
    for until in (50, 200):
        shares = CHEAP.shares(history, until)
        ahead.append(shares["grid"] - shares["quasirandom"])
    assert ahead[0] > 0.1
    assert ahead[1] < ahead[0] / 2


def test_cheaper_member_gets_more_trials() -> None:
    alike, differing = (
        counts(played(CHEAP, 100, lambda number, _: -float(number), seconds))
        for seconds in (lambda _: 600.0, lambda proposer: 60.0 if proposer == "grid" else 600.0)
    )
    assert differing["grid"] > alike["grid"]


def test_batches_are_shared_like_serial_trials() -> None:
    history = played(CHEAP, 30, lambda number, _: -float(number))
    together = CHEAP.propose(history, count=12, seed=0)
    assert set(Counter(p.proposer for p in together)) == {"random", "quasirandom", "grid"}
    for _ in range(12):
        proposal = CHEAP.propose(history, count=1, seed=0)[0]
        _apply(history, len(history.trials), proposal.parameters, proposal.proposer)
    one_by_one = Counter(trial.proposal.proposer for trial in history.running)
    for name, number in Counter(p.proposer for p in together).items():
        assert abs(one_by_one[name] - number) <= 1


def test_first_member_has_all_startup_trials() -> None:
    portfolio = dataclasses.replace(CHEAP, startup_trials=30)
    history = played(portfolio, 20, only("random"))
    assert portfolio.shares(history) == {"random": 1.0, "quasirandom": 0.0, "grid": 0.0}
    proposals = portfolio.propose(history, count=3, seed=0)
    assert [proposal.proposer for proposal in proposals] == ["random"] * 3
    assert proposals[0].reason.endswith("proposed by random (share 100 %)")


def test_shares_sum_to_one_and_respect_the_floor() -> None:
    history = played(CHEAP, 60, only("random"))
    shares = CHEAP.shares(history)
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= CHEAP.floor
    assert shares["random"] == max(shares.values())


def test_reason_names_the_member_and_its_share() -> None:
    proposal = CHEAP.propose(played(CHEAP, 60, only("random")), count=1, seed=0)[0]
    assert re.search(rf"; proposed by {proposal.proposer} \(share \d+ %\)$", proposal.reason)


def test_proposals_are_reproducible() -> None:
    history = played(CHEAP, 40, only("random"))
    again = dataclasses.replace(CHEAP).propose(history, count=5, seed=3)
    assert CHEAP.propose(history, count=5, seed=3) == again


def test_repeats_and_trials_of_others_are_tolerated() -> None:
    history = History(LINE, MINIMIZE)
    for number, proposer in enumerate(["user", "evolution", "tpe"]):
        _apply(history, number, {"x": number / 10}, proposer)
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": 1.0}))
    assert CHEAP.propose(history, count=1, seed=0)[0].proposer == "random"
    assert sum(CHEAP.shares(history).values()) == pytest.approx(1)


# -- options -------------------------------------------------------------------------------------------------------


def test_members_in_study_toml(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        "[study]\nobjective = 'minimize y'\n[task]\ncommand = 'true {args}'\n"
        "[space]\nx = { type = 'float', low = 0.0, high = 1.0 }\n"
        "[search.proposer]\nname = 'portfolio'\nstartup_trials = 2\n"
        "members = ['random', { name = 'tpe', candidates = 5 }]\n"
    )
    with study_from_settings(read_settings(tmp_path / "study.toml")) as study:
        proposer = study.engine.proposer
        assert isinstance(proposer, PortfolioProposer)
        assert [name_of(member) for member in proposer.members] == ["random", "tpe"]
        assert resolve("proposers", proposer.members[1]) == TpeProposer(candidates=5)
        asked = [study.ask() for _ in range(4)]
        assert [trial.proposal.proposer for trial in asked] == ["user", "random", "random", "random"]
        for trial in asked[:2]:
            study.tell(trial.number, 1.0)
        asked = [study.ask() for _ in range(8)]
        assert {trial.proposal.proposer for trial in asked} == {"random", "tpe"}


@pytest.mark.parametrize(
    ("options", "message", "keys"),
    [
        ({"members": ["gp"]}, "two or more different proposers, got ['gp']", ("members",)),
        ({"members": []}, "two or more different proposers, got []", ("members",)),
        (
            {"members": ["tpe", {"name": "tpe", "candidates": 5}]},
            "two or more different proposers, got ['tpe', 'tpe']",
            ("members",),
        ),
        ({"members": ["gp", "tpee"]}, "unknown proposer 'tpee'. Did you mean 'tpe'?", ("proposer",)),
        ({"members": ["gp", {"name": "tpe", "candidate": 5}]}, "Did you mean 'candidates'?", None),
        ({"startup_trials": -1}, "startup_trials must be at least 0, got -1", ("startup_trials",)),
        ({"floor": -0.1}, "floor must be at least 0 and at most 0.333333, got -0.1", ("floor",)),
        ({"floor": 0.4}, "floor must be at least 0 and at most 0.333333, got 0.4", ("floor",)),
        ({"floor": float("nan")}, "floor must be at least 0", ("floor",)),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], message: str, keys: Sequence[str] | None) -> None:
    with pytest.raises(InputError) as caught:
        resolve("proposers", {"name": "portfolio", **options})
    assert message in caught.value.message
    assert keys is None or caught.value.keys[-len(keys) :] == keys


# -- the default ---------------------------------------------------------------------------------------------------


def test_portfolio_is_the_default() -> None:
    study = ts.Study(space=LINE, objective="minimize y")
    assert study.engine.proposer == PortfolioProposer()


@pytest.mark.slow
@pytest.mark.parametrize(
    "problem",
    [problems.branin(), problems.hartmann6(), problems.mixed(), problems.conditional()],
    ids=lambda problem: problem.name,
)
def test_close_to_the_best_member(problem: problems.Problem) -> None:
    def left(proposer: Any) -> float:
        found = [np.nanmin(search(problem, proposer, trials=60, seed=seed).losses) for seed in range(3)]
        return float(np.median(found)) - problem.optimum

    random, members = left("random"), [left("gp"), left("tpe")]
    own = left(PortfolioProposer(members=["gp", "tpe"], startup_trials=20))
    # Relative to the regret of random search, as less than that is luck.
    assert own <= max(members) + 0.02 * random
    assert own <= min(members) + 0.2 * random


@pytest.mark.slow
def test_exploiting_members_do_not_hide_a_better_optimum() -> None:
    problem = problems.conditional()  # One family is good on average, another one has the optimum.
    own = [search(problem, PortfolioProposer(startup_trials=30), trials=60, seed=s).losses.min() for s in range(6)]
    region = [search(problem, "region", trials=60, seed=seed).losses.min() for seed in range(6)]
    assert max(own) < 0.05
    assert np.median(region) > 0.25  # The region proposer alone misses the optimum.
