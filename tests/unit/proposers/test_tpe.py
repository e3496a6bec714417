from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted
from tunesmith.proposers.random import RandomProposer
from tunesmith.proposers.tpe import TpeProposer
from tunesmith.surrogates.parzen import ParzenEstimator
from tunesmith.testing import problems
from tunesmith.testing.contracts import MINIMIZE, build_history, random_trials
from tunesmith.testing.searches import search

LINE = SearchSpace({"x": Float(0.0, 1.0)})


@pytest.mark.slow
@pytest.mark.parametrize(
    "problem",
    [problems.sphere(10), problems.hartmann6(), problems.mixed()],
    ids=lambda p: p.name,
)
def test_beats_random_search(problem: problems.Problem) -> None:
    ours, random = (
        [np.nanmin(search(problem, p, trials=60, seed=seed).losses) for seed in range(5)]
        for p in (TpeProposer(), RandomProposer())
    )
    assert np.median(ours) < np.median(random)


@pytest.mark.slow
def test_conditional_space_converges_in_one_family() -> None:
    optima = np.array([0.0, 0.3])  # Of boosting, bad on average, and of networks, good on average.
    problem = problems.conditional()
    ours, random = (
        [np.abs(search(problem, p, trials=60, seed=seed).losses.min() - optima).min() for seed in range(5)]
        for p in (TpeProposer(), RandomProposer())
    )
    assert np.median(ours) < 0.1 * np.median(random)


def _near(x: float) -> list[tuple[dict[str, float], float]]:
    """Return trials along the line whose loss is the distance from x."""
    return [({"x": index}, abs(index - x)) for index in np.linspace(0.02, 0.98, 40).tolist()]


def test_proposals_concentrate_near_the_best_trials() -> None:
    history = build_history(LINE, _near(0.7))
    drawn = [TpeProposer().propose(history, count=1, seed=seed)[0] for seed in range(20)]
    assert abs(np.median([p.parameters["x"] for p in drawn]) - 0.7) < 0.05
    assert {p.parent for p in drawn} <= set(np.argsort(history.losses)[:4].tolist())
    assert all("near trial" in p.reason and "one of the best 4 of 40" in p.reason for p in drawn)


def test_failed_trials_repel() -> None:
    good = _near(0.5)
    failed = [({"x": 0.5 + 0.001 * k}, State.FAILED) for k in range(60)]
    xs = [
        np.array([TpeProposer().propose(build_history(LINE, t), count=1, seed=s)[0].parameters["x"] for s in range(20)])
        for t in (good, [*good, *failed])
    ]
    crowded = [np.mean((x > 0.5) & (x < 0.56)) for x in xs]
    assert crowded[1] < crowded[0]


def test_batch_has_no_duplicates() -> None:
    space = SearchSpace({"x": Int(0, 29)})
    trials = [({"x": x}, abs(x - 15.2)) for x in range(0, 30, 2)]
    proposals = TpeProposer().propose(build_history(space, trials), count=4, seed=0)
    assert len({p.parameters["x"] for p in proposals}) == 4


def test_tried_configurations_are_not_proposed() -> None:
    space = SearchSpace({"x": Int(0, 29)})
    tried = [({"x": x}, abs(x - 15.2)) for x in range(29)]
    proposals = [TpeProposer().propose(build_history(space, tried), count=1, seed=s)[0] for s in range(30)]
    assert any(p.parameters["x"] == 29 for p in proposals)
    fresh = [({"x": x}, abs(x - 15.2)) for x in range(0, 30, 2)]
    for seed in range(5):
        x = TpeProposer().propose(build_history(space, fresh), count=1, seed=seed)[0].parameters["x"]
        assert x % 2 == 1, f"{x} was tried"


def test_pruned_trials_rank_after_complete_ones() -> None:
    complete = [({"x": 0.8 + 0.002 * k}, 1.0 + 0.01 * k) for k in range(10)]
    pruned = [({"x": 0.1 + 0.01 * k}, State.PRUNED) for k in range(30)]
    curves = {number: [(1, 0.1)] for number in range(10, 40)}
    history = build_history(LINE, [*complete, *pruned], MINIMIZE, curves)
    proposals = [TpeProposer().propose(history, count=1, seed=seed)[0] for seed in range(10)]
    assert all(p.parent is not None and p.parent < 4 for p in proposals)


def test_infeasible_trials_rank_last() -> None:
    objective = Objective.parse({"metrics": {"y": {}}, "constraints": {"size": {"high": 1.0}}})
    history = History(LINE, objective)
    for number in range(40):
        x = number / 40
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": x})))
        history.apply(TrialStarted(trial=number, attempt=1))
        metrics = {"y": x, "size": 2.0 if x < 0.5 else 0.5}
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics=metrics))
    proposals = [TpeProposer().propose(history, count=1, seed=seed)[0] for seed in range(10)]
    assert all(p.parent in range(20, 24) for p in proposals)


def test_running_repeats_do_not_repel() -> None:
    share = {}
    for repeat_of in (20, None):
        history = build_history(LINE, _near(0.5))
        for number in range(40, 100):
            history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": 0.505}, repeat_of=repeat_of)))
        drawn = [TpeProposer().propose(history, count=1, seed=seed)[0].parameters["x"] for seed in range(20)]
        share[repeat_of] = np.mean(np.abs(np.array(drawn) - 0.505) < 0.02)
    assert share[20] > share[None]


