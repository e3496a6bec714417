"""Model cards of forecasts say what is true, and nothing that data make them say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of
from tests.fitted_series import fitted_series, monthly_sales

from tunesmith.exporters.card.forecast_intervals import forecast_intervals
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.series.backtest import Backtest
from tunesmith.series.levels import LEVELS

HOSTILE = "[sales](http://evil) <b>|\x1b[31m"


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    frame = monthly_sales().rename(columns={"sales": HOSTILE})
    return fitted_series(tmp_path_factory.mktemp("study"), frame, ["naive", "lagged_ridge"], targets=(HOSTILE,))


@pytest.fixture(scope="module")
def card(fitted: ForecastResult) -> str:
    return fitted.export(to="card").path.read_text()


def row_of(card: str, first: str) -> list[str]:
    line = next(line for line in card.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def test_the_chosen_metric_lies_in_its_interval_and_beats_the_baseline(fitted: ForecastResult, card: str) -> None:
    _, value, low, high, baseline = row_of(card, "**mase**")
    assert float(value) == pytest.approx(fitted.ensemble.score, rel=1e-3)
    assert float(low) < float(value) < float(high)
    assert float(baseline) == pytest.approx(fitted.study.trials[0].metrics["mase"], rel=1e-3)


def test_it_says_what_the_data_are(card: str) -> None:
    assert "3 series, monthly, of 156 to 192 values, median 180, from 2004-01-01 to 2019-12-01." in card
    assert "Seasons, in steps: 12." in card
    assert re.search(r"On 6 windows of 6 steps at the ends of 3 series", card)
    assert "So few windows say little" in card


def test_it_names_the_models_by_weight(fitted: ForecastResult, card: str) -> None:
    weights = fitted.ensemble.combination.weights
    heaviest = max(weights, key=lambda trial: weights[trial])
    rows = card[card.index("## What it consists of") :].splitlines()
    assert rows[4].startswith(f"| {heaviest} | Linear on lags |")


def test_text_from_data_stays_text(card: str) -> None:
    assert "\x1b" not in card
    assert "<b>" not in card.replace("\\<b\\>", "")
    assert "](http" not in card.replace("\\](http", "")


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Errors of one series are alike, so that series are drawn, not windows."""
    random, held = np.random.default_rng(3), 0
    for _ in range(15):
        values = random.normal(size=(60, 1)) + 0.1 * random.normal(size=(60, 6))
        backtest = Backtest(panel=panel_of(list(values), seasons=()), horizon=1, windows=2)
        (mse, *_) = forecast_intervals(backtest, np.zeros((120, 1, len(LEVELS))), "mse")
        assert mse.low is not None
        assert mse.high is not None
        held += mse.low <= 1.01 <= mse.high
    assert 11 <= held <= 15


def test_the_test_part_is_scored_once(tmp_path: Path) -> None:
    frame = monthly_sales()
    later = frame["month"] >= "2019-07-01"
    result = fitted_series(tmp_path, frame[~later], ["drift"], test=frame[later])
    card = result.export(to="card").path.read_text()
    assert "On the test part, 6 steps after the ends of 3 series, by which nothing was chosen:" in card
    assert "It was scored once." in card
    assert list(result.ensemble.members) == [0]  # Against a season, a drift is too bad to be a part of the mean.
    other = ForecastResult.load(result.folder, trial=1).export(to="card").path.read_text()
    assert "2 models have been scored on it" in other
