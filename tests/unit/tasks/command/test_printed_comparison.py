"""Lists of methods below a heading that names what is measured."""

from __future__ import annotations

import pytest

from tunesmith.tasks.command.found_metrics import found_metrics
from tunesmith.tasks.command.printed_metrics import PrintedMetrics


def values(output: str, *chosen: str) -> dict[str, float]:
    return {metric.name: metric.value for metric in found_metrics(output, {}, chosen)}


@pytest.mark.parametrize(
    ("output", "metrics"),
    [
        ("MAPE over 14 days\n  naive     6.815 %\n  reg       5.228 %\n  blend     5.638 %\n", {"MAPE": 5.638}),
        ("\n== RMSE (kWh) ==\npersistence  3.5\nridge  2.5\nseasonal naive  4.5\n\ndone\n", {"RMSE": 2.5}),
        ("Test accuracy:\n---\nmajority 0.25\nrandom forest 0.5\n", {"Test accuracy": 0.5}),
        ("MAE\nfirst 2.5\nsecond 3.5\n", {}),  # Without a baseline, these may be classes or days.
        ("Recall by class\ncat 0.5\ndog 0.75\n", {}),
        ("MAE\nnaive 3.5\nconstant 4.5\n", {}),
        ("MAE\nnaive 3.5\nmodel 2.5\nis 1.5 lower\n", {"MAE": 2.5}),
        ("naive 3.5\nmodel 2.5\n", {}),
    ],
)
def test_the_last_method_that_is_no_baseline_is_the_model(output: str, metrics: dict[str, float]) -> None:
    assert values(output) == metrics


def test_the_chosen_method_is_the_model() -> None:
    output = "MAPE\nnaive 6.5\nridge 5.5\nblend 4.5\n"
    assert values(output, "train.py --model ridge") == {"MAPE": 5.5}
    assert values(output, "naive") == {"MAPE": 6.5}


def test_a_list_is_found_far_down_in_a_long_log() -> None:
    metrics = PrintedMetrics(wanted=["MAPE"])
    metrics.feed(b"working\n" * 50_000 + b"MAPE over 14 days\nnaive 6.5\nblend 4.5\n")
    assert metrics.values() == {"MAPE": 4.5}
