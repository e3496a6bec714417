import math

import pytest
from tests.unit.pruners.race import Race

from tunesmith.core.objective import Objective
from tunesmith.errors import InputError
from tunesmith.pruners.curve import CurvePruner
from tunesmith.pruners.median import MedianPruner


def falling(end: float, gain: float, steps: int = 27) -> dict[int, float]:
    """Return a curve that falls linearly by `gain` to `end`."""
    return {step: end + gain * (1 - step / steps) for step in range(1, steps + 1)}


@pytest.fixture
def race() -> Race:
    """Five complete trials; from step 4 on, the last improves by 0.9 and the others hardly."""
    race = Race(8)
    for number, (end, gain) in enumerate([(2.0, 0.1), (2.1, 0.1), (2.2, 0.1), (2.3, 0.2), (2.4, 1.0566)]):
        race.complete(number, falling(end, gain))
    return race


def test_trial_stops_if_no_complete_trial_improved_enough(race: Race) -> None:
    pruner = CurvePruner(min_steps=4)
    race.report(6, 1, 3.5)
    assert pruner.should_prune(race.history, race.report(6, 4, 2.85)) is None, "2.85 - 0.9 is below the best, 2.0"
    reason = pruner.should_prune(race.history, race.report(7, 4, 2.95))
    assert reason == "step 4: best y 2.95; 0 of 5 complete trials improved enough from here to reach 2"


def test_chance_is_the_tolerated_share(race: Race) -> None:
    trial = race.report(6, 4, 2.85)
    assert CurvePruner(min_steps=4, chance=0.19).should_prune(race.history, trial) is None
    reason = CurvePruner(min_steps=4, chance=0.2).should_prune(race.history, trial)
    assert reason is not None
    assert "1 of 5 complete trials improved enough" in reason


def test_best_so_far_counts_unless_diverged(race: Race) -> None:
    pruner = CurvePruner(min_steps=4)
    race.report(6, 3, 2.0)
    assert pruner.should_prune(race.history, race.report(6, 4, 9.0)) is None
    race.report(7, 3, 2.0)
    reason = pruner.should_prune(race.history, race.report(7, 4, math.nan))
    assert reason is not None
    assert "not finite" in reason


def test_tests_at_doubling_steps(race: Race) -> None:
    stopped = {
        step for step in range(1, 28) if CurvePruner().should_prune(race.history, race.report(6, step, 99.0 - step))
    }
    assert stopped == {1, 2, 4, 8, 16}


def test_nothing_stops_during_startup_trials(race: Race) -> None:
    trial = race.report(6, 4, 99.0)
    assert CurvePruner(min_steps=4, startup_trials=5).should_prune(race.history, trial) is not None
    assert CurvePruner(min_steps=4, startup_trials=6).should_prune(race.history, trial) is None


def test_median_rule_decides_with_a_pareto_objective() -> None:
    race = Race(8, Objective.parse("minimize y, minimize z"))
    for number in range(5):
        race.complete(number, falling(2.0 + number, 0.1), z=lambda y: 5.0 - y)
    trial = race.report(6, 4, 9.0, z=9.0)
    assert CurvePruner().should_prune(race.history, trial) == MedianPruner(startup_trials=4).should_prune(
        race.history, trial
    )
    assert CurvePruner().should_prune(race.history, trial) is not None
    assert CurvePruner(min_steps=5).should_prune(race.history, trial) is None
    assert CurvePruner().should_prune(race.history, race.report(7, 4, 0.0, z=0.0)) is None


@pytest.mark.parametrize("options", [{"chance": 1.0}, {"chance": -0.1}, {"startup_trials": 0}, {"min_steps": 0}])
def test_options_are_validated(options: dict[str, float]) -> None:
    with pytest.raises(InputError) as caught:
        CurvePruner(**options)  # type: ignore[arg-type]
    assert caught.value.keys == tuple(options)
