"""Run a contender in simulated time: trials take as long as the problem says, and proposals take no time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any, Protocol

from tunesmith.errors import SpaceExhausted

from .problems import BenchProblem
from .store import Record


class Contender(Protocol):
    """One study of one contender. `seconds` adds up the processor seconds of ask, tell and report."""

    seconds: float

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        """Return a new trial's number and parameters; raises `SpaceExhausted` if none is left."""

    def tell(self, number: int, loss: float, seconds: float) -> None:
        """Settle a trial."""

    def report(self, number: int, step: int, loss: float) -> bool:
        """Record a report of a running trial; return whether to stop it, which also settles it."""

    def close(self) -> None:
        """Release all resources."""


def simulate(problem: BenchProblem, contender: Contender, *, slots: int, trials: int) -> Record:
    """Keep `slots` trials running until `trials` have ended.

    Args:
        problem: The problem.
        contender: The contender.
        slots: The number of parallel trials; a slot is filled as soon as its trial ends.
        trials: The number of trials; fewer if the space is exhausted.

    Returns:
        The losses in the order in which trials end.
    """
    running: list[tuple[float, int, float, float]] = []
    losses, ends, seen = [], [], set()
    now, proposed, exhausted = 0.0, 0, False
    while running or (proposed < trials and not exhausted):
        while len(running) < slots and proposed < trials and not exhausted:
            try:
                number, parameters = contender.ask()
            except SpaceExhausted:
                exhausted = True
                break
            seen.add(problem.space.key(parameters))
            duration = problem.seconds(parameters)
            heapq.heappush(running, (now + duration, number, problem.evaluate(parameters), duration))
            proposed += 1
        if running:
            now, number, loss, duration = heapq.heappop(running)
            contender.tell(number, loss, duration)
            losses.append(loss)
            ends.append(now)
    return Record(tuple(losses), tuple(ends), contender.seconds, len(seen), proposed)


def simulate_stopping(problem: BenchProblem, contender: Contender, *, trainings: int) -> Record:
    """Run one trial after another, each until its end or until the contender stops it, within a budget of steps.

    Args:
        problem: The problem, with a curve.
        contender: The contender, which proposes and prunes.
        trainings: The budget in complete trainings.

    Returns:
        The losses of complete trainings.
    """
    assert problem.curve is not None
    spent, proposed, losses, ends, seen = 0, 0, [], [], set()
    while spent < trainings * problem.steps:
        number, parameters = contender.ask()
        proposed += 1
        seen.add(problem.space.key(parameters))
        curve = problem.curve(parameters)
        for step, loss in enumerate(curve, 1):
            spent += 1
            if contender.report(number, step, loss):
                break
        else:
            contender.tell(number, curve[-1], problem.seconds(parameters))
            losses.append(curve[-1])
            ends.append(spent / problem.steps)
    return Record(tuple(losses), tuple(ends), contender.seconds, len(seen), proposed)
