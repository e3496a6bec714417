"""Evolutionary search: a genetic algorithm, alternating with CMA-ES in spaces of unconditional numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.arrays import Floats, Indices
from ...core.parameters import Choice
from ...core.schema import expect_range
from ...core.space import SearchSpace
from ...core.trial import Proposal
from ...history.history import History
from ...surrogates.ranking import failed_trials, ranked_trials
from ..quasirandom import QuasirandomProposer
from .covariance import fit_distribution
from .genetic import offspring, reflected

_STREAM = 5  # A random stream of its own: proposers share the study's seed.
_GOOD_SHARE, _FEWEST_GOOD, _MOST_GOOD = 0.1, 3, 5
_TOURNAMENT = 4
_BATCH = 64  # Points per round; up to `_ROUNDS` rounds until enough of them are new.
_ROUNDS = 8


@dataclass(frozen=True, kw_only=True)
class EvolutionProposer:
    """Recombines and mutates the best trials.

    A steady-state genetic algorithm: each child has one or two parents among the best tenth of the trials (three to
    five of them) and the best of another family, and mutates in a few parameters. In a space of unconditional numbers,
    half of the trials come from CMA-ES (Hansen 2016, arXiv 1604.00772), which adapts the direction and length of its
    steps. Both learn from each other's trials and together find more than either alone.

    All state is derived from the history, so good trials of other proposers are parents, too. Failed and infeasible
    trials rank last.

    Args:
        startup_trials: The number of Sobol points to measure first; at least 2.

    >>> from tunesmith.core.objective import Objective
    >>> from tunesmith.core.space import Float
    >>> history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    >>> EvolutionProposer(startup_trials=5).propose(history, count=1, seed=0)[0].reason
    'next point of a Sobol sequence'
    """

    startup_trials: int = 10

    def __post_init__(self) -> None:
        expect_range(self, "startup_trials", 2)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` untried configurations, or a random one if none was found.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        space = history.space
        measured = ranked_trials(history)
        if len(measured) < self.startup_trials:
            return QuasirandomProposer().propose(history, count=count, seed=seed)
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        candidates = (
            _from_cma(history, measured, self.startup_trials, seed, rng)
            if _all_numbers(space) and rng.random() < 0.5
            else _from_parents(history, measured, rng)
        )
        proposals: dict[str, Proposal] = {}
        for point, reason, parent in candidates:
            parameters = space.decode(point)
            key = space.key(parameters)
            if key not in proposals and not space.is_forbidden(parameters) and not history.has_tried(parameters):
                proposals[key] = Proposal(parameters=parameters, proposer="evolution", reason=reason, parent=parent)
                if len(proposals) == count:
                    break
        reason = "drawn at random: nothing new near the best trials"
        return list(proposals.values()) or [Proposal(parameters=space.sample(rng), proposer="evolution", reason=reason)]


def _all_numbers(space: SearchSpace) -> bool:
    return len(space.names) > 1 and all(
        not isinstance(parameter, Choice) and not parameter.when for parameter in space.parameters.values()
    )


def _from_cma(
    history: History, measured: Indices, startup: int, seed: int, rng: np.random.Generator
) -> Iterator[tuple[Floats, str, int]]:
    """Yield points of the next CMA-ES generation, each with a reason and the trial nearest to the mean."""
    numbers = np.concatenate([measured, failed_trials(history)])
    ranks = np.argsort(numbers)  # The rank of a trial is its index in `numbers`.
    distribution = fit_distribution(history.points_of(numbers[ranks]), ranks, startup, seed)
    reason = f"drawn by CMA-ES, generation {distribution.generations}"
    nearest = measured[np.argmin(((history.points_of(measured) - distribution.mean) ** 2).sum(axis=1))]
    # Noise of one level per whole number, so that none freezes when the distribution is narrower than a level.
    steps = 1 / history.space.sizes
    for _ in range(_ROUNDS):
        points = distribution.sample(_BATCH, rng) + 0.5 * steps * rng.standard_normal((_BATCH, len(steps)))
        yield from ((point, reason, int(nearest)) for point in reflected(points))


def _from_parents(history: History, measured: Indices, rng: np.random.Generator) -> Iterator[tuple[Floats, str, int]]:
    """Yield children of the best trials and of another family's best, each with a reason and its first parent."""
    best = int(np.clip(np.ceil(_GOOD_SHARE * len(measured)), _FEWEST_GOOD, _MOST_GOOD))
    ranks = np.append(np.arange(best), _best_of_a_family(history, measured, rng))
    parents = history.points_of(measured[ranks])
    for _ in range(_ROUNDS):
        points, first_parents = offspring(history.space, parents, _BATCH, rng)
        for point, rank in zip(points, ranks[first_parents].tolist(), strict=True):
            reason = f"child of trial {measured[rank]} (rank {rank + 1} of {len(measured)})"
            yield point, reason, int(measured[rank])


def _best_of_a_family(history: History, measured: Indices, rng: np.random.Generator) -> int:
    """Return the rank of the best trial of a random family, which gives every family a chance to catch up.

    A family shares the value of one parameter that conditions refer to, or without conditions of an unordered choice.
    In a space of numbers, a random tournament decides.
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
