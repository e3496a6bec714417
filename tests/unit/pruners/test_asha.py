import math

import pytest
from tests.unit.pruners.race import Race

from tunesmith.errors import InputError
from tunesmith.pruners.asha import AshaPruner


def test_best_third_continues_at_a_rung() -> None:
    race = Race(8)
    pruner = AshaPruner(min_steps=1)
    for number, y in ((1, 5.0), (2, 4.0), (3, 3.0), (4, 2.0), (5, 1.0)):
        race.report(number, 1, y)
    assert pruner.should_prune(race.history, race.report(6, 1, 1.5)) is None, "second of six"
    reason = pruner.should_prune(race.history, race.report(7, 1, 2.5))
    assert reason == "step 1: y 2.5, worse than the cut of 1.5 (top 2 of 7)"


def test_fewer_trials_than_the_reduction_continue() -> None:
    race = Race(4)
    pruner = AshaPruner(min_steps=1)
    assert pruner.should_prune(race.history, race.report(1, 1, 9.0)) is None
    assert pruner.should_prune(race.history, race.report(2, 1, 10.0)) is None
    assert pruner.should_prune(race.history, race.report(3, 1, 11.0)) is not None


def test_no_decision_between_rungs() -> None:
    race = Race(5)
    pruner = AshaPruner(min_steps=1)
    for number in (1, 2, 3):
        race.report(number, 1, 1.0)
        race.report(number, 2, 1.0)
    race.report(4, 1, 0.0)
    assert pruner.should_prune(race.history, race.report(4, 2, 9.0)) is None, "between rungs 1 and 3"


def test_reports_that_skip_rungs_compete_at_the_highest() -> None:
    race = Race(5)
    pruner = AshaPruner(min_steps=1)
    for number in (1, 2, 3):
        race.report(number, 100, float(number))
    assert pruner.should_prune(race.history, race.report(4, 90, 2.5)) is not None, "both are at rung 81"


def test_first_report_at_a_rung_counts() -> None:
    race = Race(5)
    pruner = AshaPruner(min_steps=1)
    for number in (1, 2, 3):
        race.report(number, 3, 5.0)
        race.report(number, 5, 1.0)
    assert pruner.should_prune(race.history, race.report(4, 3, 4.0)) is None


def test_steps_from_zero() -> None:
    race = Race(5)
    pruner = AshaPruner(min_steps=1)
    for number in (1, 2, 3):
        race.report(number, 0, 1.0)
        race.report(number, 1, 1.0)
    assert pruner.should_prune(race.history, race.report(4, 0, 9.0)) is None
    assert pruner.should_prune(race.history, race.report(4, 1, 9.0)) is not None


@pytest.mark.parametrize("y", [math.nan, math.inf, -math.inf])
def test_non_finite_metric_is_worst(y: float) -> None:
    race = Race(5)
    for number in (1, 2, 3):
        race.report(number, 1, 1e300)
    reason = AshaPruner(min_steps=1).should_prune(race.history, race.report(4, 1, y))
    assert reason is not None
    assert "y not finite" in reason


def test_report_without_the_metric_is_skipped() -> None:
    race = Race(5)
    pruner = AshaPruner(min_steps=1)
    for number in (1, 2, 3):
        race.report(number, 1, 1.0)
    assert pruner.should_prune(race.history, race.report(4, 1, None)) is None
    assert pruner.should_prune(race.history, race.report(4, 2, 2.0)) is not None


def test_default_rungs_follow_from_the_longest_complete_training() -> None:
    race = Race(12)
    pruner = AshaPruner()
    for number in range(1, 7):
        assert pruner.should_prune(race.history, race.report(number, 1, float(number))) is None, "its length is unknown"
        assert pruner.should_prune(race.history, race.report(number, 2, float(number))) is None
    race.complete(0, dict.fromkeys(range(1, 52), 9.0))
    race.complete(7, dict.fromkeys(range(1, 30), 9.0))
    assert pruner.should_prune(race.history, race.report(8, 1, 9.0)) is None, "51 / 27 is just under 2"
    assert pruner.should_prune(race.history, race.report(8, 2, 9.0)) is not None


def test_trial_at_the_last_step_is_not_stopped() -> None:
    race = Race(6)
    for number in range(4):
        race.complete(number, {step: float(number) for step in range(1, 10)})
    pruner = AshaPruner(min_steps=1)
    assert pruner.should_prune(race.history, race.report(4, 8, 9.0)) is not None
    assert pruner.should_prune(race.history, race.report(5, 9, 9.0)) is None


@pytest.mark.parametrize(("options", "key"), [({"reduction": 1}, "reduction"), ({"min_steps": 0}, "min_steps")])
def test_options_are_validated(options: dict[str, int], key: str) -> None:
    with pytest.raises(InputError, match="must be at least") as caught:
        AshaPruner(**options)
    assert caught.value.keys == (key,)
