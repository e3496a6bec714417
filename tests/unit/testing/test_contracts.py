"""Each of these plugins violates one requirement of its contract."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from tunesmith import Proposal
from tunesmith.history.history import History
from tunesmith.proposers.random import RandomProposer
from tunesmith.testing.contracts import check_parallel, check_proposer
from tunesmith.testing.histories import awkward_histories, spaces

Change = Callable[[History, Sequence[Proposal]], Sequence[Proposal]]


@dataclass
class Broken:
    """Draws at random and changes the proposals."""

    change: Change
    calls: list[int] = field(default_factory=list)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        self.calls.append(count)
        return self.change(history, RandomProposer().propose(history, count=count, seed=seed + (len(self.calls) > 5)))


def changed(**fields: object) -> Change:
    return lambda _, drawn: [dataclasses.replace(proposal, **fields) for proposal in drawn]  # type: ignore[arg-type]


def changing_the_history(history: History, drawn: Sequence[Proposal]) -> Sequence[Proposal]:
    history.losses[:] = 0.0
    return drawn


def depending_on_the_sign(history: History, drawn: Sequence[Proposal]) -> Sequence[Proposal]:
    falls = bool(np.nanmean(history.objective.primary.sign) < 0)
    return drawn[::-1] if falls else drawn


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed(parameters={"x": 99.0}), "must lie in the space"),
        (changed(reason=""), "must have a reason"),
        (changed(proposer=""), "must name its proposer"),
        (changed(parent=1000), "no such parent"),
        (changed(expectation=float("nan")), "nan"),
        (lambda _, drawn: [], "expected 1 or 2 proposals, got 0"),
        (lambda _, drawn: [*drawn, *drawn], "expected 1 or 2 proposals, got 4"),
        (changing_the_history, "must not change the history"),
        (depending_on_the_sign, "maximising y must propose the same as minimising -y"),
        (lambda _, drawn: drawn, "the same history and seed must give the same"),
    ],
)
def test_violations_of_the_proposer_contract_are_reported(change: Change, words: str) -> None:
    proposer = Broken(change)
    if words.startswith("maximising"):
        proposer.calls += [0] * 6  # past the call at which its seed changes
    with pytest.raises(AssertionError, match=words):
        check_proposer(proposer)


def test_a_proposer_that_ignores_pending_trials_is_reported() -> None:
    @dataclass
    class Blind:
        def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
            rng = np.random.default_rng([seed, history.settled])
            return [Proposal(parameters=history.space.sample(rng), proposer="blind", reason="-") for _ in range(count)]

    with pytest.raises(AssertionError, match="must not be proposed again"):
        check_parallel(Blind())


def test_difficult_histories_match_their_names() -> None:
    histories = {name: build() for name, build in awkward_histories(30).items()}
    assert all(len(history.trials) == 30 for history in histories.values())
    assert histories["all failed"].best is None
    assert histories["a third out of memory"].trials[1].failure is not None
    assert [t.number for t in histories["one repeated twice"].trials if t.proposal.repeat_of == 2] == [5, 6]
    outside = histories["trial 0 best and outside the space"]
    assert outside.best is not None
    assert outside.best.number == 0
    assert not outside.space.contains(outside.trials[0].parameters)
    assert len(histories["half of them pruned"].steps) == 3
    violations = histories["several metrics and a constraint"].violations
    assert (violations == 0).any()
    assert (violations > 0).any()
    assert (histories["no feasible trial"].violations > 0).all()


def test_spaces_range_from_one_point_to_two_hundred_parameters() -> None:
    assert min(space.size for space in spaces().values()) == 1
    assert max(len(space.names) for space in spaces().values()) == 200
    assert any(space.has_prior for space in spaces().values())
