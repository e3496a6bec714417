"""Proposals from a grid: coarse to fine, and even at any point at which it is interrupted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count as count_from
from itertools import islice

import numpy as np

from ..core.parameters import Choice, Int, Parameter
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..errors import InputError
from ..history.history import History

_STREAM = 7  # Keeps these draws apart from those of other proposers that share the study's seed.
_MOST_BRANCHES = 1000
_MOST_SKIPPED = 10_000  # So many points in a row may be forbidden.

Levels = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class _Branch:
    """A part of a grid: some values that are fixed, and several for each of the others."""

    fixed: Mapping[str, Value]
    free: Levels

    @cached_property
    def size(self) -> int:
        """The number of combinations."""
        return math.prod(map(len, self.free.values()))

    def at(self, number: int) -> dict[str, Value]:
        """Return one combination."""
        places = _combination([len(values) for values in self.free.values()], number)
        chosen = zip(self.free.items(), places, strict=True)
        return {**self.fixed, **{name: values[place] for (name, values), place in chosen}}


@dataclass(frozen=True, kw_only=True)
class GridProposer:
    """Every combination of a few values of each parameter, then of twice as many, and so on.

    The first grid has all options of a choice and `points` values of a number, its bounds among them. It is not gone
    through row by row: some points in a row have another value of every parameter, so that a study may stop
    anywhere. Where conditions make branches (as model families), they take turns. Forbidden combinations and what was
    tried already are left out. When a grid is used up, the next one has a value between any two.

    Args:
        points: How many values of each number the first grid has; at least 1 (its middle).

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float, SearchSpace
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
        last = own + len(history.trials) + _MOST_SKIPPED
        for points, branch, number in islice(_grids(space, self.points), own, last):
            parameters = _only_active(space, branch.at(number))
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


def _grids(space: SearchSpace, points: int) -> Iterator[tuple[int, _Branch, int]]:
    """Yield the place of each point of one grid after the other: its values of each number, its branch, its number.

    Forbidden points are among them, and points that an earlier grid had. It ends where the space is finite.
    """
    while True:
        levels = {name: _values(parameter, points) for name, parameter in space.parameters.items()}
        branches = _branches(space, levels)
        for number in count_from():
            branches = [branch for branch in branches if number < branch.size]
            if not branches:
                break
            yield from ((points, branch, number) for branch in branches)
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


def _branches(space: SearchSpace, levels: Levels) -> list[_Branch]:
    """Return the parts of a grid: one for each combination of the parameters that others hang on."""
    parents = {parent for parameter in space.parameters.values() for parent in parameter.when or ()}
    branches = [_Branch({}, {})]
    for name in space.order:
        grown = []
        splits = name in parents and len(branches) * len(levels[name]) <= _MOST_BRANCHES
        for branch in branches:
            unsure = any(parent in branch.free for parent in space.parameters[name].when or ())
            if not unsure and not space.is_active(name, branch.fixed):
                grown.append(branch)
            elif splits and not unsure:
                grown += [_Branch({**branch.fixed, name: value}, branch.free) for value in levels[name]]
            else:
                grown.append(_Branch(branch.fixed, {**branch.free, name: levels[name]}))
        branches = grown
    return branches


def _combination(sizes: Sequence[int], number: int) -> list[int]:
    """Return combination `number` of places below these sizes: each of some in a row has another place everywhere.

    The digits of the number, the fastest first, would give row by row. Each digit is moved by what the faster ones
    say, which keeps all combinations apart: in a stride and from a start that change from round to round.
    """
    places, reach = [], 1
    for place, size in enumerate(sizes):
        digit, faster = divmod(number % (reach * size), reach)
        drawn = hash((place, faster // size))  # Of whole numbers, it is the same in every process.
        strides = _strides(size)
        places.append((digit + strides[drawn % len(strides)] * faster + (drawn >> 16)) % size)
        reach *= size
    return places


@cache
def _strides(size: int) -> list[int]:
    """Return the strides that reach every place."""
    return [stride for stride in range(1, size + 1) if math.gcd(stride, size) == 1]


def _only_active(space: SearchSpace, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values in the space's order, less those of parameters that are not active."""
    chosen: dict[str, Value] = {}
    for name in space.order:
        if name in values and space.is_active(name, chosen):
            chosen[name] = values[name]
    return {name: chosen[name] for name in space.names if name in chosen}
