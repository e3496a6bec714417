"""Population-based training: bad trainings go on as copies of good ones, with other parameters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.parameters import Choice
from ..core.trial import Proposal, State, Trial, Value
from ..errors import InputError
from ..history.history import History
from .quasirandom import QuasirandomProposer

_STREAM = 11  # Keeps these draws apart from those of other proposers that share the study's seed.


@dataclass(frozen=True, kw_only=True)
class PbtProposer:
    """Population-based training (Jaderberg et al. 2017, arXiv 1711.09846, section 3), one trial a slice of training.

    The first `population` trials start from nothing, evenly spread: they are the members, in generation 0. Each further
    trial is one member's next slice, and starts from a checkpoint. A member that is not among the worst of its
    generation goes on from its own, with the same parameters. One that is copies a member drawn from the best of its
    generation: it takes over that one's checkpoint and its parameters, each of them moved or drawn anew. So parameters
    follow a schedule that nobody has written down. Nobody waits: a generation is those of it that have ended.

    A script must train a slice (an epoch or a few) each time, from what it finds in its checkpoint folder, and leave
    there what the next slice needs. A member that fails is among the worst; a generation that has failed as a whole is
    replaced by new members. The trial whose place a copy takes is its `parent`, the copied one is `inherits`. A judge's
    repeats cost slices and tell the population nothing: turn them off.

    Args:
        population: How many members there are; at least 2, and no fewer than trials run at once.
        exploit_share: The share of a generation that counts as its worst, and as its best; above 0, up to 0.5.
        resample_share: How often a parameter of a copy is drawn anew rather than moved; from 0 to 1.
        perturb: By how much of its range, on its own scale, a parameter is moved up or down; above 0, up to 1.

    >>> PbtProposer(population=8).exploit_share
    0.25
    """

    population: int = 16
    exploit_share: float = 0.25
    resample_share: float = 0.25
    perturb: float = 0.1

    def __post_init__(self) -> None:
        if self.population < 2:
            raise InputError(f"population must be at least 2, but {self.population} was given.", keys=("population",))
        for name, most in (("exploit_share", 0.5), ("perturb", 1.0)):
            if not 0.0 < (value := getattr(self, name)) <= most:
                raise InputError(f"{name} must be above 0 and at most {most}, but {value} was given.", keys=(name,))
        if not 0.0 <= self.resample_share <= 1.0:
            raise InputError(
                f"resample_share must be from 0 to 1, but {self.resample_share} was given.", keys=("resample_share",)
            )

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return members that are still missing, then the next slices of those at rest, the youngest first.

        What is wanted beyond that are configurations of no member.
        """
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        generations = self._generations(history)
        ahead = {history.trials[number].proposal.parent for number in generations if generations[number]}
        resting = [n for n in generations if n not in ahead and history.trials[n].state.settled]
        resting.sort(key=lambda number: (generations[number], number))
        missing = self.population - sum(generation == 0 for generation in generations.values())
        even = iter(QuasirandomProposer().propose(history, count=count, seed=seed))
        proposals = list(itertools.islice(even, max(0, missing)))
        for number in resting[: count - len(proposals)]:
            peers = [n for n in generations if generations[n] == generations[number]]
            proposals.append(self._next(history, history.trials[number], _ranked(history, peers), rng, even))
        return [*proposals, *itertools.islice(even, count - len(proposals))]

    def _generations(self, history: History) -> dict[int, int]:
        """Return the generation of each member's slices by trial number; other trials have none.

        The user's own configuration is a member only where it lies in the space, as any further slice has to.
        """
        found: dict[int, int] = {}
        founders = 0
        for trial in history.trials:
            proposal = trial.proposal
            if proposal.repeat_of is not None:
                continue
            if proposal.proposer == "pbt" and proposal.parent in found:
                found[trial.number] = found[proposal.parent] + 1
            elif proposal.inherits is None and founders < self.population and history.space.contains(trial.parameters):
                found[trial.number] = 0
                founders += 1
        return found

    def _next(
        self, history: History, member: Trial, ranked: Sequence[int], rng: np.random.Generator, even: Iterator[Proposal]
    ) -> Proposal:
        """Return a member's next slice.

        Args:
            history: All that is known.
            member: Its last slice, settled.
            ranked: The slices of its generation that have a loss, the best first.
            rng: For the copies.
            even: Configurations to start anew from.
        """
        some = math.ceil(self.exploit_share * len(ranked)) if len(ranked) > 1 else 0
        if member.number in ranked[: len(ranked) - some]:
            return Proposal(
                parameters=member.parameters,
                proposer="pbt",
                reason=f"goes on from trial {member.number}, which is not among the worst of its generation.",
                parent=member.number,
                inherits=member.number,
            )
        if not ranked:
            reason = f"starts anew in place of trial {member.number}, whose whole generation has failed."
            return Proposal(parameters=next(even).parameters, proposer="pbt", reason=reason, parent=member.number)
        copied = history.trials[int(rng.choice(ranked[: max(some, 1)]))]
        return Proposal(
            parameters=self._explored(history, copied, rng),
            proposer="pbt",
            reason=f"takes the place of trial {member.number}, among the worst of its generation, as a copy of trial "
            f"{copied.number}, among the best, with parameters moved.",
            parent=member.number,
            inherits=copied.number,
        )

    def _explored(self, history: History, copied: Trial, rng: np.random.Generator) -> dict[str, Value]:
        """Return a trial's parameters, moved; where ten attempts are forbidden or known, a random configuration."""
        space = history.space
        here = space.encode(copied.parameters)
        every = [space.parameters[name] for name in space.names]
        # At least by one level; options without an order have no neighbours, and are only drawn anew.
        steps = [0.0 if isinstance(p, Choice) and not p.ordered else max(self.perturb, 1.0 / p.size) for p in every]
        for _ in range(10):
            moved = np.clip(here + steps * rng.choice([-1.0, 1.0], size=len(here)), 0.0, 1.0)
            anew = np.isnan(here) | (rng.random(len(here)) < self.resample_share)
            parameters = space.decode(np.where(anew, rng.random(len(here)), moved))
            if not space.is_forbidden(parameters) and not history.has_tried(parameters, inherits=copied.number):
                return parameters
        return space.sample(rng)


def _ranked(history: History, numbers: Sequence[int]) -> list[int]:
    """Return those of some trials that have a loss, the best first; pruned ones come last."""
    known = [n for n in numbers if math.isfinite(history.losses[n])]
    pruned = State.PRUNED
    return sorted(known, key=lambda n: (history.violations[n], history.trials[n].state is pruned, history.losses[n]))
