"""Search spaces of every shape, and histories that are difficult for plugins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from ..core.objective import Objective
from ..core.parameters import Choice, Float, Int
from ..core.space import SearchSpace
from ..core.trial import Failure, Proposal, State, Value
from ..history.history import History
from ..journal.events import Event, TrialFinished, TrialProposed, TrialReported, TrialStarted
from . import problems

Outcome = float | Mapping[str, float] | State | Failure
"""The outcome of a trial: the value of `y`, metrics by name, a failure, or a state other than complete."""

MINIMIZE, MAXIMIZE = Objective.parse("minimize y"), Objective.parse("maximize y")

SEVERAL = Objective.parse(
    {
        "metrics": {"y": {}, "accuracy": {"direction": "maximize"}},
        "constraints": {"megabytes": {"high": 300.0}},
    }
)
"""Two metrics in different directions, and a constraint."""


def spaces() -> dict[str, SearchSpace]:
    """Return search spaces of every shape by name."""
    return {
        "mixed": problems.mixed().space,
        "conditional and forbidden": problems.conditional().space,
        "one parameter": SearchSpace({"x": Float(-1.0, 1.0)}),
        "logarithmic": SearchSpace({"tiny": Float(1e-12, 1e-3, log=True), "count": Int(1, 100_000, log=True)}),
        "one point": SearchSpace({"x": Int(3, 3), "kind": Choice(["only"])}),
        "two hundred parameters": SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(200)}),
        "all choices": SearchSpace({f"c{index}": Choice(["a", "b", True, 1, None][: index + 2]) for index in range(4)}),
        "half forbidden": SearchSpace({"x": Int(0, 9), "y": Int(0, 9)}, [{"x": {"high": 4}}]),
        "with priors": SearchSpace(
            {
                "lr": Float(1e-6, 1.0, log=True, prior=1e-3, confidence=1.0),
                "layers": Int(1, 8, prior=8),
                "kind": Choice(["a", "b", "c"], weights=[0, 3, 1]),
                "momentum": Float(0.0, 1.0, prior=0.9, when={"kind": "b"}),
            }
        ),
    }


def build_history(
    space: SearchSpace,
    trials: Iterable[tuple[Mapping[str, Value], Outcome]],
    objective: Objective = MINIMIZE,
    curves: Mapping[int, Sequence[tuple[int, float]]] | None = None,
    repeats: Mapping[int, int] | None = None,
) -> History:
    """Return the history of some consecutive trials, as after a resume.

    Args:
        space: The search space.
        trials: The parameters and the outcome of each trial.
        objective: The objective; outcomes that are numbers need the single metric `y`.
        curves: The reported steps and values of `y`, by trial number.
        repeats: The repeated trial, by trial number.
    """
    history = History(space, objective)
    for event in events_of(trials, curves, repeats):
        history.apply(event)
    return history


def events_of(
    trials: Iterable[tuple[Mapping[str, Value], Outcome]],
    curves: Mapping[int, Sequence[tuple[int, float]]] | None = None,
    repeats: Mapping[int, int] | None = None,
) -> list[Event]:
    """Return the events of some trials, with the arguments of `build_history`."""
    events: list[Event] = []
    for number, (parameters, outcome) in enumerate(trials):
        original = (repeats or {}).get(number)
        proposer = "user" if original is None else "rules"
        proposal = Proposal(parameters=dict(parameters), proposer=proposer, repeat_of=original)
        events.append(TrialProposed(trial=number, proposal=proposal, time=0.0))
        if outcome is State.WAITING:
            continue
        events.append(TrialStarted(trial=number, attempt=1, time=0.0))
        reports = (curves or {}).get(number, ())
        events += [TrialReported(trial=number, step=step, metrics={"y": y}, time=0.0) for step, y in reports]
        if outcome is not State.RUNNING:
            events.append(_finished(number, outcome, reports))
    return events


def _finished(trial: int, outcome: Outcome, reports: Sequence[tuple[int, float]]) -> TrialFinished:
    if outcome is State.FAILED:
        outcome = Failure(kind="exit", reason="it ended with status 1.")
    if isinstance(outcome, Failure):
        return TrialFinished(trial=trial, state=State.FAILED, failure=outcome, time=0.0)
    if outcome is State.PRUNED:
        metrics = {"y": reports[-1][1]} if reports else {}
        return TrialFinished(trial=trial, state=State.PRUNED, metrics=metrics, time=0.0)
    assert not isinstance(outcome, State)
    metrics = dict(outcome) if isinstance(outcome, Mapping) else {"y": outcome}
    return TrialFinished(trial=trial, state=State.COMPLETE, metrics=metrics, time=0.0)


def random_trials(
    space: SearchSpace, count: int, outcome: Callable[[int, Mapping[str, Value]], Outcome], seed: int = 0
) -> list[tuple[dict[str, Value], Outcome]]:
    """Return `count` random configurations with their outcomes, from `outcome(number, parameters)`."""
    rng = np.random.default_rng(seed)
    drawn = [space.sample(rng) for _ in range(count)]
    return [(parameters, outcome(number, parameters)) for number, parameters in enumerate(drawn)]


def smooth(number: int, parameters: Mapping[str, Value]) -> float:
    """Return a loss that depends on every numeric parameter and is the same on any machine."""
    return math.fsum(math.sqrt(abs(v)) for v in parameters.values() if isinstance(v, int | float)) + len(parameters)


def awkward_histories(count: int = 30) -> dict[str, Callable[[], History]]:
    """Return functions that build numerically or logically difficult histories, by description.

    Args:
        count: The number of trials in each; at least 8.
    """
    space = problems.mixed().space
    built: dict[str, Callable[[], History]] = {
        name: partial(build_history, space, random_trials(space, count, outcome), objective)
        for name, (outcome, objective) in _awkward_outcomes().items()
    }
    trials = random_trials(space, count, smooth)
    curves = {
        number: [(step, smooth(number, p) + 1 / step) for step in (1, 2, 3)] for number, (p, _) in enumerate(trials)
    }
    pruned = [(p, State.PRUNED if number % 2 else curves[number][-1][1]) for number, (p, _) in enumerate(trials)]
    built["half of them pruned"] = partial(build_history, space, pruned, curves=curves)
    repeated = [*trials[:5], (trials[2][0], 1.0), (trials[2][0], State.RUNNING), *trials[7:]]
    built["one repeated twice"] = partial(build_history, space, repeated, repeats={5: 2, 6: 2})
    outside = [({"lr": 10.0, "layers": 99, "own": "yes"}, 0.1), *trials[1:]]
    built["trial 0 best and outside the space"] = partial(build_history, space, outside)
    return built


def _awkward_outcomes() -> dict[str, tuple[Callable[[int, Mapping[str, Value]], Outcome], Objective]]:
    """Return outcomes and objectives of difficult histories, by description."""
    memory = Failure(kind="memory", reason="the process used more memory than the limit.")
    single: dict[str, Callable[[int, Mapping[str, Value]], Outcome]] = {
        "all failed": lambda number, _: State.FAILED,
        "all running": lambda number, _: State.RUNNING,
        "all pruned without a report": lambda number, _: State.PRUNED,
        "one complete, the others failed": lambda number, _: 1.0 if number == 5 else State.FAILED,
        "a third out of memory": lambda number, p: memory if number % 3 == 1 else smooth(number, p),
        "every metric equal": lambda number, _: 1.0,
        "metrics with a large offset": lambda number, p: 1e9 + 1e-6 * smooth(number, p),
        "huge metrics": lambda number, _: 1e300 if number % 2 else -1e300,
        "one huge metric": lambda number, p: 1e300 if number == 3 else smooth(number, p),
        "tiny metrics": lambda number, p: 1e-300 * smooth(number, p),
    }

    def several(number: int, parameters: Mapping[str, Value]) -> Outcome:
        loss = smooth(number, parameters)
        return memory if number == 4 else {"y": loss, "accuracy": loss**2, "megabytes": parameters["units"]}

    def infeasible(number: int, parameters: Mapping[str, Value]) -> Outcome:
        return {"y": smooth(number, parameters), "accuracy": 0.0, "megabytes": 1e6 + parameters["units"]}

    return {name: (outcome, MINIMIZE) for name, outcome in single.items()} | {
        "several metrics and a constraint": (several, SEVERAL),
        "no feasible trial": (infeasible, SEVERAL),
    }
