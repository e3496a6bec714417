from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.pareto import hypervolume
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State, Value
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted
from tunesmith.proposers import gp
from tunesmith.proposers.gp import GpProposer, min_distances
from tunesmith.proposers.random import RandomProposer
from tunesmith.proposers.tpe import TpeProposer
from tunesmith.study.study import Study
from tunesmith.surrogates.acquisition import Surrogates
from tunesmith.testing import problems
from tunesmith.testing.histories import MINIMIZE, build_history, random_trials
from tunesmith.testing.searches import search

LINE = SearchSpace({"x": Float(0.0, 1.0)})
SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


@pytest.mark.slow
@pytest.mark.parametrize(
    "problem",
    [problems.branin(), problems.sphere(6), problems.hartmann6(), problems.mixed(), problems.conditional()],
    ids=lambda p: p.name,
)
def test_beats_tpe_and_random_search(problem: problems.Problem) -> None:
    regrets = {
        type(p): np.median(
            [search(problem, p, trials=40, seed=seed).losses.min() - problem.optimum for seed in range(3)]
        )
        for p in (GpProposer(), TpeProposer(), RandomProposer())
    }
    assert regrets[GpProposer] < 0.5 * regrets[TpeProposer]
    assert regrets[GpProposer] < 0.2 * regrets[RandomProposer]


@pytest.mark.slow
def test_converges_in_spite_of_noise() -> None:
    problem = problems.sphere(3)
    rng = np.random.default_rng(0)

    def evaluate(parameters: Mapping[str, Value], seed: int) -> Mapping[str, float]:
        return {"y": problem.evaluate(parameters, seed)["y"] + 3.0 * rng.standard_normal()}

    history = search(replace(problem, evaluate=evaluate), GpProposer(), trials=60)
    truth = [problem.evaluate(trial.parameters, 0)["y"] for trial in history.trials]
    assert np.median(truth[-15:]) < 0.2 * np.median(truth[:8])


def _bowl(parameters: Mapping[str, Any]) -> float:
    return (parameters["x"] - 0.7) ** 2 + (parameters["y"] - 0.2) ** 2


def _bowls(count: int = 20) -> list[tuple[dict[str, Value], Any]]:
    return random_trials(SQUARE, count, lambda number, p: _bowl(p))


def _proposed(history: History, count: int = 1, seed: int = 0, **options: Any) -> list[Mapping[str, Any]]:
    return [p.parameters for p in GpProposer(**options).propose(history, count=count, seed=seed)]


def test_proposals_have_reason_and_parent() -> None:
    history = build_history(SQUARE, _bowls())
    (proposal,) = GpProposer().propose(history, count=1, seed=0)
    assert proposal.proposer == "gp"
    assert proposal.parent == int(np.argmin(history.losses))
    assert "improvement" in proposal.reason
    assert _bowl(proposal.parameters) < 0.05


def _waves(count: int = 12) -> list[tuple[dict[str, Value], Any]]:
    return random_trials(SQUARE, count, lambda number, p: np.sin(7 * p["x"]) * np.cos(6 * p["y"]))


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    return max(abs(one[name] - other[name]) for name in "xy")


def test_proposals_avoid_running_trials() -> None:
    proposed = _proposed(build_history(SQUARE, _waves()))[0]
    running = build_history(SQUARE, [*_waves(), (proposed, State.RUNNING)])
    assert min(_apart(_proposed(running, seed=seed)[0], proposed) for seed in range(6)) > 0.05


def test_batch_is_complete_and_spread() -> None:
    batch = _proposed(build_history(SQUARE, _waves()), count=6)
    apart = [_apart(a, b) for i, a in enumerate(batch) for b in batch[:i]]
    assert len(batch) == 6
    assert min(apart) >= 0.01
    assert np.median(apart) > 0.1


def test_batch_among_hundreds_of_pending_trials_is_spread_and_good(monkeypatch: pytest.MonkeyPatch) -> None:
    optimised = 0

    def counted(*arguments: Any) -> Any:
        nonlocal optimised
        optimised += 1
        return original(*arguments)

    original = gp._optimised
    monkeypatch.setattr(gp, "_optimised", counted)
    running = [(p, State.RUNNING) for p, _ in _bowls(300)]
    batch = _proposed(build_history(SQUARE, [*_bowls(200), *running]), count=12)
    assert optimised == 3, "five points from each pool"
    apart = [_apart(a, b) for i, a in enumerate(batch) for b in batch[:i]]
    assert min(apart) >= 0.01
    assert np.median([_bowl(parameters) for parameters in batch]) < 0.1


def test_batch_in_a_nearly_exhausted_space_has_no_duplicates() -> None:
    space = SearchSpace({"n": Int(0, 19)})
    history = build_history(space, [({"n": n}, float((n - 7) ** 2)) for n in range(0, 20, 2)])
    assert sorted(p["n"] for p in _proposed(history, count=6)) == sorted({p["n"] for p in _proposed(history, count=6)})
    assert {p["n"] for p in _proposed(history, count=2)} <= {5, 7, 9}


