"""Every proposer and pruner handles a Pareto objective."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tunesmith import Objective, SearchSpace, plugins
from tunesmith.core.trial import Proposal
from tunesmith.history.history import History
from tunesmith.journal.events import TrialProposed, TrialReported, TrialStarted, from_record
from tunesmith.testing import problems

BOUND = {"size": {"high": 3.0}}
DOWN = Objective.parse({"metrics": {"error": {}, "cost": {}}, "constraints": BOUND, "pareto": True})
UP = Objective.parse(
    {"metrics": {"error": {}, "cost": {"direction": "maximize"}}, "constraints": BOUND, "pareto": True}
)


def history_of(space: SearchSpace, objective: Objective, *, trials: int = 30) -> History:
    """Return a history with trials of every state; `sign` flips the second metric and its direction."""
    history, rng = History(space, objective), np.random.default_rng(0)
    sign = {metric.name: metric.sign for metric in objective.metrics}
    for number in range(trials):
        parameters = space.sample(rng)
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=parameters), time=0.0))
        history.apply(TrialStarted(trial=number, attempt=1, time=0.0))
        error, cost, size = rng.random(), sign["cost"] * rng.random(), 4 * rng.random()
        metrics = {"error": error, "cost": cost, "size": size}
        for step in range(1, 5):
            payload = {"error": error + 1 / step, "cost": cost}
            history.apply(TrialReported(trial=number, step=step, metrics=payload, time=0.0))
        ends: list[dict[str, Any]] = [
            {"state": "complete", "metrics": metrics},
            {"state": "pruned", "metrics": {"error": error + 0.25, "cost": cost}},
            {"state": "failed", "failure": {"kind": "memory", "reason": "too big"}},
            {"state": "complete", "metrics": metrics},
        ]
        if number < trials - 2:
            history.apply(from_record({"event": "trial_finished", "trial": number, **ends[number % 4], "time": 0.0}))
    return history


@pytest.mark.parametrize("name", plugins.names("proposers"))
@pytest.mark.parametrize("problem", [problems.mixed, problems.conditional], ids=["mixed", "conditional"])
def test_proposer_handles_a_pareto_objective(name: str, problem: Any) -> None:
    space, proposer = problem().space, plugins.create("proposers", name)
    down, up = history_of(space, DOWN), history_of(space, UP)
    for trials in (0, 1, 30):
        proposals = proposer.propose(history_of(space, DOWN, trials=trials), count=2, seed=0)
        assert 1 <= len(proposals) <= 2
        assert all(space.fault(proposal.parameters) is None for proposal in proposals)
    assert proposer.propose(down, count=2, seed=0) == proposals
    flipped = proposer.propose(up, count=2, seed=0)
    assert [p.parameters for p in flipped] == [p.parameters for p in proposals], (
        "maximising must equal minimising the negative"
    )


@pytest.mark.parametrize("name", plugins.names("pruners"))
def test_pruner_handles_a_pareto_objective(name: str) -> None:
    space, pruner = problems.mixed().space, plugins.create("pruners", name)
    stopped = {}
    for objective, sign in ((DOWN, 1.0), (UP, -1.0)):
        for kind, error in (("dominated", 99.0), ("best", -99.0)):
            history = history_of(space, objective, trials=32)
            number, verdicts = len(history.trials), []
            history.apply(
                TrialProposed(trial=number, proposal=Proposal(parameters=space.sample(np.random.default_rng(1))))
            )
            history.apply(TrialStarted(trial=number, attempt=1))
            for step in range(1, 5):
                payload = {"error": error, "cost": sign * 0.5}
                history.apply(TrialReported(trial=number, step=step, metrics=payload))
                verdicts.append(pruner.should_prune(history, history.trials[number]))
            stopped[kind, sign] = [verdict is not None for verdict in verdicts]
    assert any(stopped["dominated", 1.0]), "a trial that is far behind in every metric must be stopped"
    assert not any(stopped["best", 1.0]), "the best trial in one metric must continue"
    assert stopped["dominated", 1.0] == stopped["dominated", -1.0]
    assert stopped["best", 1.0] == stopped["best", -1.0]
