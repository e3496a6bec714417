"""`fit` for time series, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.contracts.test_forecasters import seasonal

import tunesmith as ts
from tunesmith.fitting.forecasting.result import ForecastResult

FEW: dict[str, Any] = {
    "task": "forecasting",
    "families": ["naive", "seasonal_naive", "lagged_ridge"],
    "budget": ts.Budget(minutes=1, trials=6),
    "progress": False,
}


def monthly(months: int = 96, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {"month": pd.date_range("2010-01-01", periods=months, freq="MS"), "y": seasonal(months, seed=seed)}
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    result = ts.fit(monthly(), target="y", horizon=12, folder=tmp_path_factory.mktemp("fit") / "study", **FEW)
    assert isinstance(result, ForecastResult)
    return result


def test_it_is_better_than_repeating_the_last_season(fitted: ForecastResult) -> None:
    first = fitted.study.trials[0]
    assert first.parameters["family"] == "seasonal_naive"
    assert fitted.ensemble.score < first.metrics["mase"]


def test_forecasts_continue_the_series(fitted: ForecastResult) -> None:
    forecast = fitted.predict()
    assert list(forecast.columns[:2]) == ["month", "y"]
    assert forecast["month"].tolist() == list(pd.date_range("2018-01-01", periods=12, freq="MS"))
    truth = seasonal(108)[96:]
    assert np.abs(forecast["y"].to_numpy() - truth).mean() < 3.0
    inside = (forecast["q0.05"] <= truth) & (truth <= forecast["q0.95"])
    assert inside.mean() > 0.5


def test_a_longer_history_is_continued_from_its_end(fitted: ForecastResult) -> None:
    forecast = fitted.predict(monthly(100), horizon=3)
    assert forecast["month"].tolist() == list(pd.date_range("2018-05-01", periods=3, freq="MS"))
    assert np.abs(forecast["y"].to_numpy() - seasonal(103)[100:]).max() < 6.0


def test_a_longer_horizon_than_trained_for_is_refused(fitted: ForecastResult) -> None:
    with pytest.raises(ts.InputError, match="from 1 to 12"):
        fitted.predict(horizon=13)


def test_the_leaderboard_has_every_trained_model(fitted: ForecastResult) -> None:
    board = fitted.leaderboard()
    assert board["mase"].is_monotonic_increasing
    assert board["weight"].sum() == pytest.approx(1)
    assert {"trial", "family", "fit_seconds", "forecast_seconds", "model_mb"} <= set(board.columns)


def test_the_result_can_be_loaded_again(fitted: ForecastResult) -> None:
    loaded = ForecastResult.load(fitted.folder)
    pd.testing.assert_frame_equal(loaded.predict(), fitted.predict())


def test_one_trial_can_be_used_alone(fitted: ForecastResult) -> None:
    alone = ForecastResult.load(fitted.folder, trial=0).predict()
    np.testing.assert_allclose(alone["y"].to_numpy(), monthly()["y"].to_numpy()[-12:], rtol=1e-5)


def test_many_series_are_forecast_at_once(tmp_path: Path) -> None:
    frame = pd.concat([monthly(months, seed).assign(shop=f"s{seed}") for seed, months in enumerate((96, 80, 60))])
    result = ts.fit(frame, target="y", id="shop", horizon=6, folder=tmp_path / "study", **FEW)
    forecast = result.predict()
    assert forecast["shop"].tolist() == ["s0"] * 6 + ["s1"] * 6 + ["s2"] * 6


def test_a_series_that_is_too_short_for_a_backtest_is_forecast_all_the_same(tmp_path: Path) -> None:
    result = ts.fit(monthly(8), target="y", horizon=6, folder=tmp_path / "study", **FEW)
    assert np.isfinite(result.predict()["y"]).all()


def test_going_on_with_other_data_is_refused(fitted: ForecastResult) -> None:
    with pytest.raises(ts.InputError, match="data are others"):
        ts.fit(monthly(seed=5), target="y", horizon=12, folder=fitted.folder, **FEW)


def test_options_of_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ts.InputError, match="for tables of rows"):
        ts.fit(monthly(), target="y", horizon=3, group="month", folder=tmp_path / "study", **FEW)


def test_whole_numbers_that_name_series_stay_whole(tmp_path: Path) -> None:
    frame = pd.concat([monthly(60, seed=shop).assign(shop=shop) for shop in (3, 12)], ignore_index=True)
    options = {**FEW, "families": ["naive"], "budget": ts.Budget(minutes=1, trials=2)}
    result = ts.fit(frame, target="y", id="shop", horizon=2, folder=tmp_path / "study", **options)
    forecast = result.predict()
    assert isinstance(forecast, pd.DataFrame)
    assert forecast["shop"].dtype.kind == "i"
    assert sorted(forecast["shop"].unique()) == [3, 12]


def test_a_new_series_with_a_word_for_a_name_is_forecast_beside_numbers(tmp_path: Path) -> None:
    frame = pd.concat([monthly(60, seed=shop).assign(shop=shop) for shop in (3, 12)], ignore_index=True)
    options = {**FEW, "families": ["naive"], "budget": ts.Budget(minutes=1, trials=2)}
    result = ts.fit(frame, target="y", id="shop", horizon=2, folder=tmp_path / "study", **options)
    forecast = result.predict(pd.concat([frame.astype({"shop": str}), monthly(30).assign(shop="A7")]))
    assert set(forecast["shop"]) == {"3", "12", "A7"}
