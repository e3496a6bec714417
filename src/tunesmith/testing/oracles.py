"""Scripted advisers of every quality, to see what advice is worth and what bad advice costs.

Each is a script for a `ModelServer`: it plays a language model that is asked by the planner, and answers from what it
knows of a problem, which no search could know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..core.space import SearchSpace
from ..core.trial import Value
from .model_server import Asked, Cut, Reply, Slow, Structured, Text, Usage

Loss = Callable[[Mapping[str, Value]], float]
Script = Callable[[Asked], Reply]

ORACLES = (
    "expert",
    "informed",
    "regions",
    "random",
    "stale",
    "hostile",
    "overconfident",
    "malformed",
    "slow",
    "expensive",
)
"""The names of all, the best first."""

_KNOWN = 400  # Random configurations that an oracle has looked at.
_IDEAS = 3
_SLOW_SECONDS = 0.3
_EXPENSIVE = Usage(input_tokens=100_000, output_tokens=30_000)


def oracle(name: str, space: SearchSpace, loss: Loss, *, seed: int = 0) -> Script:
    """Return a script.

    Args:
        name: One of `ORACLES`. *expert* knows the best of 400 random configurations and those close to it; *informed*
            one of the best 20; *regions* good values of two parameters, and nothing of the others; *random* knows
            nothing; *stale* says the same again and again; *hostile* gives the worst that it knows; *overconfident*
            knows nothing and is sure of it; *malformed* answers what cannot be read; *slow* and *expensive* are
            informed, and take their time and their price.
        space: The search space.
        loss: What a configuration comes to; smaller is better.
        seed: For what it has looked at.

    Raises:
        KeyError: There is no such oracle.
    """
    return _KINDS[name](_Knowledge(space, loss, seed))


class _Knowledge:
    def __init__(self, space: SearchSpace, loss: Loss, seed: int) -> None:
        self.space = space
        self.rng = np.random.default_rng([seed, 11])
        drawn = [space.sample(self.rng) for _ in range(_KNOWN)]
        losses = np.array([loss(parameters) for parameters in drawn])
        self.ranked = [drawn[place] for place in np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")]

    def among(self, first: int, last: int) -> dict[str, Value]:
        return dict(self.ranked[int(self.rng.integers(first, last))])

    def near(self, parameters: Mapping[str, Value]) -> dict[str, Value]:
        """Return a configuration with one parameter changed a little."""
        other = self.space.sample(self.rng)
        name = str(self.rng.choice(list(parameters)))
        if name not in other:
            return dict(parameters)
        point, drawn = self.space.encode(parameters), self.space.encode(self.space.complete({**parameters, **other}))
        place = self.space.names.index(name)
        point[place] += 0.2 * (drawn[place] - point[place])
        return self.space.decode(np.nan_to_num(point, nan=0.5))


def _expert(known: _Knowledge) -> Script:
    return lambda asked: _ideas([known.ranked[0], *(known.near(known.among(0, 4)) for _ in range(_IDEAS - 1))])


def _informed(known: _Knowledge) -> Script:
    return lambda asked: _ideas([known.among(0, 20) for _ in range(_IDEAS)])


def _regions(known: _Knowledge) -> Script:
    def script(asked: Asked) -> Reply:
        ideas = []
        for _ in range(_IDEAS):
            good = known.among(0, 20)
            names = known.rng.choice(list(good), size=min(2, len(good)), replace=False)
            ideas.append({str(name): good[str(name)] for name in names})
        return _ideas(ideas)

    return script


def _random(known: _Knowledge) -> Script:
    return lambda asked: _ideas([known.space.sample(known.rng) for _ in range(_IDEAS)])


def _stale(known: _Knowledge) -> Script:
    said = known.among(0, 40)
    return lambda asked: _ideas([said])


def _hostile(known: _Knowledge) -> Script:
    return lambda asked: _ideas([known.among(-20, 0) for _ in range(_IDEAS)])


def _overconfident(known: _Knowledge) -> Script:
    return lambda asked: _ideas([known.space.sample(known.rng) for _ in range(_IDEAS)], step="small", expected=-1e9)


def _malformed(known: _Knowledge) -> Script:
    def script(asked: Asked) -> Reply:
        kinds: tuple[Reply, ...] = (
            Text("I would try a larger learning rate, and see."),
            Cut({"ideas": [{"step": "small", "changes": [], "reason": "more of the same"}]}, 30),
            Structured({"ideas": [{"step": "gigantic", "changes": "lr"}]}),
            Structured({"ideas": [_idea(dict.fromkeys(known.space.names[:2], "1e-3 per step"))]}),
            Structured({"ideas": [_idea({"no_such_parameter": 3})]}),
        )
        return kinds[asked.number % len(kinds)]

    return script


def _slow(known: _Knowledge) -> Script:
    informed = _informed(known)
    return lambda asked: Slow(informed(asked), _SLOW_SECONDS)


def _expensive(known: _Knowledge) -> Script:
    return lambda asked: _ideas([known.among(0, 20) for _ in range(_IDEAS)], usage=_EXPENSIVE)


_KINDS: Mapping[str, Callable[[_Knowledge], Script]] = {
    "expert": _expert,
    "informed": _informed,
    "regions": _regions,
    "random": _random,
    "stale": _stale,
    "hostile": _hostile,
    "overconfident": _overconfident,
    "malformed": _malformed,
    "slow": _slow,
    "expensive": _expensive,
}


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
    said = [{"parameter": name, "value": value} for name, value in changes.items()]
    told = {"step": step, "changes": said, "reason": "configurations like this one have worked well before"}
    return told if expected is None else told | {"expected": expected}
