"""Every proposer handles unusual input, or the study refuses it with a message."""

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import tunesmith as ts
from tunesmith import plugins
from tunesmith.core.parameters import Parameter

Outcome = float | ts.Failure
TRIALS = 14  # More than the startup trials of any proposer.

LINE: dict[str, Parameter] = {"x": ts.Float(-1.0, 1.0)}
CHOICES: dict[str, Parameter] = {"a": ts.Choice(["u", "v", "w"]), "b": ts.Choice([True, 1, "1", None])}


@pytest.fixture(params=plugins.names("proposers"))
def proposer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def steep(number: int, parameters: Mapping[str, Any]) -> Outcome:
    return math.fsum((v - 0.3) ** 2 for v in parameters.values() if isinstance(v, float))


def went_on(study: ts.Study, outcome: Callable[[int, Mapping[str, Any]], Outcome], trials: int = TRIALS) -> ts.Study:
    """Ask and tell `count` new trials, all different and all but the user's own in the space."""
    while study.history.settled < trials:
        trial = study.ask()
        study.tell(trial.number, outcome(trial.number, trial.parameters))
    new = [trial for trial in study.trials if trial.proposal.repeat_of is None]
    assert len({repr((t.parameters, t.proposal.inherits)) for t in new}) == len(new)
    assert all(study.space.contains(trial.parameters) for trial in new if trial.number > 0)
    return study


def test_space_of_one_point_is_tried_once(proposer: str) -> None:
    space: dict[str, Parameter] = {"x": ts.Int(3, 3), "kind": ts.Choice(["only"])}
    study = ts.Study(space=space, objective="minimize y", proposer=proposer)
    study.tell(study.ask().number, 1.0)
    if proposer == "pbt":  # It continues the same point from its checkpoints.
        assert study.ask().proposal.inherits == 0
        return
    with pytest.raises(ts.SpaceExhausted, match="all 1 configurations"):
        study.ask()


def test_one_parameter(proposer: str) -> None:
    study = went_on(ts.Study(space=LINE, objective="minimize y", proposer=proposer), steep)
    assert study.best is not None


def test_two_hundred_parameters(proposer: str) -> None:
    space: dict[str, Parameter] = {f"x{index}": ts.Float(0.0, 1.0) for index in range(200)}
    went_on(ts.Study(space=space, objective="minimize y", proposer=proposer), steep)


def test_space_of_choices_is_exhausted(proposer: str) -> None:
    study = ts.Study(space=CHOICES, objective="maximize y", proposer=proposer, judge={"name": "rules", "repeats": 0})
    went_on(study, lambda number, p: float(len(repr(p))), trials=12)
    if all(trial.proposal.inherits is None for trial in study.trials):
        with pytest.raises(ts.SpaceExhausted, match="all 12 configurations"):
            study.ask()


def test_all_trials_failed(proposer: str) -> None:
    failure = ts.Failure(kind="memory", reason="the process used more memory than the limit.")
    study = went_on(ts.Study(space=LINE, objective="minimize y", proposer=proposer), lambda *_: failure)
    assert study.best is None


def test_all_metrics_equal(proposer: str) -> None:
    study = went_on(ts.Study(space=LINE | CHOICES, objective="minimize y", proposer=proposer), lambda *_: 0.0)
    assert study.best is not None
    assert study.best.number == 0


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_huge_metrics_of_either_sign(proposer: str, direction: str) -> None:
    signs = itertools.cycle((1e300, -1e300))
    study = ts.Study(space=LINE | CHOICES, objective=f"{direction} y", proposer=proposer)
    went_on(study, lambda *_: next(signs))
    assert study.best is not None
    assert study.best.metrics["y"] == (-1e300 if direction == "minimize" else 1e300)


def test_huge_metrics_in_a_weighted_sum(proposer: str) -> None:
    metrics = {"y": {"direction": "minimize", "weight": 1e10}, "z": {"direction": "maximize"}}
    study = ts.Study(space=LINE, objective={"metrics": metrics}, proposer=proposer)
    for number in range(TRIALS):
        study.tell(study.ask().number, {"y": 1e300 if number % 2 else -1e300, "z": float(number)})
    assert study.history.settled == TRIALS


def test_invalid_result_is_refused_and_can_be_corrected(proposer: str) -> None:
    study = ts.Study(space=LINE, objective="minimize y", proposer=proposer)
    for number in range(TRIALS):
        trial = study.ask()
        with pytest.raises(ts.InputError, match="metric 'y' must be a finite number, got "):
            study.tell(trial.number, (math.nan, math.inf, -math.inf)[number % 3])
        study.tell(trial.number, steep(number, trial.parameters))


def test_own_configuration_outside_the_space(proposer: str) -> None:
    space: dict[str, Parameter] = {"x": ts.Float(-1.0, 1.0, default=40.0), "n": ts.Int(1, 9, default=0)}
    study = went_on(
        ts.Study(space=space, objective="minimize y", proposer=proposer),
        lambda number, p: -1.0 if number == 0 else float(p["x"]),
    )
    assert study.trials[0].parameters == {"x": 40.0, "n": 0}


def test_warm_start(proposer: str) -> None:
    study = ts.Study(space=LINE | CHOICES, objective="minimize y", proposer=proposer)
    for number in range(TRIALS):
        known = {"x": number / TRIALS, "a": "u", "b": None}
        study.add(known, steep(number, known))
    with pytest.raises(ts.InputError, match="a known result must lie in the search space, but 'x' must be a number"):
        study.add({"x": 1.5, "a": "u", "b": None}, 0.0)
    went_on(study, steep, trials=TRIALS + 4)


def test_forbidden_space_is_refused(proposer: str) -> None:
    space = ts.SearchSpace({"x": ts.Float(0.0, 1.0)}, [{"x": {"low": 0.0}}])
    study = ts.Study(space=space, objective="minimize y", proposer=proposer)
    study.tell(study.ask().number, 1.0)
    with pytest.raises(ts.SpaceExhausted, match="forbidden"):
        study.ask()
