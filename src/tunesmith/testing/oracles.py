"""Scripted advisers of every quality, to measure what advice is worth and what bad advice costs.

Each is a script for a `ModelServer` that answers the planner from what it knows of a problem in advance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ..core.space import SearchSpace
from ..core.trial import Value
from .model_server import Delayed, ModelRequest, Reply, Structured, Text, Truncated, Usage

Loss = Callable[[Mapping[str, Value]], float]
Script = Callable[[ModelRequest], Reply]

_SAMPLES = 400  # Random configurations whose losses an oracle knows.
_IDEAS = 3
_DELAY_SECONDS = 0.3
_EXPENSIVE = Usage(input_tokens=100_000, output_tokens=30_000)


def oracle(name: str, space: SearchSpace, loss: Loss, *, seed: int = 0) -> Script:
    """Return a script.

    Args:
        name: One of `ORACLES`. *expert* knows the best of 400 random configurations and their neighbours; *informed*
            one of the best 20; *regions* good values of two parameters; *random* knows nothing; *stale* repeats one
            configuration; *hostile* gives the worst that it knows; *overconfident* knows nothing and claims a huge
            gain; *malformed* gives answers that cannot be used; *slow* and *expensive* are *informed*, with a delay or
            a high price.
        space: The search space.
        loss: The loss of a configuration; smaller is better.
        seed: Seed of the random configurations.

    Raises:
        KeyError: There is no such oracle.
    """
    answer, known = _ANSWERS[name], _Knowledge(space, loss, seed)
    return lambda request: answer(known, request)


class _Knowledge:
    def __init__(self, space: SearchSpace, loss: Loss, seed: int) -> None:
        self.space = space
        self.rng = np.random.default_rng([seed, 11])
        drawn = [space.sample(self.rng) for _ in range(_SAMPLES)]
        losses = np.array([loss(parameters) for parameters in drawn])
        order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
        self.ranked = [drawn[index] for index in order]

    def ranked_between(self, first: int, last: int) -> dict[str, Value]:
        """Return a random one of the configurations of these ranks."""
        return dict(self.ranked[int(self.rng.integers(first, last))])

    def best(self) -> list[dict[str, Value]]:
        return [self.ranked_between(0, 20) for _ in range(_IDEAS)]

    def samples(self) -> list[dict[str, Value]]:
        return [self.space.sample(self.rng) for _ in range(_IDEAS)]

    def neighbour(self, parameters: Mapping[str, Value]) -> dict[str, Value]:
        """Return a configuration with one parameter moved a fifth of the way to a random value."""
        other = self.space.sample(self.rng)
        name = str(self.rng.choice(list(parameters)))
        if name not in other:
            return dict(parameters)
        point, drawn = self.space.encode(parameters), self.space.encode(self.space.complete({**parameters, **other}))
        index = self.space.names.index(name)
        point[index] += 0.2 * (drawn[index] - point[index])
        return self.space.decode(np.nan_to_num(point, nan=0.5))

    @cached_property
    def one_good(self) -> dict[str, Value]:
        return self.ranked_between(0, 40)


def _expert(known: _Knowledge, request: ModelRequest) -> Reply:
    neighbours = (known.neighbour(known.ranked_between(0, 4)) for _ in range(_IDEAS - 1))
    return _ideas([known.ranked[0], *neighbours])


def _regions(known: _Knowledge, request: ModelRequest) -> Reply:
    ideas = []
    for _ in range(_IDEAS):
        good = known.ranked_between(0, 20)
        names = known.rng.choice(list(good), size=min(2, len(good)), replace=False)
        ideas.append({str(name): good[str(name)] for name in names})
    return _ideas(ideas)


def _malformed(known: _Knowledge, request: ModelRequest) -> Reply:
    replies: tuple[Reply, ...] = (
        Text("I would try a larger learning rate, and see."),
        Truncated({"ideas": [{"step": "small", "changes": [], "reason": "more of the same"}]}, 30),
        Structured({"ideas": [{"step": "gigantic", "changes": "lr"}]}),
        Structured({"ideas": [_idea(dict.fromkeys(known.space.names[:2], "1e-3 per step"))]}),
        Structured({"ideas": [_idea({"no_such_parameter": 3})]}),
    )
    return replies[request.number % len(replies)]


_ANSWERS: Mapping[str, Callable[[_Knowledge, ModelRequest], Reply]] = {
    "expert": _expert,
    "informed": lambda known, _: _ideas(known.best()),
    "regions": _regions,
    "random": lambda known, _: _ideas(known.samples()),
    "stale": lambda known, _: _ideas([known.one_good]),
    "hostile": lambda known, _: _ideas([known.ranked_between(-20, 0) for _ in range(_IDEAS)]),
    "overconfident": lambda known, _: _ideas(known.samples(), step="small", expected=-1e9),
    "malformed": _malformed,
    "slow": lambda known, _: Delayed(_ideas(known.best()), _DELAY_SECONDS),
    "expensive": lambda known, _: _ideas(known.best(), usage=_EXPENSIVE),
}

ORACLES = tuple(_ANSWERS)
"""The names of all oracles, the best first."""


def _ideas(
    configurations: list[dict[str, Value]],
    *,
    step: str = "medium",
    expected: float | None = None,
    usage: Usage | None = None,
) -> Structured:
    ideas = [_idea(changes, step=step, expected=expected) for changes in configurations]
    return Structured({"ideas": ideas}, usage=usage)


def _idea(changes: Mapping[str, Value], *, step: str = "medium", expected: float | None = None) -> dict[str, Any]:
    values = [{"parameter": name, "value": value} for name, value in changes.items()]
    idea = {"step": step, "changes": values, "reason": "configurations like this one have worked well before"}
    return idea if expected is None else idea | {"expected": expected}
