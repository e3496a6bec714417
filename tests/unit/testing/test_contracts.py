"""The contracts find what is wrong: each of these plugins breaks one rule."""

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
    """Draws at random, and spoils what was drawn."""

    change: Change
    calls: list[int] = field(default_factory=list)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        self.calls.append(count)
        return self.change(history, RandomProposer().propose(history, count=count, seed=seed + (len(self.calls) > 5)))


def spoiled(**fields: object) -> Change:
    return lambda _, drawn: [dataclasses.replace(proposal, **fields) for proposal in drawn]  # type: ignore[arg-type]


def meddling(history: History, drawn: Sequence[Proposal]) -> Sequence[Proposal]:
    history.losses[:] = 0.0
    return drawn


def seeing_the_sign(history: History, drawn: Sequence[Proposal]) -> Sequence[Proposal]:
    falls = bool(np.nanmean(history.objective.primary.sign) < 0)
    return drawn[::-1] if falls else drawn


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (spoiled(parameters={"x": 99.0}), "must lie in the space"),
        (spoiled(reason=""), "must give a reason"),
        (spoiled(proposer=""), "must say who proposes"),
        (spoiled(parent=1000), "no such parent"),
        (spoiled(expectation=float("nan")), "nan"),
        (lambda _, drawn: [], "asked for 2, 0 proposals came"),
        (lambda _, drawn: [*drawn, *drawn], "asked for 2, 4 proposals came"),
        (meddling, "must not change the history"),
        (seeing_the_sign, "maximising y must propose what minimising -y does"),
        (lambda _, drawn: drawn, "the same history and seed must give the same"),
    ],
)
def test_a_proposer_that_breaks_a_rule_is_found_out(change: Change, words: str) -> None:
    proposer = Broken(change)
    if words.startswith("maximising"):
        proposer.calls += [0] * 6  # past the call at which its seed changes
    with pytest.raises(AssertionError, match=words):
        check_proposer(proposer)


def test_a_proposer_that_does_not_see_what_runs_is_found_out() -> None:
    @dataclass
    class Blind:
        def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
            rng = np.random.default_rng([seed, history.settled])
            return [Proposal(parameters=history.space.sample(rng), proposer="blind", reason="-") for _ in range(count)]

    with pytest.raises(AssertionError, match="must not come again"):
        check_parallel(Blind())


def test_the_awkward_histories_hold_what_their_names_say() -> None:
    histories = {name: build() for name, build in awkward_histories(30).items()}
    assert all(len(history.trials) == 30 for history in histories.values())
    assert histories["all failed"].best is None
    assert histories["a third out of memory"].trials[1].failure is not None
    assert [t.number for t in histories["one repeated twice"].trials if t.proposal.repeat_of == 2] == [5, 6]
    outside = histories["trial 0 outside the space, and the best"]
    assert outside.best is not None
    assert outside.best.number == 0
    assert not outside.space.contains(outside.trials[0].parameters)
    assert len(histories["half of them pruned on their way"].steps) == 3
    violations = histories["several metrics and a constraint"].violations
    assert (violations == 0).any()
    assert (violations > 0).any()
    assert (histories["a constraint that nothing keeps"].violations > 0).all()


def test_the_spaces_reach_from_one_point_to_two_hundred_parameters() -> None:
    assert min(space.size for space in spaces().values()) == 1
    assert max(len(space.names) for space in spaces().values()) == 200
    assert any(space.has_prior for space in spaces().values())
