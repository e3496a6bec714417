"""Grid search, from coarse to fine, spread evenly wherever it is interrupted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count as count_from
from itertools import islice

import numpy as np

from ..core.parameters import Choice, Int, Parameter
from ..core.schema import expect_range
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..history.history import History

_STREAM = 7  # A random stream of its own: proposers share the study's seed.
_MOST_BRANCHES = 1000
_MOST_SKIPPED = 10_000  # The most consecutive points that may be forbidden or tried.

Levels = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class _Branch:
    """A part of a grid: some parameters fixed, several values for each of the others."""

    fixed: Mapping[str, Value]
    free: Levels

    @cached_property
    def size(self) -> int:
        """The number of combinations."""
        return math.prod(map(len, self.free.values()))

    def at(self, number: int) -> dict[str, Value]:
        """Return one combination."""
        indices = _combination([len(values) for values in self.free.values()], number)
        options = zip(self.free.items(), indices, strict=True)
        return {**self.fixed, **{name: values[index] for (name, values), index in options}}


@dataclass(frozen=True, kw_only=True)
class GridProposer:
    """Every combination of a few values of each parameter, then of twice as many, and so on.

    The first grid has all options of a choice and `points` values of a number, its bounds among them. Consecutive
    points differ in every parameter, so that a study can stop anywhere. Conditional branches (such as model families)
    take turns. Forbidden and tried combinations are skipped. The next grid adds a value between any two.

    Args:
        points: The number of values of each number in the first grid; at least 1 (its middle).

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float, SearchSpace
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> sorted(p.parameters["x"] for p in GridProposer(points=3).propose(history, count=5, seed=0))
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    points: int = 5

    def __post_init__(self) -> None:
        expect_range(self, "points", 1)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return the next `count` untried points of the grid, or a random configuration if none is near.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        space = history.space
        # The grid has at least as many points behind it as it made proposals, so the scan can start there.
        start = sum(trial.proposal.proposer == "grid" for trial in history.trials)
        proposals: dict[str, Proposal] = {}
        end = start + len(history.trials) + _MOST_SKIPPED
        for points, branch, number in islice(_grids(space, self.points), start, end):
            parameters = _only_active(space, branch.at(number))
            key = space.key(parameters)
            if key in proposals or history.has_tried(parameters) or space.is_forbidden(parameters):
                continue
            reason = f"next point of a grid with {points} {'value' if points == 1 else 'values'} per number"
            proposals[key] = Proposal(parameters=parameters, proposer="grid", reason=reason)
            if len(proposals) == count:
                break
        if proposals:
            return list(proposals.values())
        drawn = space.sample(np.random.default_rng([seed, len(history.trials), _STREAM]))
        return [Proposal(parameters=drawn, proposer="grid", reason="drawn at random: the grid is exhausted")]


def _grids(space: SearchSpace, points: int) -> Iterator[tuple[int, _Branch, int]]:
    """Yield every point of one grid after the other: its values per number, its branch, its index in the branch.

    Forbidden points and points of earlier grids are included. The iteration ends where the space is finite.
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
    """Return all options of a choice, or `points` values of a number, evenly spaced on its scale."""
    if isinstance(parameter, Choice):
        return list(parameter.options)
    if isinstance(parameter, Int) and parameter.size <= points:
        return list(range(parameter.low, parameter.high + 1, parameter.step))
    if parameter.size <= points:
        return [parameter.from_unit((level + 0.5) / parameter.size) for level in range(int(parameter.size))]
    encoded = [0.5] if points == 1 else np.linspace(0.0, 1.0, points).tolist()
    return list(dict.fromkeys(parameter.from_unit(unit) for unit in encoded))


def _branches(space: SearchSpace, levels: Levels) -> list[_Branch]:
    """Return the branches of a grid: one for each combination of the parameters that conditions refer to."""
    parents = {parent for parameter in space.parameters.values() for parent in parameter.when or ()}
    branches = [_Branch({}, {})]
    for name in space.order:
        extended = []
        splits = name in parents and len(branches) * len(levels[name]) <= _MOST_BRANCHES
        for branch in branches:
            undecided = any(parent in branch.free for parent in space.parameters[name].when or ())
            if not undecided and not space.is_active(name, branch.fixed):
                extended.append(branch)
            elif splits and not undecided:
                extended += [_Branch({**branch.fixed, name: value}, branch.free) for value in levels[name]]
            else:
                extended.append(_Branch(branch.fixed, {**branch.free, name: levels[name]}))
        branches = extended
    return branches


def _combination(sizes: Sequence[int], number: int) -> list[int]:
    """Return combination `number` of indices below `sizes`; consecutive combinations differ in every index.

    The mixed-radix digits of the number, fastest first, would go row by row. Each digit is shifted by the faster
    digits, with a stride and an offset that change from round to round; that keeps all combinations distinct.
    """
    indices, radix = [], 1
    for position, size in enumerate(sizes):
        digit, faster = divmod(number % (radix * size), radix)
        mixed = hash((position, faster // size))  # Hashes of whole numbers are the same in every process.
        strides = _strides(size)
        indices.append((digit + strides[mixed % len(strides)] * faster + (mixed >> 16)) % size)
        radix *= size
    return indices


@cache
def _strides(size: int) -> list[int]:
    """Return the strides that visit every index."""
    return [stride for stride in range(1, size + 1) if math.gcd(stride, size) == 1]


def _only_active(space: SearchSpace, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of active parameters, in the space's order."""
    active: dict[str, Value] = {}
    for name in space.order:
        if name in values and space.is_active(name, active):
            active[name] = values[name]
    return {name: active[name] for name in space.names if name in active}
