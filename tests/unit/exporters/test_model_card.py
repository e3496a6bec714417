"""Model cards say what is true of the model, and nothing that data makes them say."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from tests.fitted_tables import first_configuration, fitted, mixed_table

from tunesmith.core.arrays import Floats
from tunesmith.data.problem import Problem
from tunesmith.exporters.card.intervals import Rows, intervals
from tunesmith.fitting.result import FitResult


def rows_of(card: str, metric: str) -> list[list[str]]:
    lines = [line for line in card.splitlines() if line.strip("| ").startswith(metric)]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    frame = mixed_table("binary", rows=160).rename(columns={"size": "[size](http://evil) <b>|\x1b[31m"})
    frame.loc[frame["town"] == "Ulm", "town"] = "<script>alert(1)</script>"
    configurations = [first_configuration(name, frame) for name in ("decision_tree", "linear")]
    test = mixed_table("binary", rows=60)
    return fitted(tmp_path_factory.mktemp("study"), frame, configurations, test=test)


def test_the_first_metric_is_that_of_the_ensemble_within_its_interval(result: FitResult) -> None:
    card = result.export(to="card").path.read_text()

    _, value, low, high = rows_of(card, "**log_loss**")[0]
    assert float(value) == pytest.approx(result.ensemble.score, rel=1e-3)
    assert float(low) < float(value) < float(high)


def test_the_test_rows_are_scored_once(result: FitResult) -> None:
    first = result.export(to="card").path.read_text()
    kept = result.folder / "test_scores.json"
    scores = orjson.loads(kept.read_bytes())
    (rows,) = scores.values()
    rows[0]["value"] = 0.125
    kept.write_bytes(orjson.dumps(scores))

    again = result.export(to="card").path.read_text()

    assert "They were scored once." in first
    assert rows_of(again, "**log_loss**")[1][1] == "0.125"
    other = FitResult.load(result.folder, trial=1)
    assert "2 models have been scored on them" in other.export(to="card").path.read_text()


def test_text_from_data_stays_text(result: FitResult) -> None:
    card = result.export(to="card").path.read_text()

    assert "\x1b" not in card
    assert "<b>" not in card.replace("\\<b\\>", "")
    assert "](http" not in card.replace("\\](http", "")
    line = next(line for line in card.splitlines() if "evil" in line)
    assert line.replace("\\|", "").count("|") == 5


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    problem = Problem(target="y", kind="regression")
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(40):
        target: Floats = rng.normal(size=(300, 1))
        outputs = np.zeros((300, 1))
        (rmse, *_) = intervals([problem], Rows(target=target, outputs=outputs, chances=outputs), "rmse")
        assert rmse.low is not None
        assert rmse.high is not None
        held += rmse.low <= 1.0 <= rmse.high
    assert 33 <= held <= 40
