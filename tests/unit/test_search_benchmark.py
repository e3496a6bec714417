"""The search benchmark's runner and figures, on a problem without tables and without peers."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from benchmarks.search.contenders import contender
from benchmarks.search.problems import BenchProblem
from benchmarks.search.problems.problem import lognormal_seconds
from benchmarks.search.runner import lacking, plan
from benchmarks.search.simulation import simulate, simulate_stopping
from benchmarks.search.statistics import best_first, best_within, over_problems, ranks, speed_up
from benchmarks.search.store import Key, Record, append, least_losses, read

from tunesmith.core.parameters import Choice
from tunesmith.core.space import SearchSpace
from tunesmith.testing.model_server import ModelRequest, ModelServer, Structured
from tunesmith.testing.problems import Problem, learning_curves, mixed


def bench(problem: Problem | None = None) -> BenchProblem:
    problem = problem or mixed()
    return BenchProblem(
        name=problem.name,
        group="made up",
        space=problem.space,
        default=problem.space.complete({}),
        evaluate=lambda p: problem.evaluate(p, 0)["y"],
        seconds=lognormal_seconds(problem.name, problem.space),
        best=0.0,
        median=5.0,
        steps=problem.steps,
        curve=problem.curve and (lambda p: [problem.curve(p, 0, step)["y"] for step in range(1, problem.steps + 1)]),
    )


def run(name: str, slots: int, trials: int = 20, seed: int = 0) -> Record:
    problem = bench()
    with closing(contender(name, problem, seed=seed, trials=trials)) as searcher:
        return simulate(problem, searcher, slots=slots, trials=trials)


@pytest.mark.parametrize("name", ["random", "tunesmith", "tunesmith:quasirandom"])
def test_everybody_starts_from_the_default_and_the_same_seed_gives_the_same_run(name: str) -> None:
    problem, record = bench(), run(name, slots=1)
    assert record.losses[0] == problem.evaluate(problem.default)
    assert len(record.losses) == record.proposed == 20
    again = run(name, slots=1)
    assert (again.losses, again.ends) == (record.losses, record.ends)
    assert run(name, slots=1, seed=1).losses != record.losses


def test_the_clock_of_one_slot_adds_up_and_several_slots_are_kept_busy() -> None:
    problem = bench()
    serial, parallel = run("random", slots=1), run("random", slots=4)
    assert list(serial.ends) == sorted(serial.ends)
    assert sorted(serial.losses) == sorted(parallel.losses)  # random search learns nothing: the same configurations
    longest = max(np.diff([0.0, *serial.ends]))
    assert serial.ends[-1] / 4 <= parallel.ends[-1] <= serial.ends[-1] / 4 + longest
    assert serial.ends[0] == problem.seconds(problem.default)


def test_a_small_space_ends_a_run_early() -> None:
    space = SearchSpace({"x": Choice([1, 2, 3])})
    problem = bench(Problem(name="three", space=space, evaluate=lambda p, seed: {"y": float(p["x"])}, optimum=1.0))
    record = simulate(problem, contender("tunesmith", problem, seed=0, trials=9), slots=2, trials=9)
    assert sorted(record.losses) == [1.0, 2.0, 3.0]


def test_stopping_early_buys_more_trials_for_the_same_steps() -> None:
    problem = bench(learning_curves())
    spent = {}
    for name in ("tunesmith:random+asha", "random"):
        searcher = contender(name, problem, seed=0, trials=8)
        spent[name] = simulate_stopping(problem, searcher, trainings=8)
    assert spent["random"].proposed == 8
    assert spent["random"].ends == tuple(range(1, 9))
    assert spent["tunesmith:random+asha"].proposed > 8
    assert len(spent["tunesmith:random+asha"].losses) < spent["tunesmith:random+asha"].proposed
    assert best_within(spent["random"], 0.5) == float("inf")


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    store = tmp_path / "runs" / "search.jsonl"
    problem = bench()
    wanted = plan([problem.name], ["random", "tunesmith:random+asha"], [1, 4], [0, 1], trials=5)
    known = {problem.name: problem}
    assert lacking(wanted, read(store), known) == [  # there is no curve to stop on
        Key("mixed", "random", slots, seed, 5) for seed in (0, 1) for slots in (1, 4)
    ]
    record = Record((3.0, 1.5), (1.0, 2.5), 0.25, 2, 2)
    append(wanted[0], record, store)
    assert read(store) == {wanted[0]: record}
    assert wanted[0] not in lacking(wanted, read(store), known)
    append(wanted[0], Record((0.5,), (1.0,), 0.0, 1, 1), store)
    assert least_losses(read(store)) == {problem.name: 0.5}  # the later counts


def test_groups_weigh_the_same_and_equals_share_their_rank() -> None:
    assert ranks(np.array([[1.0], [3.0], [1.0]])).tolist() == [[1.5], [3.0], [1.5]]
    values = [np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]])]
    figures = over_problems(values, ["a", "a", "b"])
    assert figures.mean.tolist() == [[0.5], [1.0]]
    assert np.all(figures.low <= figures.mean)
    assert np.all(figures.mean <= figures.high)
    assert best_first(figures.mean) == [0, 1]
    assert best_first(np.array([[0.5, 0.5], [0.0, 0.9], [0.2, 0.4]])) == [2, 1, 0]


def test_the_speed_of_several_slots_is_the_ratio_of_the_times_to_the_same_regret() -> None:
    problem = bench()
    losses = tuple(5.0 - number for number in range(5))
    serial = Record(losses, (10.0, 20.0, 30.0, 40.0, 50.0), 0.0, 5, 5)
    parallel = Record(losses, (10.0, 10.0, 10.0, 20.0, 20.0), 0.0, 5, 5)
    known = {problem.name: problem}
    assert speed_up({problem.name: [serial]}, {problem.name: [parallel]}, known, [3]) == [pytest.approx(3.0)]
    worse = Record((5.0, 5.0), (10.0, 10.0), 0.0, 1, 2)
    assert speed_up({problem.name: [serial]}, {problem.name: [worse]}, known, [3]) == [None]


def test_a_contender_that_nobody_knows_is_named() -> None:
    with pytest.raises(ValueError, match="optuna"):
        contender("nobody:tpe", bench(), seed=0, trials=5)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_real_model_sees_the_names_or_not_and_the_problem_is_searched_all_the_same(
    hidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNESMITH_TEST_TOKEN", "a-token")
    seen = []

    def script(request: ModelRequest) -> Structured:
        seen.append(" ".join(text for _, text in request.turns))
        name = "p1" if hidden else bench().space.names[0]
        change = {"parameter": name, "value": 0.1 * request.number}
        return Structured({"ideas": [{"step": "small", "changes": [change], "reason": "a little more"}]})

    with ModelServer(script) as server:
        model = {
            "name": "compatible:scripted",
            "base_url": f"{server.url}/v1",
            "token": {"env": "TUNESMITH_TEST_TOKEN"},
            "price": "free",
        }
        options = json.dumps({"model": model, "hidden": hidden})
        record = run(f"advised:model{options}", slots=1)
    assert len(record.losses) == 20
    assert len(seen) > 1
    assert all(('"p1"' in question) is hidden for question in seen)
    assert all((f'"{bench().space.names[0]}"' in question) is not hidden for question in seen)
