import math

import pytest
from studies import add, empty

from tunesmith.journal.events import TrialTested
from tunesmith.reports.comparison import Row, compare, metric_rows, parameter_rows
from tunesmith.reports.overview import failures, listed, resources
from tunesmith.reports.table import trial_table

OTHER = {"lr": 0.5, "act": "gelu"}


def test_gain_is_positive_where_the_best_is_better_whichever_way():
    for objective, own, best in (("minimize loss", 2.0, 1.5), ("maximize loss", 1.5, 2.0)):
        history = empty(objective)
        add(history, own)
        add(history, best, parameters=OTHER)
        comparison = compare(history)
        assert (comparison.best.trial.number, comparison.baseline.trial.number) == (1, 0)
        assert comparison.gain == 0.5
        assert math.isclose(comparison.relative_gain, 0.5 / own)
        assert comparison.standard_errors is None
        assert not comparison.baseline_leads


def test_repeats_are_averaged_and_measure_the_noise():
    history = empty()
    add(history, 2.0)
    for value in (1.0, 1.2):
        add(history, value, parameters=OTHER)
    comparison = compare(history)
    assert (comparison.best.value, comparison.best.runs) == (1.1, 2)
    noise = math.sqrt(0.02)
    assert math.isclose(comparison.standard_errors, 0.9 / (noise * math.sqrt(1 / 2 + 1)))


def test_no_gain_where_the_users_baseline_leads_or_failed():
    history = empty()
    add(history, 1.0)
    add(history, 2.0, parameters=OTHER)
    assert compare(history).baseline_leads
    failed = empty()
    add(failed, state="failed", failure={"kind": "exit", "reason": "no"})
    assert compare(failed).best is None
    add(failed, 2.0, parameters=OTHER)
    assert compare(failed).gain is None
    assert compare(empty()).baseline is None


def test_rows_put_the_best_beside_the_users_own():
    history = empty()
    add(history, metrics={"loss": 2.0, "mae": 1.0})
    add(history, metrics={"loss": 1.5, "mae": 1.0}, parameters=OTHER)
    history.apply(TrialTested(trial=1, metrics={"test_loss": 1.75}))
    comparison = compare(history)
    assert parameter_rows(history, *comparison.trials) == [Row("lr", "0.5", "0.01"), Row("act", "gelu", "relu")]
    assert metric_rows(history, *comparison.trials) == [Row("loss", "1.5", "2"), Row("mae", "1", "1")]
    assert metric_rows(history, *comparison.trials, test=True) == [Row("test_loss", "1.75", "")]
    assert [row.changed for row in metric_rows(history, *comparison.trials)] == [True, False]


def test_failures_are_grouped_numbers_apart():
    history = empty()
    for number, kind in ((1, "exit"), (22, "exit"), (3, "timeout")):
        reason = f"stopped after {number}.5 s"
        add(history, state="failed", failure={"kind": kind, "reason": reason, "log_tail": f"\x1b[31mlog {number}"})
    groups = failures(history)
    assert [(g.kind, g.reason, g.numbers, g.log_tail) for g in groups] == [
        ("exit", "stopped after 1.5 s", (0, 1), "log 22"),
        ("timeout", "stopped after 3.5 s", (2,), "log 3"),
    ]


def test_resources_by_state():
    history = empty()
    for seconds in (1.0, 2.0, 9.0):
        add(history, 1.0, seconds=seconds)
    add(history, state="failed", failure={"kind": "memory", "reason": "", "seconds": 4.0, "peak_memory_bytes": 10**9})
    add(history, state="running")
    complete, failed = resources(history)
    assert (complete.trials, complete.total_seconds, complete.median_seconds, complete.longest_seconds) == (3, 12, 2, 9)
    assert complete.most_memory_bytes is None
    assert (failed.total_seconds, failed.most_memory_bytes) == (4.0, 10**9)


@pytest.mark.parametrize("most", [4, 10])
def test_a_long_list_keeps_the_best_and_the_latest(most):
    history = empty()
    for value in (5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 8.0):
        add(history, value)
    assert [t.number for t in listed(history, most)] == ([1, 3, 5, 6] if most == 4 else list(range(7)))


def test_the_table_sorts_by_numbers_and_puts_what_is_missing_last():
    history = empty()
    add(history, 0.25, seconds=90.0, reason="a guess")
    add(history, state="failed", failure={"kind": "exit", "reason": "broken"}, parameters=OTHER)
    table = trial_table(history, most=100)
    assert [name for name, _ in table.columns] == [
        "trial", "state", "loss", "verdict", "proposer", "time", "lr", "act", "reason",
    ]  # fmt: skip
    first, second = table.rows
    assert [cell.text for cell in first.cells] == [
        "0", "complete", "0.25", "", "user", "1 min 30 s", "0.01", "relu", "a guess",
    ]  # fmt: skip
    assert (first.leads, second.leads) == (True, False)
    assert second.cells[2].sort == ""
    assert second.cells[-1].text == "broken"
