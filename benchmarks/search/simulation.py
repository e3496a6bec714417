"""Runs a contender on a problem in simulated time: trials take as long as the problem says, proposing takes none."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any, Protocol

from tunesmith.errors import SpaceExhausted

from .problems import BenchProblem
from .store import Record


class Contender(Protocol):
    """Who searches: one study. `seconds` grows by the processor seconds that ask, tell and report take."""

    seconds: float

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        """Return a new trial's number and parameters; raises `SpaceExhausted` where none is left."""

    def tell(self, number: int, loss: float, seconds: float) -> None:
        """Settle a trial."""

    def report(self, number: int, step: int, loss: float) -> bool:
        """Note what a running trial reports; return whether it is to stop, and settle it then."""

    def close(self) -> None:
        """Let go of whatever it holds."""


def simulate(problem: BenchProblem, contender: Contender, *, slots: int, trials: int) -> Record:
    """Keep `slots` trials running until `trials` have ended.

    Args:
        problem: What is searched.
        contender: Who searches.
        slots: How many trials run at once; whoever ends makes room for the next at once.
        trials: How many are run; fewer where the space has no more.

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
    """Run trial after trial, each until its end or until the contender stops it, within a budget of steps.

    Args:
        problem: What is searched; it has a curve.
        contender: Who searches and stops.
        trainings: The budget: so many times the steps of a whole training.

    Returns:
        The losses of whole trainings. What was stopped has found nothing.
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
