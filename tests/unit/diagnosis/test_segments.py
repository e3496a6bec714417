from __future__ import annotations

import numpy as np
from planted import ROWS, binary, features, regression

from tunesmith.diagnosis.conditions import Condition, in_words
from tunesmith.diagnosis.segments import diagnose_segments, weak_segments


def test_a_noisy_segment_is_found_and_told_in_words() -> None:
    frame = features()
    noisy = ((frame["tenure"] < 20) & (frame["contract"] == "monthly")).to_numpy()
    sure = np.where(np.random.default_rng(3).random(ROWS) < 0.5, 0.03, 0.97)
    evidence = binary(np.where(noisy, 0.5, sure), sure, frame)
    segments = weak_segments(evidence)
    assert {c.column for c in segments[0].conditions} == {"tenure", "contract"}
    assert not segments[0].is_known
    found = diagnose_segments(evidence, segments)[0]
    assert found.severity == "warning"
    assert found.actions == ("recipe:engineered", "collect_rows")
    assert "contract = monthly" in found.text or "contract ≠ yearly" in found.text
    assert "tenure < " in found.text
    assert f"{segments[0].rows} rows" in found.text
    assert abs(segments[0].rows - noisy.sum()) < 30


def test_a_segment_that_the_probabilities_know_about_is_no_warning() -> None:
    frame = features()
    sure = np.where(np.random.default_rng(3).random(ROWS) < 0.5, 0.03, 0.97)
    evidence = binary(np.where(frame["tenure"] < 20, 0.5, sure), None, frame)
    segments = weak_segments(evidence)
    assert [c.column for c in segments[0].conditions] == ["tenure"]
    assert segments[0].is_known
    assert diagnose_segments(evidence, segments)[0].severity == "info"


def test_missing_values_and_dates_make_segments() -> None:
    frame, rng = features(), np.random.default_rng(5)
    predicted = rng.normal(0, 1, ROWS)
    spread = np.where(frame["charge"].isna(), 4.0, 1.0) + np.where(frame["since"] >= "2022-01-01", 3.0, 0.0)
    segments = weak_segments(regression(predicted + spread * rng.normal(0, 1, ROWS), predicted, frame))
    words = " | ".join(in_words(segment.conditions) for segment in segments)
    assert "charge is missing" in words
    assert "since ≥ 202" in words


def test_a_comparison_never_holds_for_a_missing_value() -> None:
    frame = features()
    missing = frame["charge"].isna().to_numpy()
    below, above = Condition("charge", "<", 50.0).holds(frame), Condition("charge", "≥", 50.0).holds(frame)
    assert not ((below | above) & missing).any()
    assert (below | above | missing).all()
    assert (Condition("charge", "is missing").holds(frame) == missing).all()
    yes, no = (Condition("contract", sign, "monthly").holds(frame) for sign in ("=", "≠"))
    assert (yes != no).all()


def test_names_from_data_cannot_colour_a_terminal() -> None:
    assert str(Condition("a\x1b[31mb", "=", "c\u202ed")) == "ab = cd"
