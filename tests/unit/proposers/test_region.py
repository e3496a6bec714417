import numpy as np
import pytest

from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialProposed, TrialStarted, from_record
from tunesmith.proposers.region import RegionProposer
from tunesmith.testing.histories import MINIMIZE, build_history

SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


def _bowl(count: int) -> list[tuple[dict[str, float], float]]:
    drawn = np.random.default_rng(0).random((count, 2)).tolist()
    return [({"x": a, "y": b}, (a - 0.8) ** 2 + (b - 0.2) ** 2) for a, b in drawn]


def _go_on(history: History, losses: list[float | State], proposer: str = "region") -> None:
    """Add trials near the best one with these results."""
    for loss in losses:
        number = len(history.trials)
        parameters = {"x": 0.8 + 1e-4 * number, "y": 0.2}
        history.apply(
            TrialProposed(trial=number, proposal=Proposal(parameters=parameters, proposer=proposer), time=0.0)
        )
        history.apply(TrialStarted(trial=number, attempt=1, time=0.0))
        end = {"state": "complete", "metrics": {"y": loss}}
        if isinstance(loss, State):
            end = {"state": "failed", "failure": {"kind": "exit", "reason": "it ended with status 1."}}
        history.apply(from_record({"event": "trial_finished", "trial": number, **end, "time": 0.0}))


def _width(history: History) -> float:
    """Return the side of the trust region from a reason, in percent of the range."""
    reason = RegionProposer().propose(history, count=1, seed=0)[0].reason
    return float(reason.partition("(side ")[2].partition(" %")[0])


def test_searches_around_the_best_trial() -> None:
    history = build_history(SQUARE, _bowl(20))
    proposals = [RegionProposer().propose(history, count=1, seed=seed)[0] for seed in range(5)]
    assert {p.parent for p in proposals} == {int(np.argmin(history.losses))}
    for proposal in proposals:
        assert abs(proposal.parameters["x"] - 0.8) < 0.1
        assert abs(proposal.parameters["y"] - 0.2) < 0.1


def test_loss_of_a_pruned_trial_is_not_final() -> None:
    """Pruned trials report a lower loss than any final one."""
    line = SearchSpace({"x": Float(0.0, 1.0)})
    complete = [({"x": x}, 2.0 + (x - 0.45) ** 2) for x in np.linspace(0.0, 1.0, 25).tolist()]
    stopped = [({"x": x}, State.PRUNED) for x in np.linspace(0.51, 0.99, 25).tolist()]
    curves = {25 + index: [(1, 1.6 + p["x"] / 2)] for index, (p, _) in enumerate(stopped)}
    history = build_history(line, [*complete, *stopped], MINIMIZE, curves)
    drawn = [RegionProposer().propose(history, count=1, seed=seed)[0].parameters["x"] for seed in range(6)]
    assert all(0.3 < x < 0.51 for x in drawn), "pruned trials did not find a better region"


def test_region_grows_with_success_and_shrinks_with_failure() -> None:
    history = build_history(SQUARE, _bowl(20))
    assert _width(history) == 80
    _go_on(history, [1.0] * 4)
    assert _width(history) == 40
    _go_on(history, [State.FAILED] * 4)
    assert _width(history) == 20
    _go_on(history, [-1.0, -2.0, -3.0])
    assert _width(history) == 40


def test_trials_of_others_move_the_region_only() -> None:
    history = build_history(SQUARE, _bowl(20))
    _go_on(history, [-1.0, -2.0, -3.0, *[1.0] * 20], proposer="tpe")
    proposal = RegionProposer().propose(history, count=1, seed=0)[0]
    assert proposal.parent == 22
    assert _width(history) == 80


def test_search_restarts_when_the_region_is_too_small() -> None:
    history = build_history(SQUARE, _bowl(20))
    _go_on(history, [1.0] * 4 * 6)
    assert _width(history) == 1.2  # 0.8 / 2**6, shown with one digit
    _go_on(history, [1.0] * 4)
    fresh = RegionProposer().propose(history, count=1, seed=0)[0]
    assert fresh.proposer == "quasirandom"
    _go_on(history, [5.0] * 9 + [4.0], proposer="quasirandom")
    assert RegionProposer().propose(history, count=1, seed=0)[0].parent == len(history.trials) - 1
    assert _width(history) == 80


def test_batch_is_spread() -> None:
    history = build_history(SQUARE, _bowl(20))
    batch = [list(p.parameters.values()) for p in RegionProposer(confidence=2.0).propose(history, count=4, seed=0)]
    apart = [np.abs(np.subtract(a, b)).max() for i, a in enumerate(batch) for b in batch[:i]]
    assert len(batch) == 4
    assert min(apart) > 1e-3


def test_violations_and_failures_repel() -> None:
    line = SearchSpace({"x": Float(0.0, 1.0)})
    good = [({"x": k / 20}, 1 - k / 40) for k in range(11)]  # Improves towards 0.5, beyond which it fails.
    failed = [({"x": 0.52 + k / 20}, State.FAILED) for k in range(9)]
    xs = [
        [RegionProposer().propose(build_history(line, t), count=1, seed=s)[0].parameters["x"] for s in range(5)]
        for t in (good, [*good, *failed])
    ]
    assert np.median(xs[0]) > 0.6
    assert np.median(xs[1]) < 0.55


def test_two_hundred_parameters_change_a_few_at_a_time() -> None:
    space = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(200)})
    rng = np.random.default_rng(0)
    measured = [(dict(zip(space.names, row, strict=True)), row[0]) for row in rng.random((12, 200)).tolist()]
    history = build_history(space, measured)
    proposal = RegionProposer().propose(history, count=1, seed=0)[0]
    centre = history.trials[proposal.parent or 0].parameters
    changed = sum(abs(proposal.parameters[n] - centre[n]) > 1e-9 for n in space.names)
    assert 5 <= changed <= 45


def test_choices_change_too() -> None:
    space = SearchSpace({f"c{index}": Choice(list("abcd")) for index in range(5)})
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(25)]
    trials = [(p, float(sum(value != "c" for value in p.values()))) for p in drawn]
    history = build_history(space, trials)
    proposal = RegionProposer().propose(history, count=1, seed=0)[0]
    assert sum(value != "c" for value in proposal.parameters.values()) < min(loss for _, loss in trials)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"startup_trials": 1}, "startup_trials must be at least 2, got 1"),
        ({"confidence": -1.0}, "confidence must be at least 0, got -1.0"),
        ({"confidence": float("nan")}, "confidence must be at least 0, got nan"),
    ],
)
def test_options_are_validated(options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RegionProposer(**options)  # type: ignore[arg-type]


def test_proposals_do_not_depend_on_earlier_calls() -> None:
    history = build_history(SQUARE, _bowl(20))
    first = RegionProposer().propose(history, count=2, seed=0)
    other = build_history(SQUARE, [(p, -loss) for p, loss in _bowl(20)])
    RegionProposer().propose(other, count=2, seed=0)
    assert RegionProposer().propose(build_history(SQUARE, _bowl(20)), count=2, seed=0) == first
