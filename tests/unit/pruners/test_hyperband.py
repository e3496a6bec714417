from collections import Counter

import pytest
from tests.unit.pruners.race import Race

from tunesmith.errors import InputError
from tunesmith.pruners.hyperband import HyperbandPruner


def test_bracket_sizes_follow_the_paper() -> None:
    pruner = HyperbandPruner(reduction=3)
    count = Counter(pruner.bracket(number, first=1, length=81) for number in range(1000))
    # ceil((s_max + 1) / (s + 1) * 3**s) for s = 3, 2, 1, 0 is 27, 12, 6, 4: of 49 in all (Li et al. 2018, algorithm 1).
    assert [count[bracket] * 49 / 1000 for bracket in range(4)] == pytest.approx([27, 12, 6, 4], abs=0.3)
    early = Counter(pruner.bracket(number, first=1, length=81) for number in range(10))
    assert early[0] in (5, 6, 7), "the shares hold from the start"


def test_trials_compete_within_their_bracket() -> None:
    race = Race(40)
    race.complete(0, dict.fromkeys(range(1, 52), 1.0))
    pruner = HyperbandPruner()
    brackets = [pruner.bracket(number, first=2, length=51) for number in range(40)]
    low = [number for number in range(1, 40) if brackets[number] == 0]
    high = [number for number in range(1, 40) if brackets[number] == 1]
    for number in high[:-1]:
        race.report(number, 2, 0.0)
        race.report(number, 6, 0.0)
    worst = race.report(low[0], 2, 9.0)
    assert pruner.should_prune(race.history, worst) is None, "no other trial of its bracket has reached the rung"
    assert pruner.should_prune(race.history, race.report(high[-1], 2, 9.0)) is None, "its first rung is at 6"
    assert pruner.should_prune(race.history, race.report(high[-1], 6, 9.0)) is not None


def test_nothing_stops_before_a_complete_training() -> None:
    race = Race(9)
    for number in range(1, 9):
        assert HyperbandPruner(min_steps=1).should_prune(race.history, race.report(number, 1, float(number))) is None


@pytest.mark.parametrize(("options", "key"), [({"reduction": 1}, "reduction"), ({"min_steps": 0}, "min_steps")])
def test_options_are_validated(options: dict[str, int], key: str) -> None:
    with pytest.raises(InputError, match="must be at least") as caught:
        HyperbandPruner(**options)
    assert caught.value.keys == (key,)
