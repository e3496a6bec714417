from collections.abc import Sequence

import pytest

from tunesmith import Choice, Float, SearchSpace, SpaceExhausted, State
from tunesmith.core.trial import Proposal
from tunesmith.history.history import History
from tunesmith.journal.events import SessionOpened, TrialFinished, TrialProposed, TrialStarted
from tunesmith.proposers.ordered import OrderedProposer
from tunesmith.testing.contracts import MINIMIZE

SPACE = SearchSpace({"family": Choice(["fast", "slow"]), "x": Float(0, 1)})
GIVEN = [{"family": "slow", "x": 0.5}, {"family": "fast", "x": 0.5}, {"family": "slow", "x": 0.25}]


def history_of(*ended: tuple[dict, float], elapsed: float = 0.0, losses: Sequence[float] = ()) -> History:
    history = History(SPACE, MINIMIZE)
    history.apply(SessionOpened(study={}, time=0.0, elapsed=0.0))
    for number, (parameters, seconds) in enumerate(ended):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters=parameters), time=0.0))
        history.apply(TrialStarted(trial=number, attempt=1, time=0.0))
        metrics = {"y": losses[number] if losses else 1.0}
        end = {"state": State.COMPLETE, "metrics": metrics, "seconds": seconds, "time": 0.0, "elapsed": elapsed}
        history.apply(TrialFinished(trial=number, attempt=1, **end))
    return history


def proposed(proposer: OrderedProposer, history: History, count: int = 1) -> list[dict]:
    return [dict(proposal.parameters) for proposal in proposer.propose(history, count=count, seed=0)]


def test_given_configurations_come_first_in_their_order() -> None:
    proposer = OrderedProposer(configurations=GIVEN, then="random")
    assert proposed(proposer, history_of(), 2) == GIVEN[:2]
    assert proposed(proposer, history_of((GIVEN[0], 1.0)), 2) == GIVEN[1:]
    everything = proposed(proposer, history_of(*((given, 1.0) for given in GIVEN)))
    assert everything[0] not in GIVEN


def test_groups_that_lag_behind_come_last() -> None:
    proposer = OrderedProposer(configurations=[*GIVEN, {"family": "fast", "x": 0.25}], group="family", then="random")
    tried = ((GIVEN[0], 1.0), (GIVEN[1], 1.0))
    assert proposed(proposer, history_of(*tried, losses=[0.1, 0.2]), 2) == [GIVEN[2], {"family": "fast", "x": 0.25}]
    assert proposed(proposer, history_of(*tried, losses=[0.2, 0.1]), 2) == [{"family": "fast", "x": 0.25}, GIVEN[2]]


def test_a_trial_that_would_end_too_late_is_passed_over() -> None:
    proposer = OrderedProposer(configurations=GIVEN, seconds=[50, 1, 50], minutes=1, group="family", then="random")
    assert proposed(proposer, history_of()) == [GIVEN[1]]  # An estimate alone counts 1.3 times.
    slow = history_of((GIVEN[0], 20.0), elapsed=25.0)  # Half of its estimate.
    assert proposed(proposer, slow, 2) == GIVEN[1:]
    late = history_of((GIVEN[0], 20.0), elapsed=40.0)
    assert all(parameters["family"] == "fast" for parameters in proposed(proposer, late, 4))


def test_the_search_leaves_alone_a_group_whose_quickest_configuration_would_end_too_late() -> None:
    proposer = OrderedProposer(configurations=GIVEN, seconds=[90, 1, 70], minutes=1, group="family", then="random")
    assert {parameters["family"] for parameters in proposed(proposer, history_of((GIVEN[1], 1.0)), 8)} == {"fast"}
    proposer = OrderedProposer(configurations=GIVEN, seconds=[90, 1, 30], minutes=1, group="family", then="random")
    tried = history_of((GIVEN[1], 1.0), (GIVEN[2], 30.0))
    assert {parameters["family"] for parameters in proposed(proposer, tried, 8)} == {"fast", "slow"}


class SlowOnly:
    """Proposes one group alone."""

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        return [Proposal(parameters={"family": "slow", "x": seed / 100}) for _ in range(count)]


def test_the_time_is_used_by_others_where_the_search_wants_what_would_end_too_late() -> None:
    proposer = OrderedProposer(configurations=GIVEN, seconds=[90, 1, 70], minutes=1, group="family", then=SlowOnly())
    found = proposed(proposer, history_of((GIVEN[1], 1.0)), 2)
    assert [parameters["family"] for parameters in found] == ["fast", "fast"]


def test_no_trial_is_proposed_if_none_would_end_in_time() -> None:
    proposer = OrderedProposer(configurations=GIVEN, seconds=[9, 9, 9], minutes=1, group="family", then="random")
    late = history_of((GIVEN[0], 9.0), (GIVEN[1], 9.0), elapsed=59.0)
    with pytest.raises(SpaceExhausted, match="in the time that is left"):
        proposer.propose(late, count=2, seed=0)
