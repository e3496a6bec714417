"""Contract checks for authors of proposers and pruners.

Call a check in a test of your plugin:

>>> from tunesmith.proposers.random import RandomProposer
>>> check_proposer(RandomProposer())
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from ..core.objective import Objective
from ..core.parameters import Float
from ..core.space import SearchSpace
from ..core.trial import Proposal, State, Value
from ..history.history import History
from ..journal.events import TrialFinished, TrialProposed, TrialReported, TrialStarted
from ..proposers.base import Proposer
from ..pruners.base import Pruner
from . import problems
from .histories import MAXIMIZE as MAXIMIZE
from .histories import MINIMIZE as MINIMIZE
from .histories import awkward_histories, smooth
from .histories import build_history as build_history
from .histories import random_trials as random_trials
from .histories import spaces as spaces

# -- proposers -----------------------------------------------------------------------------------------------------


def check_proposer(proposer: Proposer, *, trials: Sequence[int] = (0, 1, 30), seed: int = 0) -> None:
    """Check everything that tunesmith requires of a proposer.

    The check covers spaces of every shape with few and many trials, and histories with failed, pruned, repeated and
    infeasible trials, trials outside the space, and metrics that are numerically difficult.

    Args:
        proposer: The proposer to check.
        trials: The numbers of trials in the histories; the largest at least 8.
        seed: The study's seed.

    Raises:
        AssertionError: A requirement is violated; the message names it and the case.
    """
    cases = awkward_histories(max(trials)) | {
        f"{name}, {count} trials": partial(build_history, space, random_trials(space, count, smooth))
        for name, space in spaces().items()
        for count in trials
    }
    for case, build in cases.items():
        _check_proposals(proposer, build, seed, case)
    check_sign_flip(proposer, trials=max(trials), seed=seed)
    check_parallel(proposer, trials=max(trials), seed=seed)


def check_sign_flip(proposer: Proposer, *, trials: int = 30, seed: int = 0) -> None:
    """Check that maximising y gives the same proposals as minimising -y."""
    space = problems.mixed().space
    down = build_history(space, random_trials(space, trials, smooth))
    up = build_history(space, random_trials(space, trials, lambda n, p: -smooth(n, p)), MAXIMIZE)
    first, second = (_parameters(proposer.propose(history, count=2, seed=seed)) for history in (down, up))
    assert first == second, f"maximising y must propose the same as minimising -y, got {first} and {second}."


def check_parallel(proposer: Proposer, *, trials: int = 30, slots: int = 12, seed: int = 0) -> None:
    """Check that proposals differ from pending trials and from each other.

    Args:
        proposer: The proposer to check.
        trials: The number of complete trials.
        slots: The final number of pending trials; the proposer is asked for four at a time.
        seed: The study's seed.
    """
    space = problems.mixed().space
    complete = random_trials(space, trials, smooth)
    pending: list[Proposal] = []
    while len(pending) < slots:
        history = build_history(space, complete)
        for number, proposal in enumerate(pending, start=trials):
            history.apply(TrialProposed(trial=number, proposal=proposal, time=0.0))
            if number % 2:
                history.apply(TrialStarted(trial=number, attempt=1, time=0.0))
        for proposal in proposer.propose(history, count=4, seed=seed):
            taken = [(before.parameters, before.inherits) for before in pending]
            start = (proposal.parameters, proposal.inherits)
            assert start not in taken, f"{proposal.parameters} is pending and must not be proposed again."
            pending.append(proposal)


def _check_proposals(proposer: Proposer, build: Callable[[], History], seed: int, case: str) -> None:
    history = build()
    before = _snapshot(history)
    proposals = proposer.propose(history, count=2, seed=seed)
    assert _snapshot(history) == before, f"a proposer must not change the history ({case})."
    assert 1 <= len(proposals) <= 2, f"expected 1 or 2 proposals, got {len(proposals)} ({case})."
    for proposal in proposals:
        fault = history.space.fault(proposal.parameters)
        assert fault is None, f"a proposal must lie in the space: {fault} ({case})."
        assert proposal.proposer, f"a proposal must name its proposer ({case})."
        assert proposal.reason, f"a proposal must have a reason ({case})."
        assert proposal.parent is None or 0 <= proposal.parent < len(history.trials), f"no such parent ({case})."
        assert proposal.expectation is None or math.isfinite(proposal.expectation), f"{proposal.expectation} ({case})."
    again = copy.deepcopy(proposer).propose(build(), count=2, seed=seed)
    assert again == proposals, f"the same history and seed must give the same proposals, also after a resume ({case})."


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
    """Check everything that tunesmith requires of a pruner.

    Raises:
        AssertionError: A requirement is violated; the message names it.
    """
    good, bad = [_curve(0.1 * k) for k in range(12)], _curve(100.0)
    _check_exempt(pruner, good, bad)
    assert _verdicts(pruner, good, _curve(-1.0)) == [None] * len(bad), "the best trial so far must continue."
    verdicts = _verdicts(pruner, good, bad)
    assert any(verdicts), "by far the worst trial, beside a dozen complete ones, must be stopped before its end."
    diverged = [(step, math.nan if step > 1 else y) for step, y in _curve(-1.0)]
    assert any(_verdicts(pruner, good, diverged)), "a diverged training must be stopped."
    _check_sign(pruner, good, bad)
    for scale in (1e-300, 1e300):
        scaled = [[(step, y * scale / 200) for step, y in curve] for curve in good]
        _verdicts(pruner, scaled, [(step, y * scale / 200) for step, y in bad])
    equal = [_curve(1.0) for _ in range(12)]
    assert not any(_verdicts(pruner, equal, _curve(1.0))), "nothing must be stopped if all trials are equal."


def _curve(level: float, steps: Sequence[int] = range(1, 28)) -> list[tuple[int, float]]:
    return [(step, level + 1.0 / step) for step in steps]


def _check_exempt(pruner: Pruner, good: list[list[tuple[int, float]]], bad: list[tuple[int, float]]) -> None:
    for verdict in _verdicts(pruner, [], bad):
        assert verdict is None, "a trial without others must continue."
    for verdict in _verdicts(pruner, good, bad, first=True):
        assert verdict is None, "trial 0, the user's own configuration, must never be stopped."
    for verdict in _verdicts(pruner, good, bad, repeat_of=3):
        assert verdict is None, "a repeat must never be stopped."


def _check_sign(pruner: Pruner, good: list[list[tuple[int, float]]], bad: list[tuple[int, float]]) -> None:
    flipped = [[(step, -y) for step, y in curve] for curve in good]
    up = _verdicts(pruner, flipped, [(step, -y) for step, y in bad], objective=MAXIMIZE)
    down = _verdicts(pruner, good, bad)
    assert [bool(v) for v in up] == [bool(v) for v in down], "maximising y must stop the same trials as minimising -y."


def _verdicts(
    pruner: Pruner,
    complete: Sequence[Sequence[tuple[int, float]]],
    curve: Sequence[tuple[int, float]],
    *,
    objective: Objective = MINIMIZE,
    first: bool = False,
    repeat_of: int | None = None,
) -> list[str | None]:
    """Return the pruner's decision after each report of one more trial, which continues regardless."""
    space = SearchSpace({"x": Float(0.0, 1.0)})
    own = 0 if first else len(complete) + 1
    others = [number for number in range(len(complete) + 1) if number != own]
    curves = dict(zip(others if first or not complete else others[1:], complete, strict=False))
    history = History(space, objective)
    for number in range(max(own, len(complete)) + 1):
        repeated = repeat_of if number == own else None
        history.apply(
            TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 100}, repeat_of=repeated), time=0.0)
        )
        history.apply(TrialStarted(trial=number, attempt=1, time=0.0))
        for step, y in curves.get(number, ()):
            history.apply(TrialReported(trial=number, step=step, metrics={"y": y}, time=0.0))
        if number in curves:
            history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": curves[number][-1][1]}))
    verdicts = []
    for step, y in curve:
        history.apply(TrialReported(trial=own, step=step, metrics={"y": y}, time=0.0))
        verdict = pruner.should_prune(history, history.trials[own])
        assert pruner.should_prune(history, history.trials[own]) == verdict, "the same call must decide the same."
        assert verdict is None or verdict, "a decision must be a reason or None."
        verdicts.append(verdict)
    before = _snapshot(history)
    pruner.should_prune(history, history.trials[own])
    assert _snapshot(history) == before, "a pruner must not change the history."
    return verdicts
