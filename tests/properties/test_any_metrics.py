"""Fuzzers: any metrics.json, reports.jsonl and told outcome gives finite numbers, or one message."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import tunesmith as ts
from tunesmith.cli import tunesmith
from tunesmith.core.trial import TrialFailed
from tunesmith.trial_folder.metrics import finite_metrics, read_metrics
from tunesmith.trial_folder.reports import ReportsTail

SPACE: dict[str, Any] = {"x": ts.Float(0, 1)}
VALUES = [
    *(0, -1.5, 1e308, True, None, "0.5", "", [], [1], {}, {"a": 1}),
    *(10**400, 2**64, math.nan, math.inf, "\udce9", "x" * 300),
]
ROWS = [{"y": value, "z": 1} for value in VALUES] + [{str(value)[:20]: 1.0, "y": 2} for value in VALUES]
PIECES = [b"", b"1e999", b"-", b"\xff", b"\x00", b"[" * 1000, b"9" * 5000, b'"', b"true", b","]
ARGUMENTS = [
    *("y=0.5", "y=nan", "y=-inf", "y=true", "y=0x1", "y=", "=1", "y", "y==1", "z=1", "y=1_0", "y=\u0661", "y= 1"),
    f"y={'9' * 5000}",
]

numbers = st.one_of(st.floats(), st.integers(), st.booleans(), st.floats(width=32).map(np.float32), st.just(10**400))
others = st.one_of(st.none(), st.text(), st.binary(), st.complex_numbers(), st.fractions(), st.floats().map(np.array))
anything = st.recursive(
    numbers | others,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner),
    max_leaves=4,
)
bounded = settings(derandomize=True, max_examples=60, deadline=None)


def refusal(action: Callable[[], Any]) -> str:
    """Return the message with which an action is refused, or an empty string."""
    try:
        action()
    except ts.InputError as error:
        return error.message
    except TrialFailed as error:
        return error.failure.reason
    return ""


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Change, remove or insert some bytes."""
    for _ in range(rng.randint(0, 3)):
        index = rng.randrange(len(data) + 1)
        data = data[:index] + rng.choice(PIECES) + data[index + rng.choice([0, 0, 1, 9]) :]
    return data


def read_into(metrics: dict[str, float], path: Path) -> None:
    metrics.update(finite_metrics(read_metrics(path), ("y",), path.name))


def test_any_metrics_file_gives_finite_numbers_or_the_reason(tmp_path: Path) -> None:
    rng, path, good = random.Random(14), tmp_path / "metrics.json", 0
    for _ in range(2000):
        path.write_bytes(mutated(rng, json.dumps(rng.choice(ROWS)).encode()))
        metrics: dict[str, float] = {}
        reason = refusal(partial(read_into, metrics, path))
        assert bool(reason) != ("y" in metrics)
        assert len(reason) < 2000
        good += not reason
        assert all(type(name) is str and type(value) is float for name, value in metrics.items())
        assert all(map(math.isfinite, metrics.values()))
    assert 100 < good < 1900


def test_any_reports_file_gives_reports_or_nothing(tmp_path: Path) -> None:
    rng, path, good = random.Random(14), tmp_path / "reports.jsonl", 0
    steps = [*VALUES, 3, 3.0, 1e30, -1]
    for _ in range(1000):
        rows = [rng.choice(ROWS) | {"step": rng.choice(steps)} for _ in range(rng.randint(1, 4))]
        path.write_bytes(mutated(rng, b"\n".join(json.dumps(row).encode() for row in rows)) + b"\n")
        for report in ReportsTail(tmp_path).new():
            good += 1
            assert type(report.step) is int
            assert 0 <= report.step < 2**63
            assert all(type(name) is str and type(value) is float for name, value in report.metrics.items())
    assert good > 200


@bounded
@given(outcome=st.one_of(anything, st.dictionaries(st.sampled_from(["y", "z", "\udce9", "n" * 300]), anything)))
def test_any_outcome_settles_a_trial_or_leaves_it_running(outcome: Any) -> None:
    study = ts.Study(space=SPACE, objective="minimize y", proposer="random")
    trial = study.ask()
    reason = refusal(lambda: study.tell(trial, outcome))
    if reason:
        assert "If the trial failed, tell a Failure" in reason
        study.tell(trial, 1.0)
    assert study.trials[0].state is ts.State.COMPLETE
    assert all(type(value) is float and math.isfinite(value) for value in study.trials[0].metrics.values())


@bounded
@given(step=anything, value=anything)
def test_any_report_is_taken_or_refused(step: Any, value: Any) -> None:
    study = ts.Study(space=SPACE, objective="minimize y", proposer="random")
    trial = study.ask()
    reason = refusal(lambda: trial.report(step, y=value))
    assert reason.startswith(("a step must ", "metric 'y' must ")) == (len(study.trials[0].reports) == 0)
    assert all(type(report.step) is int for report in study.trials[0].reports)


@bounded
@given(value=anything, options=st.lists(anything, max_size=3))
def test_any_option_is_found_again_or_refused(value: Any, options: list[Any]) -> None:
    reason = refusal(lambda: ts.Choice([*options, value]))
    if reason:
        assert reason.startswith(("an option must be ", "options must differ, got "))
        return
    choice = ts.Choice([*options, value])
    study = ts.Study(space={"a": choice}, objective="minimize y", proposer="random")
    parameters = study.add({"a": value}, 0.0).parameters
    assert choice.index(value) == choice.index(parameters["a"]) == len(options)
    if value is not None:
        space: dict[str, Any] = {"a": ts.Choice(choice.options, default=value)}
        assert ts.Study(space=space, objective="minimize y").ask().parameters == parameters


def test_any_arguments_of_tell_settle_a_trial_or_are_refused_with_a_message(tmp_path: Path) -> None:
    rng = random.Random(14)
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path / "s", proposer="random") as study:
        for _ in range(20):
            study.ask()
    trials = [*map(str, range(20)), "-1", "99", "9" * 30, "1.0", "x"]
    steps, reasons = ["1", "-1", "9" * 30, "1.0"], ["", "\x1b[31mx"]
    for _ in range(40):
        words = [rng.choice(trials), *rng.choices(ARGUMENTS, k=rng.randint(0, 2))]
        options = rng.choice([[], [], ["--step", rng.choice(steps)], ["--failed", rng.choice(reasons)]])
        result = CliRunner().invoke(tunesmith, ["tell", str(tmp_path / "s"), *options, "--", *words])
        refused = isinstance(result.exception, ts.InputError | SystemExit)
        assert refused or result.exception is None, (words, options, result.exception)
    settled = [trial for trial in ts.load(tmp_path / "s").trials if trial.state.settled]
    assert settled
    assert all(trial.failure or math.isfinite(trial.metrics["y"]) for trial in settled)
