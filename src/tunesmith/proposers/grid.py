"""Proposals from a grid: coarse to fine, and even at any point at which it is interrupted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count as count_from
from itertools import islice

import numpy as np

from ..errors import InputError
from ..history import History
from ..parameters import Choice, Int, Parameter
from ..space import SearchSpace
from ..trial import Proposal, Value

_STREAM = 4  # Keeps these draws apart from those of other proposers that share the study's seed.
_MOST_BRANCHES = 1000
_MOST_SKIPPED = 10_000  # So many points in a row may be forbidden.
_GOLDEN = (math.sqrt(5) - 1) / 2

Levels = Mapping[str, Sequence[Value]]


@dataclass(frozen=True, kw_only=True)
class GridProposer:
    """Every combination of a few values of each parameter, then of twice as many, and so on.

    The first grid has all options of a choice and `points` values of a number, its bounds among them. It is not gone
    through row by row: each step leaps over the golden ratio of the grid, so that whatever part of it was tried is
    spread over the whole. Where conditions make branches (as model families), they take turns. Forbidden combinations
    and what was tried already are left out. When a grid is used up, the next one has a value between any two.

    Args:
        points: How many values of each number the first grid has; at least 1 (its middle).

    >>> from tunesmith.objective import Objective
    >>> from tunesmith.space import Float, SearchSpace
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> sorted(p.parameters["x"] for p in GridProposer(points=3).propose(history, count=5, seed=0))
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    points: int = 5

    def __post_init__(self) -> None:
        if self.points < 1:
            raise InputError(f"points must be at least 1, but {self.points} was given.", keys=("points",))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return the next `count` points of the grid that were not tried yet; a random one where none is in sight.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        space = history.space
        # What it proposed itself is a place to start: by then, every earlier point was tried or cannot be.
        own = sum(trial.proposal.proposer == "grid" for trial in history.trials)
        found: dict[str, Proposal] = {}
        for points, parameters in islice(_grids(space, self.points), own, own + len(history.trials) + _MOST_SKIPPED):
            key = space.key(parameters)
            if key in found or history.has_tried(parameters) or space.is_forbidden(parameters):
                continue
            reason = f"next in a grid with {points} {'value' if points == 1 else 'values'} of each number."
            found[key] = Proposal(parameters=parameters, proposer="grid", reason=reason)
            if len(found) == count:
                break
        if found:
            return list(found.values())
        drawn = space.sample(np.random.default_rng([seed, len(history.trials), _STREAM]))
        return [Proposal(parameters=drawn, proposer="grid", reason="drawn at random, as the grid is used up.")]


def _grids(space: SearchSpace, points: int) -> Iterator[tuple[int, dict[str, Value]]]:
    """Yield each point of one grid after the other, with the number of values by which the grid was made.

    Forbidden points are among them, and points that an earlier grid had. It ends where the space is finite.
    """
    while True:
        levels = {name: _values(parameter, points) for name, parameter in space.parameters.items()}
        yield from ((points, parameters) for parameters in _grid(space, levels))
        if all(len(levels[name]) == parameter.size for name, parameter in space.parameters.items()):
            return
        points = max(2 * points - 1, 3)


def _values(parameter: Parameter, points: int) -> list[Value]:
    """Return all values of a choice, or so many of a number, evenly spread on its scale."""
    if isinstance(parameter, Choice):
        return list(parameter.options)
    if isinstance(parameter, Int) and parameter.size <= points:
        return list(range(parameter.low, parameter.high + 1, parameter.step))
    if parameter.size <= points:
        return [parameter.from_unit((level + 0.5) / parameter.size) for level in range(int(parameter.size))]
    units = [0.5] if points == 1 else np.linspace(0.0, 1.0, points).tolist()
    return list(dict.fromkeys(parameter.from_unit(unit) for unit in units))


def _grid(space: SearchSpace, levels: Levels) -> Iterator[dict[str, Value]]:
    """Yield the points of one grid, branch by turns."""
    branches = [(fixed, free, _orbit([len(levels[n]) for n in free])) for fixed, free in _branches(space, levels)]
    while branches:
        alive = []
        for fixed, free, orbit in branches:
            if (places := next(orbit, None)) is not None:
                chosen = fixed | {name: levels[name][place] for name, place in zip(free, places, strict=True)}
                yield _only_active(space, chosen)
                alive.append((fixed, free, orbit))
        branches = alive


def _branches(space: SearchSpace, levels: Levels) -> list[tuple[dict[str, Value], list[str]]]:
    """Return the values of the parameters that others hang on, in every combination, each with what is free there."""
    parents = {parent for parameter in space.parameters.values() for parent in parameter.when or ()}
    branches: list[tuple[dict[str, Value], list[str]]] = [({}, [])]
    for name in space.order:
        grown: list[tuple[dict[str, Value], list[str]]] = []
        splits = name in parents and len(branches) * len(levels[name]) <= _MOST_BRANCHES
        for fixed, free in branches:
            unsure = any(parent in free for parent in space.parameters[name].when or ())
            if not unsure and not space.is_active(name, fixed):
                grown.append((fixed, free))
            elif splits and not unsure:
                grown += [({**fixed, name: value}, list(free)) for value in levels[name]]
            else:
                grown.append((fixed, [*free, name]))
        branches = grown
    return branches


def _orbit(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield every combination of places below these sizes once, the middle first, then far from the one before.

    The combinations are numbered, and the number grows by a step that has no divisor in common with how many there
    are, which reaches all of them (as in a linear congruential sequence), and is close to their golden section, which
    spreads any part of them (Knuth, The art of computer programming, volume 3, section 6.4).
    """
    total = math.prod(sizes)
    share = int(_GOLDEN * 2**53)
    step = next(s for s in count_from(max(total * share >> 53, 1)) if math.gcd(s, total) == 1)
    number = total // 2
    for _ in range(total):
        rest, places = number, []
        for size in sizes:
            rest, place = divmod(rest, size)
            places.append(place)
        yield places
        number = (number + step) % total


def _only_active(space: SearchSpace, values: Mapping[str, Value]) -> dict[str, Value]:
    chosen: dict[str, Value] = {}
    for name in space.order:
        if name in values and space.is_active(name, chosen):
            chosen[name] = values[name]
    return {name: chosen[name] for name in space.names if name in chosen}
