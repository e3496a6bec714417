"""Proposals by evolution: a genetic algorithm, by turns with CMA-ES where every parameter is a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.parameters import Choice
from ...core.space import SearchSpace
from ...core.trial import Proposal
from ...errors import InputError
from ...history.history import History
from ...surrogates.ranking import lost, ranked
from ..quasirandom import QuasirandomProposer
from .covariance import cloud
from .genetic import children, reflected

_STREAM = 5  # Keeps these draws apart from those of other proposers that share the study's seed.
_GOOD_SHARE, _FEWEST_GOOD, _MOST_GOOD = 0.1, 3, 5
_TOURNAMENT = 4
_DRAWN = 64  # So many points are drawn at a time, of which those that are new are proposed.
_ROUNDS = 8

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class EvolutionProposer:
    """Varies what was good, and keeps what is better.

    A genetic algorithm without generations: each child has one or two parents among the best tenth of the trials, five
    at the most, and the best of another family, and changes in a few parameters. Where all parameters are numbers and
    none is conditional, half of the trials are left to CMA-ES (Hansen 2016, arXiv 1604.00772), whose steps learn in
    which direction and how far to go.
    The two find more together than either alone, as each takes in what the other has found.

    Everything is read off the history, whoever proposed it, so that good trials of others are parents, too. Failed
    trials and those that break a constraint rank last.

    Args:
        startup_trials: So many trials are measured at evenly spread points first; at least 2.

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> EvolutionProposer(startup_trials=5).propose(history, count=1, seed=0)[0].reason
    'next in an even cover of the space.'
    """

    startup_trials: int = 10

    def __post_init__(self) -> None:
        if self.startup_trials < 2:
            raise InputError(
                f"startup_trials must be at least 2, but {self.startup_trials} was given.", keys=("startup_trials",)
            )

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations that were not tried yet; a random one where none is found.

        Raises:
            SpaceExhausted: All that was drawn was forbidden.
        """
        space = history.space
        measured = ranked(history)
        if len(measured) < self.startup_trials:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        drawn = (
            _by_covariance(history, measured, self.startup_trials, seed, rng)
            if _all_numbers(space) and rng.random() < 0.5
            else _by_genes(history, measured, rng)
        )
        found: dict[str, Proposal] = {}
        for point, reason, parent in drawn:
            parameters = space.decode(point)
            key = space.key(parameters)
            if key not in found and not space.is_forbidden(parameters) and not history.has_tried(parameters):
                found[key] = Proposal(parameters=parameters, proposer="evolution", reason=reason, parent=parent)
                if len(found) == count:
                    break
        reason = "drawn at random, as nothing new was found near the best trials."
        return list(found.values()) or [Proposal(parameters=space.sample(rng), proposer="evolution", reason=reason)]


def _all_numbers(space: SearchSpace) -> bool:
    return len(space.names) > 1 and all(
        not isinstance(parameter, Choice) and not parameter.when for parameter in space.parameters.values()
    )


def _by_covariance(
    history: History, measured: Places, startup: int, seed: int, rng: np.random.Generator
) -> Iterator[tuple[Floats, str, int]]:
    """Yield points of the next generation, with a reason and the trial that is nearest to the middle of them."""
    numbers = np.concatenate([measured, lost(history)])
    proposed = np.argsort(numbers)  # A trial's rank is its place in `numbers`.
    points = history.points_of(numbers[proposed])
    next_one = cloud(points, proposed, startup, seed)
    reason = f"drawn around the middle of the good trials of generation {next_one.generations}."
    nearest = measured[np.argmin(((history.points_of(measured) - next_one.mean) ** 2).sum(axis=1))]
    # A step of each whole number, so that none of them is frozen where the density has become narrower than that.
    steps = np.array([1 / parameter.size for parameter in history.space.parameters.values()])
    for _ in range(_ROUNDS):
        drawn = next_one.draw(_DRAWN, rng) + 0.5 * steps * rng.standard_normal((_DRAWN, len(steps)))
        yield from ((point, reason, int(nearest)) for point in reflected(drawn))


def _by_genes(history: History, measured: Places, rng: np.random.Generator) -> Iterator[tuple[Floats, str, int]]:
    """Yield children of the best trials and of another family's, with a reason and the trial that each comes from."""
    best = int(np.clip(np.ceil(_GOOD_SHARE * len(measured)), _FEWEST_GOOD, _MOST_GOOD))
    ranks = np.append(np.arange(best), _lesser(history, measured, rng))
    parents = history.points_of(measured[ranks])
    for _ in range(_ROUNDS):
        points, mothers = children(history.space, parents, _DRAWN, rng)
        for point, rank in zip(points, ranks[mothers].tolist(), strict=True):
            reason = f"a child of trial {measured[rank]}, which ranks {rank + 1} of {len(measured)} measured so far."
            yield point, reason, int(measured[rank])


def _lesser(history: History, measured: Places, rng: np.random.Generator) -> int:
    """Return the rank of the best trial of some family, so that each gets a chance to catch up.

    A family shares the value of a parameter that others hang on, or the option of a choice where there are none. In a
    space of numbers it is a few random trials.
    """
    space = history.space
    parents = {parent for parameter in space.parameters.values() for parent in parameter.when or ()}
    choices = [name for name, p in space.parameters.items() if isinstance(p, Choice) and not p.ordered]
    if not parents and not choices:
        return int(rng.integers(len(measured), size=_TOURNAMENT).min())
    column = space.names.index(rng.choice(sorted(parents) or choices))
    values = history.points_of(measured)[:, column]
    known = np.unique(values[~np.isnan(values)])
    return int(np.argmax(values == rng.choice(known))) if len(known) else 0
