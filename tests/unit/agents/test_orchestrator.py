"""From weaknesses of a model to trials: valid, new, credited, and in the right direction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.scripted_models import connected_to

import tunesmith as ts
from tunesmith.agents.roles.orchestrator import Orchestrator
from tunesmith.core.trial import Proposal
from tunesmith.diagnosis.diagnosis import Action, Diagnosis
from tunesmith.testing.model_server import Reply, Status, Structured, Text


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


def advised(
    reply: Reply, result: ts.FitResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Proposal], Orchestrator, str]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with connected_to(reply) as (model, server):
        orchestrator = Orchestrator(model)
        proposals = orchestrator.propose(result.study.history, [weak("more_capacity")], count=3)
        return proposals, orchestrator, server.requests[0].turns[0][1]


def idea(reason: str = "the weakness", step: str = "medium", **changes: Any) -> dict[str, Any]:
    listed = [{"parameter": name.replace("__", "."), "value": value} for name, value in changes.items()]
    return {"step": step, "changes": listed, "reason": reason}


def test_a_model_proposes_before_the_rules_and_is_credited(
    result: ts.FitResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"ideas": [idea(family="linear", linear__strength=0.0123), idea(linear__strength=0.0123)]}
    proposals, orchestrator, question = advised(Structured(answer), result, tmp_path, monkeypatch)
    assert [proposal.proposer for proposal in proposals] == ["model_orchestrator", "orchestrator"]
    assert proposals[0].parameters["linear.strength"] == 0.0123
    assert proposals[1] == Orchestrator().propose(result.study.history, [weak("more_capacity")])[0]
    assert "the same as another idea" in orchestrator.refused[0]
    assert "It is weak." in question
    assert "sk-very-secret" not in question


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (idea(family="rm -rf /"), "must be one of"),
        (idea(budget=99999), "there is no parameter"),
        (idea(linear__strength="much"), "must be a plain number"),
        (idea(step="stop"), "a study ends by its budget"),
        ({**idea(linear__strength=0.5), "parent": 999}, "there is no trial 999"),
        (idea(), "was tried already"),
    ],
)
def test_invalid_ideas_are_refused_in_words(
    answer: dict[str, Any], reason: str, result: ts.FitResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposals, orchestrator, _ = advised(Structured({"ideas": [answer]}), result, tmp_path, monkeypatch)
    assert [proposal.proposer for proposal in proposals] == ["orchestrator"]
    assert reason in orchestrator.refused[0]


@pytest.mark.parametrize("reply", [Text("no JSON"), Status(401)])
def test_without_a_usable_answer_the_rules_propose(
    reply: Reply, result: ts.FitResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposals, orchestrator, _ = advised(reply, result, tmp_path, monkeypatch)
    assert proposals == Orchestrator().propose(result.study.history, [weak("more_capacity")], count=3)
    assert "no language model answered" in orchestrator.refused[0]
