"""What rules understand of a request about time series, and what they must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith import InputError
from tunesmith.fitting.asked_task import task_options_of
from tunesmith.fitting.forecasting.options import ForecastOptions
from tunesmith.fitting.forecasting.vocabulary import SERIES
from tunesmith.fitting.options import FitOptions
from tunesmith.fitting.request import FitRequest
from tunesmith.fitting.request_checks import setting_fault
from tunesmith.fitting.request_families import OF_SERIES

COLUMNS = ["date", "store_id", "item", "sales", "price", "promo", "temperature"]
TASK = {"task": "forecasting"}


def read(words: str) -> dict[str, Any]:
    """The settings by name, those of a kind joined, and what was not understood as `rest`."""
    request = FitRequest.read(words, COLUMNS, SERIES.phrases)
    assert not any(setting_fault(setting, COLUMNS, SERIES) for setting in request.settings if setting.name != "country")
    table: dict[str, Any] = {}
    for setting in request.settings:
        value = setting.value
        table[setting.name] = (*table.get(setting.name, ()), *value) if isinstance(value, tuple) else value
    return table | ({"rest": request.not_understood} if request.not_understood else {})


SALES = {"target": ("sales",)}


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (
            "forecast sales for the next 28 days, daily per store, fast",
            {**SALES, **TASK, "horizon": "28 days", "id": ("store_id",), "frequency": "daily", "wishes": ("quick",)},
        ),
        ("predict the next 28 days of sales", {**SALES, **TASK, "horizon": "28 days"}),
        ("predict sales next week", {**SALES, **TASK, "horizon": "1 week"}),
        ("forecast next month's sales", {**SALES, **TASK, "horizon": "1 month"}),
        ("forecast sales 2 weeks ahead", {**SALES, **TASK, "horizon": "2 weeks"}),
        ("weekly sales forecast, horizon of 8 steps", {**SALES, **TASK, "frequency": "weekly", "horizon": 8}),
        ("a 48-hour forecast of temperature", {"target": ("temperature",), **TASK, "horizon": "48 hours"}),
        (
            "forecast sales for each store and item, price and promo are known in advance",
            {**SALES, **TASK, "id": ("store_id", "item"), "known": ("price", "promo")},
        ),
        (
            "how many sales will there be per store in the next 7 days?",
            {**SALES, **TASK, "id": ("store_id",), "horizon": "7 days"},
        ),
        ("forecast sales with German holidays", {**SALES, **TASK, "country": "DE"}),
        ("forecast sales, holidays of US-CA", {**SALES, **TASK, "country": "US-CA"}),
        ("minimise wql", {"metric": "wql"}),
        ("judged by mean absolute scaled error, smape below 10", {"metric": "mase", "limits": ("smape <= 10",)}),
        ("only ets and theta, under 5 MB", {"families": ("ets", "theta"), "limits": ("model_mb <= 5",)}),
        ("prefer lightgbm, no arima", {"prefer": ("lagged_boosting",), "avoid": ("arima",)}),
        ("explainable, small, in 3 minutes", {"interpretable": True, "wishes": ("small",), "minutes": 3.0}),
        ("forecasts must take less than 5 seconds", {"limits": ("forecast_seconds <= 5",)}),
        ("each model trains in a minute", {"limits": ("fit_seconds <= 60",)}),
        ("time is date, ignore promo, backtest on 3 windows", {"time": "date", "exclude": ("promo",), "windows": 3}),
    ],
)
def test_understood(words: str, settings: dict[str, Any]) -> None:
    assert read(words) == settings


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("do not forecast sales", {"rest": ("do not forecast sales",)}),
        ("forecast sales, not for the next 28 days", {**SALES, **TASK, "rest": ("not for the next 28 days",)}),
        ("forecast revenue", {**TASK, "rest": ("revenue",)}),
        ("forecast sales for the next 2.5 days", {**SALES, **TASK, "rest": ("for the next 2.5 days",)}),
        ("maximise mase", {"rest": ("maximise mase",)}),
        (
            "forecast sales 3 days ahead, horizon 5",
            {**SALES, **TASK, "horizon": "3 days", "rest": ("horizon 5 (it contradicts '3 days ahead')",)},
        ),
        ("forecast sales and write me a poem", {**SALES, **TASK, "rest": ("write me a poem",)}),
        ("forecast sales; --folder /etc", {**SALES, **TASK, "rest": ("--folder /etc",)}),
    ],
)
def test_not_understood(words: str, settings: dict[str, Any]) -> None:
    assert read(words) == settings


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=60)
    values = np.random.default_rng(0).normal(size=120)
    return pd.DataFrame(
        {"date": [*days, *days], "store": ["a"] * 60 + ["b"] * 60, "sales": values, "open": [0, 1] * 60}
    )


@pytest.mark.parametrize(
    ("words", "is_forecast"),
    [
        ("forecast sales for the next 28 days, daily per store, fast", True),
        ("predict sales for the next 28 days", True),
        ("forecast sales", True),
        ("predict sales", False),
        ("predict open in the next 30 days", False),
    ],
)
def test_words_choose_the_task(words: str, is_forecast: bool, sales: pd.DataFrame) -> None:
    options = task_options_of(sales, {"request": words})
    assert isinstance(options, ForecastOptions if is_forecast else FitOptions)


def test_a_table_without_times_is_forecast_only_where_the_words_are_clear(sales: pd.DataFrame) -> None:
    rows = sales.drop(columns="date")
    assert isinstance(task_options_of(rows, {"request": "predict sales for the next 28 days"}), FitOptions)
    assert isinstance(task_options_of(rows, {"request": "forecast sales for 28 steps ahead"}), ForecastOptions)


def test_options_win_over_words(sales: pd.DataFrame) -> None:
    words = "forecast sales for the next 28 days, in 3 minutes"
    asked = {"request": words, "horizon": 5, "minutes": 1, "families": ("naive",)}
    options = task_options_of(sales, asked)
    assert isinstance(options, ForecastOptions)
    assert (options.series.horizon, options.minutes, options.families) == (5, 1, ("naive",))
    regression = task_options_of(sales, {"request": words, "task": "regression"})
    assert isinstance(regression, FitOptions)
    assert regression.request is not None
    assert regression.request.not_understood == ("28 days",)


def test_a_horizon_is_not_for_a_table(sales: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="the option horizon is for time series, but the task is regression"):
        task_options_of(sales, {"target": "sales", "task": "regression", "horizon": 5})


def test_a_target_that_was_not_understood_is_asked_for(sales: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"as 'forecast COLUMN for the next 28 days'.* It may be sales, open"):
        task_options_of(sales, {"request": "forecast revenue for the next 28 days"})


def test_pretrained_models_are_families_by_name_and_together() -> None:
    assert OF_SERIES.names_in("Chronos-2, TimesFM 2.5 and theta") == ("chronos", "timesfm", "theta")
    assert OF_SERIES.names_in("no foundation models") == OF_SERIES.names_in("pretrained nets")
    assert OF_SERIES.names_in("foundation models") == ("chronos", "tirex", "timesfm")
