"""What `tunesmith fit` prints for time series."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from tunesmith.cli import tunesmith
from tunesmith.cli.forecast_views import forecast_summary, understood_forecast
from tunesmith.fitting.forecasting.asked import forecast_options_of
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.service.forecast_facts import forecast_facts, understood_series

ROOT = Path(__file__).parents[3]
AIRLINE = ROOT / "examples" / "airline" / "passengers.csv"


def printed(view: object) -> str:
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(view)
    return console.export_text()


def test_a_dry_run_tells_what_was_understood(tmp_path: Path) -> None:
    facts = understood_series(AIRLINE, forecast_options_of({"country": None}), tmp_path / "study")
    text = printed(understood_forecast(facts))
    for words in ("passengers, one series of 144 values", "month, monthly, 1949-01-01 to 1960-12-01", "12 steps"):
        assert words in text
    assert len(facts["first"]) == len(set(facts["first"]))
    assert not (tmp_path / "study").exists()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    """The example, trained on all but the last year, fitted by the command line."""
    folder = tmp_path_factory.mktemp("airline")
    frame = pd.read_csv(AIRLINE)
    frame[:-12].to_csv(folder / "train.csv", index=False)
    frame[-12:].to_csv(folder / "test.csv", index=False)
    words = ["fit", str(folder / "train.csv"), "--task", "forecasting", "--horizon", "12", "--trials", "4"]
    words += ["--minutes", "600"]  # They run from the start of the process, which is that of all tests here.
    words += ["--families", "seasonal_naive,drift,lagged_ridge", "--test", str(folder / "test.csv"), "--quiet"]
    tunesmith.main([*words, "--folder", str(folder / "study")], standalone_mode=False)
    return ForecastResult.load(folder / "study")


def test_the_summary_tells_scores_models_and_the_forecast(fitted: ForecastResult) -> None:
    facts = forecast_facts(fitted)
    text = printed(forecast_summary(fitted, facts))
    for words in ("last season repeated", "12 steps of 1 series: mase", "lagged_ridge", "1960-12-01", "--open"):
        assert words in text
    assert json.loads(json.dumps(facts))["test"]["steps"] == 12
    assert facts["quality"]["baseline"]["mase"] == pytest.approx(fitted.study.trials[0].metrics["mase"], rel=1e-5)


def test_the_report_shows_history_forecast_and_test(fitted: ForecastResult) -> None:
    page = fitted.report().read_text(encoding="utf-8")
    for words in ("On the test part", "Weak points, and what helps", "Error by window", "Error by step", "backtest"):
        assert words in page


def test_predictions_are_written_as_csv(
    fitted: ForecastResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tunesmith.main(["predict", str(fitted.folder), "--horizon", "2"], standalone_mode=False)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("month,passengers,q0.05")
    assert [row.split(",")[0] for row in rows] == ["1960-01-01", "1960-02-01"]
    tunesmith.main(
        ["predict", str(fitted.folder), str(AIRLINE), "--to", str(tmp_path / "f.csv"), "--quiet"], standalone_mode=False
    )
    written = pd.read_csv(tmp_path / "f.csv")
    assert written["month"].iloc[0] == "1961-01-01"
    assert np.isfinite(written["passengers"]).all()