@pytest.mark.slow
def test_good_prior_helps_and_misleading_prior_decays() -> None:
    problem = problems.sphere(4)

    def regret(prior: float | None, trials: int) -> float:
        fields = {} if prior is None else {"prior": prior, "confidence": 0.7}
        space = SearchSpace({n: replace(p, **fields) for n, p in problem.space.parameters.items()})  # type: ignore[arg-type]
        searched = replace(problem, space=space)
        found = [search(searched, GpProposer(), trials=trials, seed=seed).losses.min() for seed in range(3)]
        return float(np.mean(found))

    assert regret(1.0, 8) < 0.5 * regret(None, 8)
    assert regret(-4.0, 50) < 0.05 * regret(None, 8)


def test_proposals_follow_the_prior_without_information() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0, prior=0.8, confidence=0.8)})
    flat = [({"x": x}, 1.0) for x in np.linspace(0.0, 1.0, 10).tolist()]
    xs = [_proposed(build_history(space, flat), seed=seed)[0]["x"] for seed in range(10)]
    assert abs(np.median(xs) - 0.8) < 0.1


def test_pruned_trials_never_count_as_better_than_complete_ones() -> None:
    complete = [({"x": x}, (x - 0.8) ** 2) for x in np.linspace(0.05, 0.95, 10).tolist()]
    pruned = [({"x": x}, State.PRUNED) for x in (0.1, 0.15, 0.2, 0.25, 0.3)]
    curves = {10 + index: [(1, (p["x"] - 0.8) ** 2 - 5.0)] for index, (p, _) in enumerate(pruned)}
    history = build_history(LINE, [*complete, *pruned], MINIMIZE, curves)
    drawn = [_proposed(history, seed=seed)[0]["x"] for seed in range(8)]
    assert min(drawn) > 0.5
    assert min(drawn) > 0.5


def test_constraints_are_respected() -> None:
    objective = Objective.parse({"metrics": {"y": {}}, "constraints": {"size": {"high": 0.5}}})
    trials = random_trials(SQUARE, 25, lambda n, p: {"y": 1 - p["x"] + 0.1 * (p["y"] - 0.5) ** 2, "size": p["x"]})
    history = build_history(SQUARE, trials, objective)
    drawn = [_proposed(history, seed=seed)[0] for seed in range(8)]
    assert np.mean([p["x"] <= 0.5 for p in drawn]) >= 0.5
    assert max(abs(p["x"] - 0.5) for p in drawn) < 0.1


def test_without_a_feasible_trial_the_search_is_for_feasibility() -> None:
    objective = Objective.parse({"metrics": {"y": {}}, "constraints": {"size": {"high": 0.1}}})
    trials = random_trials(SQUARE, 20, lambda n, p: {"y": p["y"], "size": 0.3 + abs(p["x"] - 0.5)})
    drawn = [_proposed(build_history(SQUARE, trials, objective), seed=seed)[0]["x"] for seed in range(5)]
    assert max(abs(x - 0.5) for x in drawn) < 0.15


def _two_metrics(parameters: Mapping[str, Any], seed: int = 0) -> dict[str, float]:
    first, *others = parameters.values()
    ground = 1 + 4 * float(np.mean(others))
    return {"y": first, "size": ground * (1 - (first / ground) ** 2)}  # As ZDT2: a hollow front.


@pytest.mark.slow
def test_front_beats_random_search() -> None:
    space = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(4)})
    problem = problems.Problem(
        name="zdt2",
        space=space,
        evaluate=_two_metrics,
        optimum=0.0,
        objective=Objective.parse("minimize y, minimize size"),
    )
    corner = np.array([1.0, 3.0])
    gp, random = (
        np.mean([hypervolume(search(problem, p, trials=40, seed=seed).values, corner) for seed in range(3)])
        for p in (GpProposer(), RandomProposer())
    )
    best = 3.0 - 2 / 3  # The front is 1 - x**2.
    assert gp > random + 0.5 * (best - random)
    history = search(problem, GpProposer(), trials=40)
    assert len(history.front) >= 8  # Not its ends alone.


def test_three_metrics() -> None:
    objective = Objective.parse("minimize a, minimize b, maximize c")
    trials = random_trials(SQUARE, 20, lambda n, p: {"a": p["x"], "b": p["y"], "c": 2 * p["x"] * p["y"]})
    batch = _proposed(build_history(SQUARE, trials, objective), count=3)
    assert len(batch) == 3
    assert all(SQUARE.contains(p) for p in batch)


def test_best_option_is_learnt() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "kind": Choice(list("abcde"))})
    trials = random_trials(space, 30, lambda n, p: abs(p["x"] - 0.4) + 0.5 * abs("abcde".index(p["kind"]) - 2))
    drawn = [_proposed(build_history(space, trials), seed=seed)[0] for seed in range(5)]
    assert sum(p["kind"] == "c" for p in drawn) >= 4


