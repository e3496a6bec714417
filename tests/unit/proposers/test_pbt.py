import math
from collections import Counter
from statistics import median

import pytest

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialProposed, TrialStarted, from_record
from tunesmith.proposers.pbt import PbtProposer
from tunesmith.testing.contracts import MINIMIZE

SPACE = SearchSpace(
    {
        "lr": Float(1e-5, 1.0, log=True),
        "layers": Int(1, 3),
        "size": Choice(["s", "m", "l"], ordered=True),
        "kind": Choice(["a", "b", "c"]),
    }
)


class Population:
    """A study in which the test sets the result of each slice."""

    def __init__(self, space: SearchSpace = SPACE, **options: float) -> None:
        self.pbt = PbtProposer(**{"population": 4, **options})  # type: ignore[arg-type]
        self.history = History(space, MINIMIZE)

    def propose(self, count: int = 1) -> list[Proposal]:
        return list(self.pbt.propose(self.history, count=count, seed=0))

    def start(self, proposal: Proposal | None = None) -> Proposal:
        proposal = proposal or self.propose()[0]
        number = len(self.history.trials)
        self.history.apply(TrialProposed(trial=number, proposal=proposal))
        self.history.apply(TrialStarted(trial=number, attempt=1))
        return proposal

    def end(self, number: int, y: float | None) -> None:
        failed = {"state": "failed", "failure": {"kind": "exit", "reason": "it ended with status 1."}}
        done = failed if y is None else {"state": "complete", "metrics": {"y": y}}
        self.history.apply(from_record({"event": "trial_finished", "trial": number, **done}))

    def generation(self, *ends: float | None) -> list[Proposal]:
        """Run slices with these results one after the other, and return their proposals."""
        proposals = []
        for y in ends:
            proposals.append(self.start())
            self.end(len(self.history.trials) - 1, y)
        return proposals


def test_members_continue_from_their_own_checkpoints() -> None:
    population = Population()
    assert [p.inherits for p in population.generation(1.0, 2.0, 3.0, 4.0)] == [None] * 4
    second = population.generation(1.0, 1.0, 1.0)
    assert [(p.parent, p.inherits) for p in second] == [(0, 0), (1, 1), (2, 2)]
    assert [p.parameters for p in second] == [trial.parameters for trial in population.history.trials[:3]]


def test_worst_member_copies_and_perturbs_the_best() -> None:
    population = Population(resample_share=0.0)
    population.generation(1.0, 2.0, 3.0, 4.0, 1.0, 1.0, 1.0)
    heir = population.propose()[0]
    assert (heir.parent, heir.inherits) == (3, 0)
    assert heir.reason == (
        "copy of trial 0 (top of its generation) with perturbed parameters, in place of trial 3 (bottom)"
    )
    best = population.history.trials[0].parameters
    assert abs(math.log10(heir.parameters["lr"] / best["lr"])) == pytest.approx(0.5), "a tenth of five decades"
    assert heir.parameters["kind"] == best["kind"], "unordered options have no neighbours"
    for name, levels in (("layers", [1, 2, 3]), ("size", ["s", "m", "l"])):
        assert abs(levels.index(heir.parameters[name]) - levels.index(best[name])) <= 1


def test_members_are_ranked_within_their_generation() -> None:
    """Members with more slices are ahead, which must not make the others the worst."""
    population = Population()
    population.generation(1.0, 2.0, 3.0, 4.0)
    population.generation(0.1, 0.2)
    assert population.propose()[0].inherits == 2


def test_resample_share() -> None:
    population = Population(resample_share=1.0)
    population.generation(1.0, 2.0, 3.0, 4.0, 1.0, 1.0, 1.0)
    heir = population.propose()[0]
    best = population.history.trials[0].parameters
    assert abs(math.log10(heir.parameters["lr"] / best["lr"])) != pytest.approx(0.5)
    assert SPACE.contains(heir.parameters)


def test_failed_members_and_generations_are_replaced() -> None:
    population = Population()
    population.generation(None, 2.0, 3.0, None)
    assert [p.inherits for p in population.generation(1.0, 1.0, 1.0, 1.0)] == [1, 1, 1, 1]
    ruined = Population()
    ruined.generation(None, None, None, None)
    proposal = ruined.start()
    assert (proposal.parent, proposal.inherits) == (0, None)
    assert "new member" in proposal.reason


def test_failed_generation_is_replaced_in_parallel() -> None:
    population = Population()
    population.generation(None, None, None, None)
    anew = population.propose(9)
    assert [p.parent for p in anew] == [0, 1, 2, 3, *[None] * 5], "members come before non-members"
    assert len({SPACE.key(p.parameters) for p in anew}) == 9


def test_each_member_has_at_most_one_pending_slice() -> None:
    population = Population()
    for proposal in population.propose(4):
        population.start(proposal)
    for number, y in ((2, 1.0), (0, 2.0)):
        population.end(number, y)
    first, second, spare = population.propose(3)
    assert [(p.parent, p.inherits) for p in (first, second)] == [(0, 2), (2, 2)], (
        "trial 0 is the worse of the two that ended"
    )
    assert spare.inherits is None, "members 1 and 3 are running: a slot beyond the members gets a new configuration"
    for proposal in (first, second):
        population.start(proposal)
    assert population.propose()[0].inherits is None


def test_trials_of_no_member_are_ignored() -> None:
    """Trial 0 outside the space, a judge's repeat, later trials of another proposer."""
    population = Population(SearchSpace({"lr": Float(0.0, 1.0)}))
    population.start(Proposal(parameters={"lr": 9.0}))
    population.end(0, 0.0)
    population.generation(1.0, 2.0, 3.0, 4.0)
    population.start(Proposal(parameters=population.history.trials[1].parameters, proposer="rules", repeat_of=1))
    population.end(5, 1.0)
    population.start(Proposal(parameters={"lr": 0.123}, proposer="tpe"))
    population.end(6, 0.5)
    assert [p.parent for p in population.propose(4)] == [1, 2, 3, 4]


def test_long_run_keeps_its_population_without_duplicates() -> None:
    population = Population(population=8)
    for number in range(8 * 12):
        population.start()
        lr = population.history.trials[number].parameters["lr"]
        population.end(number, abs(math.log10(lr) + 3.0) + 1.0 / (1 + number // 8))
    history = population.history
    started = Counter((str(trial.parameters), trial.proposal.inherits) for trial in history.trials)
    assert set(started.values()) == {1}
    assert sum(trial.proposal.inherits is None for trial in history.trials) == 8
    distances = [abs(math.log10(trial.parameters["lr"]) + 3.0) for trial in history.trials]
    assert median(distances[-8:]) < 0.5 < median(distances[:8])


@pytest.mark.parametrize(
    "options",
    [{"population": 1}, {"exploit_share": 0.0}, {"exploit_share": 0.6}, {"resample_share": 1.1}, {"perturb": 0.0}],
)
def test_options_are_validated(options: dict[str, float]) -> None:
    with pytest.raises(InputError) as caught:
        PbtProposer(**options)  # type: ignore[arg-type]
    assert caught.value.keys == tuple(options)
