from itertools import pairwise

import numpy as np
import pytest
from benchmarks.search.limited_problems import out_of_memory
from benchmarks.search.limits import wasted

from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, State, TrialFailed, Value
from tunesmith.proposers.gp import GpProposer
from tunesmith.proposers.tpe import TpeProposer
from tunesmith.surrogates.feasibility import constraint_model, crash_model
from tunesmith.testing.histories import SEVERAL, build_history, random_trials
from tunesmith.testing.problems import Problem
from tunesmith.testing.searches import search

MEMORY = Failure(kind="memory", reason="the process used more memory than the limit.")
SETUP = Failure(kind="setup", reason="there is no such file.")
SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


def _best_behind_the_edge(number: int, parameters: dict[str, Value]) -> float | Failure:
    """Fail where x is above 0.6; the loss falls towards there."""
    return MEMORY if parameters["x"] > 0.6 else 1.0 - parameters["x"] + (parameters["y"] - 0.5) ** 2


@pytest.mark.parametrize("problem", out_of_memory(), ids=lambda p: p.name)
def test_a_third_of_the_volume_fails_and_the_optimum_is_feasible(problem: Problem) -> None:
    rng, losses = np.random.default_rng(0), []
    for _ in range(4000):
        try:
            losses.append(problem.evaluate(problem.space.sample(rng), 0)["y"])
        except TrialFailed:
            continue
    assert 0.30 < 1 - len(losses) / 4000 < 0.37
    assert problem.optimum <= min(losses) < problem.optimum + 0.5 * (np.median(losses) - problem.optimum)


@pytest.mark.slow
@pytest.mark.parametrize("proposer", ["gp", "tpe"])
def test_few_trials_fail_after_the_first_twenty(proposer: str) -> None:
    shares = [
        np.mean([wasted(search(problem, proposer, seed=seed, trials=60)) for seed in range(3)])
        for problem in out_of_memory()
    ]
    assert np.mean(shares) <= 0.10
    assert max(shares) <= 0.16  # Of three times 40 trials 12 may fail, plus or minus twice 3 by chance.


def test_crashing_points_rank_last() -> None:
    history = build_history(SQUARE, random_trials(SQUARE, 60, _best_behind_the_edge))
    limit = crash_model(history, 150)
    assert limit is not None
    places = np.array([[x, 0.3] for x in (0.1, 0.4, 0.58, 0.62, 0.8)])
    odds = limit.log_probability(places)
    assert (odds[:2] > np.log(0.8)).all()
    assert (odds[3:] < -100).all()
    for proposer in (GpProposer(), TpeProposer()):
        drawn = [proposer.propose(history, count=1, seed=seed)[0].parameters["x"] for seed in range(5)]
        assert max(drawn) < 0.6
        assert np.median(drawn) > 0.4


def test_required_probability_rises_with_recent_crashes() -> None:
    calm = [({"x": x, "y": 0.5}, x) for x in np.linspace(0, 0.5, 20).tolist()]
    crash = ({"x": 0.9, "y": 0.5}, MEMORY)
    once, often = build_history(SQUARE, [crash, *calm]), build_history(SQUARE, [*calm[:10], crash, *calm[10:], crash])
    limits = [crash_model(history, 150) for history in (once, often)]
    assert limits[0] is not None
    assert limits[1] is not None
    assert np.log(0.5) < limits[0].least < limits[1].least < 0


def test_no_crash_model_without_a_crash() -> None:
    assert crash_model(build_history(SQUARE, random_trials(SQUARE, 10, lambda n, p: p["x"])), 150) is None  # type: ignore[arg-type, return-value]
    broken = random_trials(SQUARE, 10, lambda n, p: SETUP if n % 2 else p["x"])  # type: ignore[arg-type, return-value]
    assert crash_model(build_history(SQUARE, broken), 150) is None
    running = random_trials(SQUARE, 10, lambda n, p: State.RUNNING if n % 2 else p["x"])  # type: ignore[arg-type, return-value]
    assert crash_model(build_history(SQUARE, running), 150) is None


def test_selection_from_a_long_history_is_stable() -> None:
    trials = random_trials(SQUARE, 400, _best_behind_the_edge)
    shown = []
    for count in (395, 396, 397, 398, 399, 400):
        limit = crash_model(build_history(SQUARE, trials[:count]), 100)
        assert limit is not None
        shown.append(limit.process.points)
    assert all(100 <= len(points) <= 112 for points in shown)
    new = [len({*map(tuple, b.tolist())} - {*map(tuple, a.tolist())}) for a, b in pairwise(shown)]
    assert sorted(new)[2] == 1  # Most often only the latest is new.


def test_constraint_model_predicts_feasibility() -> None:
    trials = random_trials(SQUARE, 40, lambda n, p: {"y": p["y"], "accuracy": 0.5, "megabytes": 1000 * p["x"]})  # type: ignore[arg-type, return-value]
    history = build_history(SQUARE, trials, SEVERAL)  # At most 300 megabytes.
    limit = constraint_model(history, np.arange(40), 0)
    odds = np.exp(limit.log_probability(np.array([[x, 0.5] for x in (0.1, 0.3, 0.5, 0.9)])))
    assert odds[0] > 0.99
    assert 0.1 < odds[1] < 0.9
    assert odds[2:].max() < 0.01


def test_missing_constraint_metric_counts_as_worst() -> None:
    trials = random_trials(
        SQUARE,
        40,
        lambda n, p: {"y": p["y"], "accuracy": 0.5} | ({} if p["x"] > 0.7 else {"megabytes": 1000 * p["x"]}),  # type: ignore[arg-type, return-value]
    )
    limit = constraint_model(build_history(SQUARE, trials, SEVERAL), np.arange(40), 0)
    assert np.exp(limit.log_probability(np.array([[0.9, 0.5]])))[0] < 0.05
    never = random_trials(SQUARE, 10, lambda n, p: {"y": p["y"], "accuracy": 0.5})  # type: ignore[arg-type, return-value]
    assert np.isfinite(
        constraint_model(build_history(SQUARE, never, SEVERAL), np.arange(10), 0).log_probability(np.zeros((1, 2)))
    ).all()


def test_huge_constraint_metric_stays_finite() -> None:
    trials = random_trials(
        SQUARE,
        30,
        lambda n, p: {"y": p["y"], "accuracy": 0.5, "megabytes": 1e308 if n % 5 == 0 else 300.0 + 1e-8 * n},
    )
    history = build_history(SQUARE, trials, SEVERAL)
    assert np.isfinite(constraint_model(history, np.arange(30), 0).log_probability(history.points)).all()
    assert SQUARE.contains(GpProposer().propose(history, count=1, seed=0)[0].parameters)
