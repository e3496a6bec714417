"""A fit of time series that a language model advises, over real HTTP with scripted answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.fitting.forecasting.test_forecast_fit import monthly

import tunesmith as ts
from tunesmith.agents.connection import connected
from tunesmith.fitting.asked_task import task_options_of
from tunesmith.fitting.forecasting.options import ForecastOptions
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.fitting.forecasting.second_look import SecondLookAtSeries
from tunesmith.testing.model_server import ModelRequest, ModelServer, Reply, Structured, ToolCall

SECRET = "sk-very-secret"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("analyse", {}),
    ("analyse", {"series": "gone"}),
    ("suggest_families", {"interpretable": True, "quick": True}),
    ("suggest_setup", {"field": "retail"}),
    ("diagnose", {}),
]


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def setting(server: ModelServer) -> dict[str, Any]:
    return {"name": "compatible:scripted", "base_url": f"{server.url}/v1", "price": {"input": 1.0, "output": 5.0}}


def idea(**changes: Any) -> Structured:
    listed = [{"parameter": name.replace("__", "."), "value": value} for name, value in changes.items()]
    return Structured({"ideas": [{"step": "radical", "changes": listed, "reason": "as these", "expected": 0.4}]})


def test_the_planner_looks_at_the_series_and_its_idea_is_tried(tmp_path: Path) -> None:
    answers: dict[int, str] = {}

    def script(request: ModelRequest) -> Reply:
        if "suggest_setup" not in request.tools:
            return Structured({"decision": "go on", "reason": "it improves"})  # The coordinator or the analyst.
        told = [text for role, text in request.turns if role == "tool"]
        answers.update(enumerate(told))
        if len(told) < len(CALLS):
            return ToolCall(*CALLS[len(told)])
        return idea(family="lagged_ridge", lagged_ridge__strength=0.123)

    with ModelServer(script) as server:
        result: Any = ts.fit(
            monthly(), target="y", horizon=6, model=setting(server), folder=tmp_path / "f", progress=False,
            families=["naive", "lagged_ridge"], budget=ts.Budget(trials=12, minutes=5), parallel=1,
        )  # fmt: skip
        questions = [request.turns[0][1] for request in server.requests]
    assert isinstance(result, ForecastResult)
    advised = [trial for trial in result.study.trials if trial.proposal.proposer == "language_model"]
    assert {trial.parameters["lagged_ridge.strength"] for trial in advised} == {0.123}
    asked = next(question for question in questions if "about_the_task" in question)
    assert "to be forecast: 6 steps" in asked
    assert "- lagged_ridge: " in asked
    assert not any(SECRET in question for question in questions)
    assert sum(question.startswith('{"series"') for question in questions) == 1
    patterns, wrong, families, setup, model = (answers[index] for index in range(len(CALLS)))
    assert json.loads(patterns)["seasons"][0]["steps"] == 12
    assert "there is no series 'gone'" in wrong
    tried = {row["family"]: row["in_this_search"] for row in json.loads(families)["families"]}
    assert list(tried)[:3] == ["naive", "seasonal_naive", "lagged_ridge"]
    assert set(list(tried.values())[3:]) == {False}
    assert json.loads(setup)["metric"] == "rmsse"
    assert "diagnoses" in json.loads(model)


def test_a_model_reads_what_the_rules_miss_and_is_checked() -> None:
    words = "forecast y, look a good year into the days to come, holidays as in Hamburg, and mind the size"
    phrases = [
        {"option": "horizon", "values": ["1 year"], "words": "look a good year into the days to come"},
        {"option": "limits", "values": ["auc >= 0.9"], "words": "mind the size"},
        {"option": "group", "values": ["month"], "words": "mind the size"},
        {"option": "horizon", "values": ["rm -rf /"], "words": "mind the size"},
    ]
    with ModelServer([Structured({"phrases": phrases})]) as server:
        options = task_options_of(monthly(), {"request": words, "model": {"model": setting(server)}})
        question = json.loads(server.requests[0].turns[0][1])
    assert isinstance(options, ForecastOptions)
    assert options.series.horizon == "1 year"
    assert question["data"] == "time series"
    assert "horizon" in question["options"]
    assert "mase" in question["metrics"]
    assert options.request is not None
    refused = " ".join(options.request.refused)
    assert "a limit must be on" in refused
    assert "group is no option for a time series" in refused
    assert "a horizon must be a number of steps" in refused or "it contradicts" in refused


def test_what_the_analyst_says_is_kept_with_the_findings(tmp_path: Path) -> None:
    result: Any = ts.fit(
        monthly(), target="y", horizon=6, folder=tmp_path / "f", progress=False, families=["naive"],
        budget=ts.Budget(trials=1, minutes=5), parallel=1,
    )  # fmt: skip
    look = SecondLookAtSeries(panel=result.panel, horizon=6, folder=tmp_path / "f" / "series")
    answer = {"suspicions": [{"kind": "season", "steps": 7, "reason": "weeks"}], "remarks": ["a strike in May"]}
    with ModelServer([Structured(answer)]) as server, connected(setting(server), usd=0.1) as model:
        look.ask(model)
    assert look.save()
    again = ForecastResult.load(tmp_path / "f")
    assert {"suspected_season", "remark"} <= {finding.kind for finding in again.panel.findings}
    assert "a strike in May" in again.report().read_text()