def test_density_integrates_to_one() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "kind": Choice(["a", "b", "c"])})
    centres = np.array([space.encode(p) for p, _ in random_trials(space, 6, lambda n, p: 0.0)])
    density = ParzenEstimator(space, centres, np.arange(6, 0, -1.0))
    cells = (np.arange(2000) + 0.5) / 2000
    grid = np.array([[x, (k + 0.5) / 3] for x in cells for k in range(3)])
    assert np.exp(density.log_density(grid)).mean() == pytest.approx(1.0, abs=1e-4)


def test_samples_follow_the_density() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "kind": Choice(["a", "b", "c"])})
    centres = np.array([space.encode({"x": 0.2, "kind": "b"}), space.encode({"x": 0.9, "kind": "b"})])
    density = ParzenEstimator(space, centres, np.array([3.0, 1.0]))
    drawn = density.sample(20_000, np.random.default_rng(0))
    counts, _, _ = np.histogram2d(drawn[:, 0], drawn[:, 1], bins=[8, 3], range=[[0, 1], [0, 1]])
    cells = (np.arange(800) + 0.5) / 800
    grid = np.array([[x, (k + 0.5) / 3] for x in cells for k in range(3)])
    expected = np.exp(density.log_density(grid)).reshape(8, 100, 3).mean(axis=1) / 24
    np.testing.assert_allclose(counts / 20_000, expected, atol=0.01)


def test_inactive_parameters_are_not_compared() -> None:
    space = problems.conditional().space
    network = {"family": "network", "lr": 1e-3, "optimizer": "adam"}
    density = ParzenEstimator(space, space.encode(network)[None], np.ones(1))
    sgd = [{**network, "optimizer": "sgd", "momentum": m} for m in (0.0, 0.9)]
    one, other = density.log_density(np.array([space.encode(p) for p in sgd]))
    assert one == pytest.approx(other)


@pytest.mark.slow
def test_number_of_trials_is_limited() -> None:
    history = build_history(LINE, random_trials(LINE, 3000, lambda n, p: p["x"]))
    proposal = TpeProposer().propose(history, count=1, seed=0)[0]
    assert proposal.parameters["x"] < 0.1
    assert "one of the best 25 of 3000" in proposal.reason


@pytest.mark.parametrize(
    ("options", "key"),
    [({"startup_trials": 1}, "startup_trials"), ({"good_share": 0.0}, "good_share"), ({"candidates": 0}, "candidates")],
)
def test_options_are_validated(options: dict[str, float], key: str) -> None:
    with pytest.raises(InputError) as caught:
        TpeProposer(**options)  # type: ignore[arg-type]
    assert caught.value.keys == (key,)


def _with_prior(space: SearchSpace, expected: Mapping[str, object]) -> SearchSpace:
    """Return the space with a prior on every parameter of `expected`; trial 0 stays in the middle."""
    fields = {n: {"prior": value, "confidence": 0.7} for n, value in expected.items()}
    return SearchSpace({n: replace(p, **fields.get(n, {})) for n, p in space.parameters.items()}, space.forbidden)  # type: ignore[arg-type]


@pytest.mark.slow
def test_good_prior_helps_and_misleading_prior_decays() -> None:
    problem = problems.mixed()
    drawn = sorted(random_trials(problem.space, 2000, lambda n, p: problem.evaluate(p, 0)["y"]), key=lambda t: t[1])  # type: ignore[arg-type, return-value]
    good = replace(problem, space=_with_prior(problem.space, drawn[20][0]))
    misleading = replace(problem, space=_with_prior(problem.space, drawn[-20][0]))

    def regret(searched: problems.Problem, trials: int) -> float:
        found = [search(searched, TpeProposer(), trials=trials, seed=seed).losses.min() for seed in range(6)]
        return float(np.mean(found))

    assert regret(good, 10) < 0.6 * regret(problem, 10)
    assert regret(good, 25) < 0.8 * regret(problem, 25)
    assert regret(misleading, 100) < regret(problem, 100) + 0.1 * regret(problem, 25)


def test_prior_component_decays() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, prior=0.2, confidence=1.0), "kind": Choice(["a", "b"], prior="a")})
    centres = np.array([[0.8, 0.75]])
    point = np.array([[0.2, 0.25]])
    even, leaning, expected = (ParzenEstimator(space, centres, np.ones(1), prior_share=s) for s in (0.0, 0.5, 1.0))
    densities = [np.exp(p.log_kernels(point)[0, -1]) for p in (even, leaning, expected)]
    assert densities[0] == 1.0
    assert densities[2] == pytest.approx(np.exp(space.log_prior(point)[0]))
    assert densities[1] == pytest.approx(densities[2] / 2 + 0.5)
    rng = np.random.default_rng(0)
    near = [np.mean(abs(p.sample(4000, rng)[:, 0] - 0.2) < 0.06) for p in (even, leaning, expected)]
    assert near == pytest.approx([0.06, 0.06 + 0.4 / 2, 0.06 + 0.4], abs=0.05)


def test_samples_follow_the_density_with_a_prior() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, prior=0.2, confidence=0.6)})
    parzen = ParzenEstimator(space, np.array([[0.8], [0.5]]), np.ones(2), prior_share=0.7)
    places = (np.arange(4000)[:, None] + 0.5) / 4000
    density = np.exp(parzen.log_density(places))
    assert density.mean() == pytest.approx(1.0, abs=1e-3)
    drawn = parzen.sample(20_000, np.random.default_rng(0))[:, 0]
    assert drawn.mean() == pytest.approx((places[:, 0] * density).mean(), abs=0.01)
    assert (drawn**2).mean() == pytest.approx((places[:, 0] ** 2 * density).mean(), abs=0.01)
