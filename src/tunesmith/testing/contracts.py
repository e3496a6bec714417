"""What every plugin of a kind has to keep, as functions that a test calls.

>>> from tunesmith.proposers.random import RandomProposer
>>> check_proposer(RandomProposer())

An author outside of tunesmith writes a test file of a few lines that does just that with his own class.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..history import History
from ..journal.base import Event
from ..objective import Objective
from ..parameters import Choice, Float, Int
from ..proposers.base import Proposer
from ..pruners.base import Pruner
from ..space import SearchSpace
from ..trial import Proposal, State, Value
from . import problems

Outcome = float | State
"""What became of a trial: the value of `y`, or a state other than complete."""

MINIMIZE, MAXIMIZE = Objective.parse("minimize y"), Objective.parse("maximize y")


def spaces() -> dict[str, SearchSpace]:
    """Return spaces of every shape that a proposer has to cope with, by name."""
    return {
        "mixed": problems.mixed().space,
        "conditional and forbidden": problems.conditional().space,
        "one parameter": SearchSpace({"x": Float(-1.0, 1.0)}),
        "logarithmic": SearchSpace({"tiny": Float(1e-12, 1e-3, log=True), "count": Int(1, 100_000, log=True)}),
        "one point": SearchSpace({"x": Int(3, 3), "kind": Choice(["only"])}),
        "fifty parameters": SearchSpace({f"x{place}": Float(0.0, 1.0) for place in range(50)}),
        "all choices": SearchSpace({f"c{place}": Choice(["a", "b", True, 1, None][: place + 2]) for place in range(4)}),
        "half forbidden": SearchSpace({"x": Int(0, 9), "y": Int(0, 9)}, [{"x": {"high": 4}}]),
    }


def build_history(
    space: SearchSpace,
    trials: Iterable[tuple[Mapping[str, Value], Outcome]],
    objective: Objective = MINIMIZE,
    curves: Mapping[int, Sequence[tuple[int, float]]] | None = None,
) -> History:
    """Return a history in which these trials happened, one after the other.

    Args:
        space: The space.
        trials: Each one's parameters and what became of it.
        objective: It must have the one metric `y`.
        curves: By trial number, the steps and values of `y` that it reported on the way.

    Returns:
        The history, as it would be after a resume.
    """
    history = History(space, objective)
    for event in events_of(trials, curves):
        history.apply(event)
    return history


def events_of(
    trials: Iterable[tuple[Mapping[str, Value], Outcome]],
    curves: Mapping[int, Sequence[tuple[int, float]]] | None = None,
) -> list[Event]:
    """Return the events of these trials; the arguments are those of `build_history`."""
    events = []
    for number, (parameters, outcome) in enumerate(trials):
        events.append(Event("proposed", number, {"parameters": dict(parameters)}, time=0.0))
        if outcome is State.WAITING:
            continue
        events.append(Event("started", number, {"attempt": 1}, time=0.0))
        reports = (curves or {}).get(number, ())
        events += [Event("reported", number, {"step": step, "metrics": {"y": y}}, time=0.0) for step, y in reports]
        if outcome is not State.RUNNING:
            events.append(Event("finished", number, _end(outcome, reports), time=0.0))
    return events


def _end(outcome: Outcome, reports: Sequence[tuple[int, float]]) -> dict[str, Any]:
    if outcome is State.FAILED:
        return {"state": "failed", "failure": {"kind": "exit", "reason": "it ended with status 1."}}
    if outcome is State.PRUNED:
        return {"state": "pruned", "metrics": {"y": reports[-1][1]} if reports else {}}
    return {"state": "complete", "metrics": {"y": outcome}}


def random_trials(
    space: SearchSpace, count: int, outcome: Callable[[int, Mapping[str, Value]], Outcome], seed: int = 0
) -> list[tuple[dict[str, Value], Outcome]]:
    """Return `count` random configurations, each with what `outcome(number, parameters)` says."""
    rng = np.random.default_rng(seed)
    drawn = [space.sample(rng) for _ in range(count)]
    return [(parameters, outcome(number, parameters)) for number, parameters in enumerate(drawn)]


# -- proposers -----------------------------------------------------------------------------------------------------


def check_proposer(proposer: Proposer, *, trials: Sequence[int] = (0, 1, 30), seed: int = 0) -> None:
    """Check all that tunesmith relies on in a proposer.

    Args:
        proposer: The one to check.
        trials: How many trials there are in the histories that it is shown.
        seed: The study's seed.

    Raises:
        AssertionError: What does not hold, and on which space.
    """
    for name, space in spaces().items():
        for count in trials:
            _check_proposals(proposer, space, random_trials(space, count, _smooth), seed, f"{name}, {count} trials")
    for name, outcome in _awkward().items():
        space = problems.mixed().space
        _check_proposals(proposer, space, random_trials(space, max(trials), outcome), seed, name)
    check_sign_flip(proposer, trials=max(trials), seed=seed)
    check_parallel(proposer, trials=max(trials), seed=seed)


def check_sign_flip(proposer: Proposer, *, trials: int = 30, seed: int = 0) -> None:
    """Check that maximising y proposes what minimising -y does."""
    space = problems.mixed().space
    down = build_history(space, random_trials(space, trials, _smooth))
    up = build_history(space, random_trials(space, trials, lambda n, p: -_smooth(n, p)), MAXIMIZE)
    first, second = (_parameters(proposer.propose(history, count=2, seed=seed)) for history in (down, up))
    assert first == second, f"maximising y must propose what minimising -y does, but {first} is not {second}."


def check_parallel(proposer: Proposer, *, trials: int = 30, seed: int = 0) -> None:
    """Check that a proposal differs from the trials that still run or wait."""
    space = problems.mixed().space
    told = random_trials(space, trials, _smooth)
    for state in (State.RUNNING, State.WAITING):
        pending: list[tuple[Mapping[str, Value], Outcome]] = []
        for _ in range(4):
            history = build_history(space, [*told, *pending])
            parameters = proposer.propose(history, count=1, seed=seed)[0].parameters
            assert parameters not in [p for p, _ in pending], f"{parameters} is {state} already, and must differ."
            pending.append((parameters, state))


def _check_proposals(
    proposer: Proposer, space: SearchSpace, trials: Sequence[tuple[Mapping[str, Value], Outcome]], seed: int, on: str
) -> None:
    events = events_of(trials)
    history = History(space, MINIMIZE)
    for event in events:
        history.apply(event)
    before = _snapshot(history)
    proposals = proposer.propose(history, count=3, seed=seed)
    assert _snapshot(history) == before, f"a proposer must not change the history ({on})."
    assert 1 <= len(proposals) <= 3, f"asked for 3, {len(proposals)} proposals came ({on})."
    for proposal in proposals:
        fault = space.fault(proposal.parameters)
        assert fault is None, f"a proposal must lie in the space, but {fault} ({on})."
        assert proposal.proposer, f"a proposal must say who proposes it ({on})."
        assert proposal.reason, f"a proposal must give a reason ({on})."
        assert proposal.parent is None or 0 <= proposal.parent < len(trials), f"no such parent ({on})."
        assert proposal.expectation is None or math.isfinite(proposal.expectation), f"{proposal.expectation} ({on})."
    assert proposer.propose(history, count=3, seed=seed) == proposals, f"the same call must give the same ({on})."
    again = copy.deepcopy(proposer).propose(build_history(space, trials), count=3, seed=seed)
    assert again == proposals, f"a resumed study must get the same proposals ({on})."


def _awkward() -> dict[str, Callable[[int, Mapping[str, Value]], Outcome]]:
    """Return ways in which trials can go that trip up arithmetic."""
    return {
        "all failed": lambda number, _: State.FAILED,
        "all running": lambda number, _: State.RUNNING,
        "all pruned without a report": lambda number, _: State.PRUNED,
        "one complete, the others failed": lambda number, _: 1.0 if number == 5 else State.FAILED,
        "every metric equal": lambda number, _: 1.0,
        "huge metrics": lambda number, _: 1e300 if number % 2 else -1e300,
        "one huge metric": lambda number, p: 1e300 if number == 3 else _smooth(number, p),
    }


def _smooth(number: int, parameters: Mapping[str, Value]) -> float:
    """Return a loss that depends on every number and is the same on any machine."""
    return math.fsum(math.sqrt(abs(v)) for v in parameters.values() if isinstance(v, int | float)) + len(parameters)


def _parameters(proposals: Sequence[Proposal]) -> list[dict[str, Value]]:
    return [dict(proposal.parameters) for proposal in proposals]


def _snapshot(history: History) -> tuple[Any, ...]:
    return (
        history.points.tobytes(),
        history.losses.tobytes(),
        [asdict(trial) for trial in history.trials],
        dict(history.counts),
        history.events_seen,
    )


# -- pruners -------------------------------------------------------------------------------------------------------


def check_pruner(pruner: Pruner) -> None:
    """Check all that tunesmith relies on in a pruner.

    Raises:
        AssertionError: What does not hold.
    """
    good, bad = [_curve(0.1 * k) for k in range(12)], _curve(100.0)
    _check_spared(pruner, good, bad)
    assert _verdicts(pruner, good, _curve(-1.0)) == [None] * len(bad), "the best trial so far must go on."
    verdicts = _verdicts(pruner, good, bad)
    assert any(verdicts), "the worst trial by far, among a dozen complete ones, must be stopped before its end."
    diverged = [(step, math.nan if step > 1 else y) for step, y in _curve(-1.0)]
    assert any(_verdicts(pruner, good, diverged)), "a training whose metric is no number any more must be stopped."
    _check_sign(pruner, good, bad)
    for scale in (1e-300, 1e300):
        scaled = [[(step, y * scale / 200) for step, y in curve] for curve in good]
        _verdicts(pruner, scaled, [(step, y * scale / 200) for step, y in bad])
    equal = [_curve(1.0) for _ in range(12)]
    assert not any(_verdicts(pruner, equal, _curve(1.0))), "where all are equal, nothing is worth stopping."


def _curve(level: float, steps: Sequence[int] = range(1, 28)) -> list[tuple[int, float]]:
    return [(step, level + 1.0 / step) for step in steps]


def _check_spared(pruner: Pruner, good: list[list[tuple[int, float]]], bad: list[tuple[int, float]]) -> None:
    for verdict in _verdicts(pruner, [], bad):
        assert verdict is None, "a trial that is alone must go on."
    for verdict in _verdicts(pruner, good, bad, first=True):
        assert verdict is None, "trial 0, the user's own configuration, must never be stopped."
    for verdict in _verdicts(pruner, good, bad, repeat_of=3):
        assert verdict is None, "a repeat must never be stopped."


def _check_sign(pruner: Pruner, good: list[list[tuple[int, float]]], bad: list[tuple[int, float]]) -> None:
    flipped = [[(step, -y) for step, y in curve] for curve in good]
    up = _verdicts(pruner, flipped, [(step, -y) for step, y in bad], objective=MAXIMIZE)
    down = _verdicts(pruner, good, bad)
    assert [bool(v) for v in up] == [bool(v) for v in down], "maximising y must stop what minimising -y does."


def _verdicts(
    pruner: Pruner,
    complete: Sequence[Sequence[tuple[int, float]]],
    curve: Sequence[tuple[int, float]],
    *,
    objective: Objective = MINIMIZE,
    first: bool = False,
    repeat_of: int | None = None,
) -> list[str | None]:
    """Return what the pruner says after each report of one more trial, which goes on whatever it says."""
    space = SearchSpace({"x": Float(0.0, 1.0)})
    own = 0 if first else len(complete) + 1
    others = [number for number in range(len(complete) + 1) if number != own]
    curves = dict(zip(others if first or not complete else others[1:], complete, strict=False))
    history = History(space, objective)
    for number in range(max(own, len(complete)) + 1):
        again = {"repeat_of": repeat_of} if number == own else {}
        history.apply(Event("proposed", number, {"parameters": {"x": number / 100}, **again}, time=0.0))
        history.apply(Event("started", number, {"attempt": 1}, time=0.0))
        for step, y in curves.get(number, ()):
            history.apply(Event("reported", number, {"step": step, "metrics": {"y": y}}, time=0.0))
        if number in curves:
            history.apply(Event("finished", number, {"state": "complete", "metrics": {"y": curves[number][-1][1]}}))
    verdicts = []
    for step, y in curve:
        history.apply(Event("reported", own, {"step": step, "metrics": {"y": y}}, time=0.0))
        verdict = pruner.should_prune(history, history.trials[own])
        assert pruner.should_prune(history, history.trials[own]) == verdict, "the same call must give the same."
        assert verdict is None or verdict, "a verdict must be a reason in words, or None."
        verdicts.append(verdict)
    before = _snapshot(history)
    pruner.should_prune(history, history.trials[own])
    assert _snapshot(history) == before, "a pruner must not change the history."
    return verdicts
