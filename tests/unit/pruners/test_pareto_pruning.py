"""Early stopping with several objectives at once: a trial races by where it stands to the front of its step."""

import pytest
from tests.unit.pruners.race import Race

from tunesmith import plugins
from tunesmith.core.objective import Objective

PARETO = Objective.parse("minimize y, minimize z")


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "curve", "median"])
def test_what_is_dominated_stops_and_what_is_on_the_front_goes_on(pruner: str) -> None:
    race = Race(15, PARETO)
    rule = plugins.create("pruners", pruner)
    for number in range(12):  # a front from (0, 11) to (11, 0), with all but its ends behind it by one
        y = {step: number + 1.0 / step + (0 < number < 11) for step in range(1, 28)}
        race.complete(number, y, z=lambda y, number=number: 11.0 - 2 * number + y)
    good = [rule.should_prune(race.history, race.report(12, step, -1.0, z=-1.0)) for step in range(1, 27)]
    assert not any(good)
    bad = [rule.should_prune(race.history, race.report(13, step, 30.0, z=30.0)) for step in range(1, 27)]
    assert any(bad)
    assert "distance to the front" in next(reason for reason in bad if reason)


def test_a_report_that_lacks_one_of_the_metrics_decides_nothing() -> None:
    race = Race(6, PARETO)
    for number in range(1, 5):
        for step in (1, 2):
            race.report(number, step, float(number), z=float(number))
    rule = plugins.create("pruners", "asha", {"min_steps": 1})
    assert rule.should_prune(race.history, race.report(5, 1, 99.0)) is None
    assert rule.should_prune(race.history, race.report(5, 2, 99.0, z=99.0)) is not None
