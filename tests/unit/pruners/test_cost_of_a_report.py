"""A report costs the same at the end of a long training as at its beginning."""

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tunesmith import Float
from tunesmith.core.trial import Trial
from tunesmith.pruners.asha import AshaPruner
from tunesmith.pruners.base import Pruner
from tunesmith.pruners.curve import CurvePruner
from tunesmith.pruners.hyperband import HyperbandPruner
from tunesmith.pruners.median import MedianPruner
from tunesmith.study.study import Study

LENGTH = 3000
PRUNERS: dict[str, Pruner | None] = {
    "none": None,
    "median": MedianPruner(startup_trials=2),
    "asha": AshaPruner(min_steps=3),
    "hyperband": HyperbandPruner(min_steps=3),
    "curve": CurvePruner(startup_trials=2, min_steps=3),
}


@pytest.mark.parametrize("name", PRUNERS)
def test_a_report_takes_neither_more_steps_nor_more_memory_after_many_others(name: str) -> None:
    study = Study(space={"x": Float(0, 1)}, objective="minimize y", pruner=PRUNERS[name], proposer="random")
    for _ in range(4):
        trial = study.ask()
        for step in range(LENGTH):
            trial.report(step, y=2.0 + 1.0 / (1 + step))
        study.tell(trial.number, 2.0)
    trial = study.ask()
    early, late = LENGTH // 10, LENGTH - 10  # Neither is the first step of a rung.
    costs = {}
    for step in range(LENGTH):
        if step in (early, late):
            costs[step] = (_lines(lambda step=step: trial.report(step, y=1.0)), _bytes(trial, step))
        else:
            trial.report(step, y=1.0)
    assert costs[late][0] < costs[early][0] + 50, "a loop over the reports so far would run 2,690 lines more"
    assert costs[late][1] < costs[early][1] + 4096, "copying the reports so far would take 20 kB more"


def _lines(call: Callable[[], None]) -> int:
    """Return the number of lines of Python that a call runs."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(previous)
    return lines


def _bytes(trial: Trial, step: int) -> int:
    """Return the most memory that one more report takes while it is made."""
    tracemalloc.start()
    try:
        trial.report(step, y=1.0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