def test_proposals_do_not_depend_on_earlier_calls() -> None:
    history = build_history(SQUARE, _bowls())
    first = GpProposer().propose(history, count=2, seed=0)
    GpProposer().propose(build_history(SQUARE, [(p, -loss) for p, loss in _bowls()]), count=2, seed=0)
    assert GpProposer().propose(build_history(SQUARE, _bowls()), count=2, seed=0) == first
    assert GpProposer().propose(history, count=2, seed=1) != first


def test_maximising_equals_minimising_the_negative() -> None:
    mirrored = [(p, -loss) for p, loss in _bowls()]
    assert _proposed(build_history(SQUARE, mirrored, Objective.parse("maximize y"))) == _proposed(
        build_history(SQUARE, _bowls())
    )


def test_repeats_are_not_a_plateau() -> None:
    history = build_history(SQUARE, _bowls())
    best = int(np.argmin(history.losses))
    before = _proposed(history, exploration=1.0)
    for _ in range(8):
        number = len(history.trials)
        repeat = Proposal(parameters=history.trials[best].parameters, proposer="rules", repeat_of=best)
        history.apply(TrialProposed(trial=number, proposal=repeat))
        history.apply(TrialStarted(trial=number, attempt=1))
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": float(history.losses[best])}))
    assert (min_distances(history, np.intp(best)) == 0.01).all()
    assert _bowl(_proposed(history, exploration=1.0)[0]) < 2 * _bowl(before[0]) + 0.01


def test_number_of_fitted_trials_is_limited() -> None:
    for odd in (0, 1):
        trials = [(p, y if number % 2 == odd else State.FAILED) for number, (p, y) in enumerate(_bowls(300))]
        shown = Surrogates(build_history(SQUARE, trials), 60).numbers
        assert 50 <= len(shown) <= 60
        assert (shown % 2 == odd).all()


def test_number_of_pending_trials_is_limited() -> None:
    history = build_history(SQUARE, [*_bowls(), *((p, State.RUNNING) for p, _ in _bowls(2000))])
    surrogates = Surrogates(history, 50)
    assert {len(process.points) for process in surrogates.metrics} == {20 + 50}


@pytest.mark.slow
def test_long_histories_are_thinned() -> None:
    history = build_history(SQUARE, _bowls(1500))
    assert _bowl(_proposed(history, exploration=1.0)[0]) < 0.02


@pytest.mark.parametrize(("option", "value"), [("startup_trials", 1), ("most_trials", 9), ("exploration", 0.5)])
def test_options_are_validated(option: str, value: float) -> None:
    with pytest.raises(InputError, match=option) as caught:
        GpProposer(**{option: value})  # type: ignore[arg-type]
    assert caught.value.keys == (option,)


def test_many_pending_trials_prolong_the_startup() -> None:
    measured = [({"x": x}, (x - 0.3) ** 2) for x in (0.1, 0.5, 0.9, 0.7, 0.2)]
    few = [({"x": 0.01 * number}, State.RUNNING) for number in range(2)]
    many = [({"x": 0.01 * number}, State.RUNNING) for number in range(12)]
    proposers = [
        GpProposer().propose(build_history(LINE, [*measured, *running]), count=1, seed=0)[0].proposer
        for running in (few, many)
    ]
    assert proposers == ["gp", "quasirandom"]


def test_crowd_around_an_optimum_counts_once() -> None:
    apart = [({"x": x}, (x - 0.3) ** 2) for x in [0.3, *np.linspace(0.0, 1.0, 20).tolist()]]
    crowd = [({"x": 0.3 + 1e-4 * number}, 1e-8 * number**2) for number in range(1, 30)]
    beside = ({"x": 0.305}, 0.2)
    shown = Surrogates(build_history(LINE, [*apart, *crowd, beside]), 150).numbers.tolist()
    assert shown == [*range(21), 50]  # The best of the crowd, and what came to something else beside it.


def test_differing_repeats_are_all_fitted() -> None:
    trials = [({"x": x}, (x - 0.3) ** 2) for x in (0.05, 0.3, 0.5, 0.7, 0.9)]
    history = build_history(LINE, [*trials, ({"x": 0.3}, 0.05)], repeats={5: 1})
    assert Surrogates(history, 150).numbers.tolist() == [0, 1, 2, 3, 4, 5]


def test_blas_runs_on_one_thread_and_the_limit_is_restored() -> None:
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController, threadpool_limits

    from tunesmith.surrogates.one_thread import on_one_thread

    def threads() -> set[int]:
        return {found["num_threads"] for found in ThreadpoolController().info() if found["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        assert on_one_thread(threads)() == {1}
        assert threads() == {2}


def test_huge_violations_are_handled() -> None:
    objective = Objective.parse({"metrics": {"y": {}}, "constraints": {"m": {"high": 1.0}}})
    study = Study(space=LINE, objective=objective, proposer="gp")
    for number in range(10):
        trial = study.ask()
        study.tell(trial.number, {"y": trial.parameters["x"], "m": 1e308 if number % 2 else -1e308})
    assert study.trials[-1].proposal.proposer == "gp"
