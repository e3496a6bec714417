"""Pruning with a Pareto objective: losses are relative to the front at the same step."""

import pytest
from tests.unit.pruners.race import Race

from tunesmith import plugins
from tunesmith.core.objective import Objective

PARETO = Objective.parse("minimize y, minimize z")


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "curve", "median"])
def test_dominated_trial_stops_and_front_continues(pruner: str) -> None:
    race = Race(15, PARETO)
    rule = plugins.create("pruners", pruner)
    for number in range(12):  # a front from (0, 11) to (11, 0); all but the ends are dominated
        y = {step: number + 1.0 / step + (0 < number < 11) for step in range(1, 28)}
        race.complete(number, y, z=lambda y, number=number: 11.0 - 2 * number + y)
    good = [rule.should_prune(race.history, race.report(12, step, -1.0, z=-1.0)) for step in range(1, 27)]
    assert not any(good)
    bad = [rule.should_prune(race.history, race.report(13, step, 30.0, z=30.0)) for step in range(1, 27)]
    assert any(bad)
    assert "distance to the front" in next(reason for reason in bad if reason)


def test_incomplete_report_is_ignored() -> None:
    race = Race(6, PARETO)
    for number in range(1, 5):
        for step in (1, 2):
            race.report(number, step, float(number), z=float(number))
    rule = plugins.create("pruners", "asha", {"min_steps": 1})
    assert rule.should_prune(race.history, race.report(5, 1, 99.0)) is None
    assert rule.should_prune(race.history, race.report(5, 2, 99.0, z=99.0)) is not None
