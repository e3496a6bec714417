from __future__ import annotations

import numpy as np
from planted import ROWS, binary, features, regression

from tunesmith.diagnosis.residuals import biases, diagnose_residuals


def test_a_bias_along_a_column_is_found() -> None:
    frame, rng = features(), np.random.default_rng(0)
    predicted = rng.normal(0, 1, ROWS)
    late = frame["tenure"].to_numpy() >= 50
    evidence = regression(predicted + rng.normal(0, 1, ROWS) + 1.5 * late, predicted, frame)
    found = biases(evidence)
    assert [bias.column for bias in found] == ["tenure"]
    assert found[0].residual > 0.5
    told = diagnose_residuals(evidence)
    assert "tenure ≥" in told[0].text
    assert "too low" in told[0].text
    assert told[0].actions == ("more_capacity", "recipe:engineered")


def test_predictions_that_are_too_high_everywhere_are_found() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.normal(0, 1, ROWS)
    (found,) = diagnose_residuals(regression(predicted + rng.normal(-0.5, 1, ROWS), predicted))
    assert "too high by 0.5" in found.text


def test_a_biased_probability_is_found() -> None:
    frame = features()
    monthly = (frame["contract"] == "monthly").to_numpy()
    (bias,) = biases(binary(np.where(monthly, 0.6, 0.3), np.full(ROWS, 0.45), frame))
    assert (bias.column, bias.output) == ("contract", "Yes")


def test_a_bias_of_a_tenth_of_a_percent_is_none() -> None:
    frame = features()
    monthly = (frame["contract"] == "monthly").to_numpy()
    assert biases(binary(np.zeros(ROWS), np.where(monthly, 0.002, 0.001), frame)) == []


def test_spread_that_grows_with_the_prediction_is_found() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.uniform(1, 10, ROWS)
    evidence = regression(predicted * np.exp(rng.normal(0, 0.2, ROWS)), predicted)
    (found,) = [one for one in diagnose_residuals(evidence) if one.kind == "uneven_spread"]
    assert found.actions == ("transform_target",)
    assert "high predictions" in found.text


def test_outliers_are_found_with_their_rows() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.normal(0, 1, ROWS)
    target = predicted + rng.normal(0, 1, ROWS)
    target[[7, 77]] += 200
    (found,) = [one for one in diagnose_residuals(regression(target, predicted)) if one.kind == "outliers"]
    assert set(found.values["worst_rows"][:2]) == {7, 77}
    assert "check_rows" in found.actions
