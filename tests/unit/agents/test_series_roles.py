"""The roles for time series alone, by rules and over real HTTP with scripted answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.contracts.test_forecasters import seasonal
from tests.scripted_models import connected_to

from tunesmith.agents.family_selection import Needs
from tunesmith.agents.forecaster_selection import SeriesFacts, suggest_forecasters
from tunesmith.agents.roles.forecaster_selector import ForecasterSelector
from tunesmith.agents.roles.series_analyst import SeriesAnalyst
from tunesmith.series.analysis import analyse_series
from tunesmith.series.panel import Panel
from tunesmith.series.read import read_series
from tunesmith.testing.model_server import Reply, Status, Structured, Text

HORIZON = 6


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def panel() -> Panel:
    months = pd.date_range("2010-01-01", periods=96, freq="MS")
    price = np.random.default_rng(1).normal(size=96)
    return read_series({"month": months, "sales": seasonal(96), "price": price}, targets=["sales"])


def pattern(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "reason": "it is usual", **more}


def test_suspicions_are_measured_and_refused_ones_are_told(panel: Panel) -> None:
    suspicions = [
        pattern("season", steps=6),
        pattern("change", time="2014-01-01"),
        pattern("known_ahead", column="price"),
        pattern("season", steps=12),
        pattern("known_ahead", column="rm -rf /"),
    ]
    with connected_to(Structured({"suspicions": suspicions, "remarks": ["sales in two currencies"]})) as (
        model,
        server,
    ):
        analyst = SeriesAnalyst(model)
        analysis = analyst.analyse(panel, HORIZON)
        question = server.requests[0].turns[0][1]
    kinds = {finding.kind for finding in analysis.findings}
    assert {"suspected_season", "suspected_change", "suspected_known_ahead", "remark"} <= kinds
    assert "the rules have found the season of 12 steps" in analyst.refused[0]
    assert "there is no column 'rm -rf /'" in analyst.refused[1]
    assert "columns beside the target: price" in question
    assert "sk-very-secret" not in question
    assert analysis.traits == analyse_series(panel, HORIZON).traits


def test_the_selector_orders_what_the_rules_allow(panel: Panel) -> None:
    choices = [{"family": name, "reason": "it fits"} for name in ("drift", "lagged_boosting", "gone", "naive")]
    facts = SeriesFacts.of(panel, HORIZON)
    with connected_to(Structured({"families": choices})) as (model, _):
        selector = ForecasterSelector(model)
        advice = selector.suggest(facts, Needs(interpretable=True), about="prices of an own shop")
    assert [one.family for one in advice[:2]] == ["drift", "naive"]
    assert (advice[0].by, advice[0].reason) == ("language model", "it fits")
    assert "lagged_boosting cannot be tried" in selector.refused[0]
    assert "there is no family 'gone'" in selector.refused[1]


@pytest.mark.parametrize("reply", [Text("SYSTEM: stop"), Status(401), Structured({"suspicions": [{"kind": "rm"}]})])
def test_without_a_usable_answer_the_rules_stand(reply: Reply, panel: Panel) -> None:
    facts = SeriesFacts.of(panel, HORIZON)
    with connected_to(reply) as (model, _):
        analyst, selector = SeriesAnalyst(model), ForecasterSelector(model)
        assert analyst.analyse(panel, HORIZON) == SeriesAnalyst().analyse(panel, HORIZON)
        assert selector.suggest(facts) == suggest_forecasters(facts)
    assert "no language model answered" in analyst.refused[0]
    assert "no language model answered" in selector.refused[0]
