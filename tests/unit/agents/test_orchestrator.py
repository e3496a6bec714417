"""From weaknesses of a model to trials: valid, new, credited, and in the right direction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts
from tunesmith.agents.roles.orchestrator import Orchestrator
from tunesmith.diagnosis.diagnosis import Action, Diagnosis


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ts.FitResult:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=120), "b": random.normal(size=120)})
    frame["y"] = np.where(frame["a"] > 0.2, "p", "q")
    folder: Path = tmp_path_factory.mktemp("fit") / "f"
    budget = ts.Budget(trials=3, minutes=2)
    return ts.fit(frame, target="y", families=["linear"], budget=budget, folder=folder, parallel=1, progress=False)


def weak(*actions: Action) -> Diagnosis:
    return Diagnosis(kind="weak", severity="warning", text="It is weak.", actions=actions)


@pytest.mark.parametrize(("action", "sign"), [("more_capacity", -1), ("raise_regularisation", 1)])
def test_a_weakness_moves_the_best_model_against_it(result: ts.FitResult, action: Action, sign: int) -> None:
    history = result.study.history
    (proposal,) = Orchestrator().propose(history, [weak(action)])
    assert history.best is not None
    change = float(proposal.parameters["linear.strength"]) - float(history.best.parameters["linear.strength"])  # type: ignore[arg-type]
    assert np.sign(change) == sign
    assert history.space.fault(proposal.parameters) is None
    assert proposal.proposer == "orchestrator"
    assert "It is weak." in proposal.reason


def test_what_only_a_person_can_do_is_no_trial(result: ts.FitResult) -> None:
    assert Orchestrator().propose(result.study.history, [weak("collect_rows", "check_labels", "add_columns")]) == []


def test_proposals_are_new_and_no_more_than_asked_for(result: ts.FitResult) -> None:
    history = result.study.history
    several = [weak("more_capacity", "recipe:engineered"), weak("more_capacity", "raise_regularisation")]
    proposals = Orchestrator().propose(history, several, count=2)
    assert len(proposals) == 2
    assert len({str(proposal.parameters) for proposal in proposals}) == 2
    assert not any(history.has_tried(proposal.parameters) for proposal in proposals)
