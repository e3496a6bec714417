"""What is told of a fit of time series: explanation, weaknesses, patterns, families, setup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.contracts.test_forecasters import seasonal

import tunesmith as ts
from tunesmith import InputError
from tunesmith.fitting.asked_task import task_options_of
from tunesmith.fitting.forecasting.options import ForecastOptions
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.service.explain import explanation_of
from tunesmith.service.forecast_facts import forecast_facts, understood_series
from tunesmith.service.series_advice import forecast_diagnosis_facts, forecaster_facts, pattern_facts, setup_facts

WORDS = "forecast sales for the next 6 months, explainable, whistle"


def frame(months: int = 60) -> pd.DataFrame:
    month = pd.date_range("2015-01-01", periods=months, freq="MS")
    return pd.concat(
        [pd.DataFrame({"month": month, "store": f"s{n}", "sales": seasonal(months, seed=n)}) for n in range(3)]
    )


def options(**asked: Any) -> ForecastOptions:
    made = task_options_of(frame(), {"request": WORDS, **asked})
    assert isinstance(made, ForecastOptions)
    return made


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    result: Any = ts.fit(
        frame(),
        request=WORDS,
        families=["naive", "lagged_ridge"],
        budget=ts.Budget(minutes=5, trials=4),
        parallel=1,
        folder=tmp_path_factory.mktemp("fit") / "study",
        progress=False,
    )
    assert isinstance(result, ForecastResult)
    return result


def test_words_alone_choose_the_task_and_the_horizon_in_steps(fitted: ForecastResult) -> None:
    assert fitted.ensemble.horizon == 6
    assert fitted.request is not None
    assert fitted.request.not_understood == ("whistle",)
    assert "'for the next 6 months': horizon 6 months" in fitted.request.understood
    assert len(fitted.predict()) == 18


def test_a_model_that_a_person_can_read_is_one_model(fitted: ForecastResult) -> None:
    assert len(fitted.ensemble.members) == 1


def test_a_later_session_takes_the_same_words(fitted: ForecastResult) -> None:
    again: Any = ts.fit(
        frame(),
        request=WORDS,
        families=["naive", "lagged_ridge"],
        budget=ts.Budget(minutes=5, trials=4),
        parallel=1,
        folder=fitted.folder,
        progress=False,
    )
    assert isinstance(again, ForecastResult)
    assert len(again.study.trials) == 4


def test_the_explanation_begins_with_the_forecast(fitted: ForecastResult) -> None:
    explained = explanation_of(fitted.study, None)
    assert [part.topic for part in explained.parts[:3]] == ["request", "forecast", "series"]
    text = str(explained)
    assert "The user said: “forecast sales for the next 6 months, explainable, whistle”" in text
    assert "Repeating the last season has" in text
    assert "3 series of sales, monthly, 180 values; 6 steps are forecast." in text
    assert "12 steps (" in text
    assert "Trial 0" in str(explanation_of(fitted.study, 0))


def test_weaknesses_and_metrics_are_facts(fitted: ForecastResult) -> None:
    facts = forecast_diagnosis_facts(fitted)
    assert facts["metrics"]["mase"]["model"] == pytest.approx(fitted.ensemble.score)
    assert facts["metrics"]["mase"]["model"] < facts["metrics"]["mase"]["last_season"]
    assert [one["kind"] for one in facts["diagnoses"]] == [one.kind for one in fitted.diagnose()]
    assert forecast_facts(fitted)["request"]["not_understood"] == ["whistle"]


def test_patterns_of_series_are_told() -> None:
    facts = pattern_facts(frame(), options())
    patterns = facts["patterns"]
    assert (facts["horizon"], facts["frequency"], facts["series"]) == (6, "monthly", 3)
    assert patterns["seasons"][0]["steps"] == 12
    assert patterns["seasons"][0]["strength"] > 0.9
    assert patterns["intermittency"]["demand"] == "smooth"
    assert set(patterns) >= {"trend", "stationarity", "breaks"}


def test_families_are_suggested_for_words() -> None:
    facts = forecaster_facts(frame(), options())
    by_name = {row["family"]: row for row in facts["families"]}
    assert by_name["lagged_ridge"]["fits"]
    assert not by_name["lagged_boosting"]["fits"]
    assert facts["request"]["not_understood"] == ["whistle"]


def test_what_is_usual_in_a_field_is_told_by_the_columns() -> None:
    facts = setup_facts(frame())
    assert (facts["field"], facts["told_by"]) == ("retail", "the names of the columns")
    assert facts["horizon"] == "12 months"
    assert setup_facts(field="energy")["metric"] == "mae"
    assert set(setup_facts(frame().rename(columns={"store": "x", "sales": "y"}))["fields"]) >= {"retail", "finance"}


def test_a_dry_run_shows_the_words_and_the_steps(tmp_path: Path) -> None:
    facts = understood_series(frame(), options(limits=("model_mb <= 5",)), tmp_path / "study")
    assert facts["horizon"] == 6
    assert "lagged_boosting" not in facts["families"]
    assert facts["limits"] == [{"metric": "model_mb", "low": None, "high": 5.0}]
    assert not (tmp_path / "study").exists()


def test_another_frequency_than_the_words_have_is_a_finding() -> None:
    facts = pattern_facts(frame(), options(request="forecast weekly sales for the next 6 months"))
    assert "other_frequency" in [finding["kind"] for finding in facts["findings"]]


def test_a_horizon_below_a_step_is_refused() -> None:
    with pytest.raises(InputError, match="the series are monthly"):
        pattern_facts(frame(), options(request="forecast sales for the next 3 days"))
