"""`fit` for series of which some are odd: each is a finding, and all others are forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts
from tunesmith.fitting.forecasting.prediction import Forecasts
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.service.forecast_facts import forecast_facts

DAYS, HORIZON = 70, 7


def options(trials: int) -> dict[str, Any]:
    return {
        "task": "forecasting",
        "families": ["seasonal_naive", "drift", "lagged_boosting"],
        "budget": ts.Budget(minutes=1, trials=trials),
        "progress": False,
    }


def shop(name: str, values: Any, first: int = 0) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=DAYS + HORIZON)[first : first + len(values)]
    return pd.DataFrame({"shop": name, "day": days, "sales": values})


def usual(seed: int) -> np.ndarray:
    steps = np.arange(DAYS + HORIZON)
    return 50 + 9 * np.sin(2 * np.pi * steps / 7) + np.random.default_rng(seed).normal(size=len(steps))


def table() -> pd.DataFrame:
    """Seven usual series and eight odd ones, with a price that is known ahead and weather that is not."""
    parts = [shop(f"usual {seed}", usual(seed)[:DAYS]) for seed in range(7)]
    gap = usual(8)[:DAYS]
    gap[DAYS - 12 : DAYS - 5] = np.nan  # Over the origin of the last window.
    endless = usual(9)[:DAYS]
    endless[[5, 20]] = np.inf, -np.inf
    parts += [
        shop("constant", np.full(DAYS, 3.0)),
        shop("empty", np.full(DAYS, np.nan)),
        shop("endless", endless),
        shop("gap", gap),
        shop("negative", -usual(3)[:DAYS]),
        shop("single", [5.0], DAYS - 1),
        shop("short", [1.0, 2.0, 3.0], DAYS - 3),
        shop("zeros", np.zeros(DAYS)),
    ]
    parts.append(parts[0].iloc[[4]])  # One row twice.
    frame = pd.concat(parts).sample(frac=1.0, random_state=0)
    return frame.assign(price=2.0 + frame["day"].dt.dayofweek, weather=1.0)


def later() -> pd.DataFrame:
    frame = pd.concat([shop(f"usual {seed}", usual(seed)[DAYS:], DAYS) for seed in range(7)])
    return frame.assign(price=2.0 + frame["day"].dt.dayofweek)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    folder = tmp_path_factory.mktemp("odd") / "study"
    return ts.fit(table(), target="sales", known="price", horizon=HORIZON, test=later(), folder=folder, **options(3))


def test_every_series_with_a_value_is_forecast(fitted: ForecastResult) -> None:
    forecast = fitted.predict()
    assert forecast["shop"].nunique() == 14
    assert len(forecast) == 14 * HORIZON
    assert np.isfinite(forecast.drop(columns=["shop", "day"]).to_numpy(dtype=float)).all()
    assert (forecast.loc[forecast["shop"] == "zeros", "sales"] == 0).all()
    np.testing.assert_allclose(forecast.loc[forecast["shop"] == "constant", "q0.9"], 3, rtol=1e-5)
    assert (forecast.loc[forecast["shop"] == "negative", "sales"] < 0).all()
    assert (forecast.loc[forecast["shop"].str.startswith("usual"), "q0.05"] > 0).all()


def test_each_kind_of_oddness_is_a_finding(fitted: ForecastResult) -> None:
    facts = forecast_facts(fitted)
    kinds = {finding["kind"]: finding for finding in facts["findings"]}
    assert {
        *("empty_series", "single_values", "short_series", "constant_series", "negative_values", "gaps"),
        *("unread_values", "repeated_times", "unknown_ahead"),
    } <= set(kinds)
    assert kinds["empty_series"]["text"] == "1 series has no value at all (empty)."


def test_the_test_part_is_scored_once(fitted: ForecastResult) -> None:
    scores = fitted.test_scores()
    assert scores is not None
    assert (scores.steps, scores.series, scores.models) == (HORIZON, 7, 1)
    assert scores.metrics["mase"] is not None
    assert 0 < scores.metrics["mase"] < 2
    assert scores.baseline["mase"] is not None
    kept = fitted.folder / "test_scores.json"
    before = kept.stat().st_mtime_ns
    assert fitted.test_scores() == scores
    assert kept.stat().st_mtime_ns == before


def test_the_test_part_tells_nothing_to_the_models(fitted: ForecastResult) -> None:
    assert fitted.panel.lengths.max() == DAYS
    assert fitted.predict()["day"].max() == pd.Timestamp("2024-01-01") + pd.Timedelta(days=DAYS + HORIZON - 1)


def test_new_data_may_be_a_file_with_new_series(fitted: ForecastResult, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    new = shop("new", usual(20)).assign(price=2.0, weather=1.0)
    new.to_csv(path, index=False)
    made = Forecasts(result=fitted, data=path, horizon=2)
    forecast = made.frame()
    assert [remark.split(" is ")[0] for remark in made.remarks] == ["price"]  # Its coming values are not there.
    assert forecast["shop"].tolist() == ["new", "new"]
    assert np.abs(forecast["sales"].to_numpy() - 50).max() < 20


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"horizon": 0}, "horizon must be"),
        ({"horizon": -3}, "horizon must be"),
        ({"horizon": 100_000}, r"must be at most 700 steps, got 100,000"),
        ({"target": "shop", "id": ()}, "must hold numbers"),
        ({"target": "sale"}, "the target must be a column of the table, got 'sale'"),
        ({"time": "weather", "target": "weather"}, "must not be the time"),
        ({"families": ["arimaa"]}, "arima"),
        ({"metric": "accuracy"}, "must be one of mase"),
        ({"windows": 0}, "windows must be"),
        ({"test": table()}, "must follow the series"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(asked: dict[str, Any], message: str, tmp_path: Path) -> None:
    given = {"target": "sales", "id": "shop", "horizon": HORIZON, **options(1), **asked}
    with pytest.raises(ts.InputError, match=message):
        ts.fit(table(), folder=tmp_path / "study", **given)


@pytest.mark.parametrize("values", [np.zeros(40), np.arange(3.0)], ids=["zeros", "three values"])
def test_one_odd_series_alone_is_forecast(values: np.ndarray, tmp_path: Path) -> None:
    frame = shop("one", values).drop(columns="shop")
    few = {**options(1), "families": ["seasonal_naive"]}
    result = ts.fit(frame, target="sales", horizon=5, folder=tmp_path / "study", **few)
    assert np.isfinite(result.predict()["sales"]).all()
    assert result.report().exists()
