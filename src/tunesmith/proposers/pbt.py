"""Population-based training: poor trainings continue as copies of good ones with perturbed parameters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.schema import expect_range
from ..core.trial import Proposal, State, Trial, Value
from ..history.history import History
from .quasirandom import QuasirandomProposer

_STREAM = 11  # A random stream of its own: proposers share the study's seed.


@dataclass(frozen=True, kw_only=True)
class PbtProposer:
    """Population-based training (Jaderberg et al. 2017, arXiv 1711.09846, section 3) with one trial per training slice.

    The first `population` trials are the members of generation 0: Sobol points that start without a checkpoint. Each
    further trial is the next slice of one member and starts from a checkpoint. A member continues from its own, with
    the same parameters, unless it is at the bottom of its generation. Then it copies the checkpoint and parameters of
    a random top member (exploit) and perturbs or resamples each parameter (explore). So parameters follow a learnt
    schedule. Nothing waits: a generation is ranked among the members that have ended.

    A script must train one slice (an epoch or a few) per trial, start from its checkpoint folder, and leave there what
    the next slice needs. A failed member is at the bottom; a generation that failed as a whole is replaced by new
    members. The replaced trial is the `parent`, the copied one is `inherits`. Turn off the judge's repeats, which cost
    slices and do not inform the population.

    Args:
        population: The number of members; at least 2, and no fewer than parallel trials.
        exploit_share: The share of a generation that is its bottom, and its top; above 0, at most 0.5.
        resample_share: The probability that a parameter of a copy is resampled instead of perturbed; in [0, 1].
        perturb: The size of a perturbation, as a share of the range on the parameter's scale; above 0, at most 1.

    >>> PbtProposer(population=8).exploit_share
    0.25
    """

    population: int = 16
    exploit_share: float = 0.25
    resample_share: float = 0.25
    perturb: float = 0.1

    def __post_init__(self) -> None:
        expect_range(self, "population", 2)
        expect_range(self, "exploit_share", 0, 0.5, above=True)
        expect_range(self, "perturb", 0, 1, above=True)
        expect_range(self, "resample_share", 0, 1)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return the missing members of generation 0, then next slices of idle members, the youngest generation first.

        Any further proposals are Sobol points that belong to no member.
        """
        rng = np.random.default_rng([seed, len(history.trials), _STREAM])
        generations = self._generations(history)
        continued = {history.trials[number].proposal.parent for number in generations if generations[number]}
        idle = [n for n in generations if n not in continued and history.trials[n].state.settled]
        idle.sort(key=lambda number: (generations[number], number))
        missing = self.population - sum(generation == 0 for generation in generations.values())
        sobol = iter(QuasirandomProposer().propose(history, count=count, seed=seed))
        proposals = list(itertools.islice(sobol, max(0, missing)))
        for number in idle[: count - len(proposals)]:
            peers = [n for n in generations if generations[n] == generations[number]]
            proposals.append(self._next_slice(history, history.trials[number], _ranked(history, peers), rng, sobol))
        return [*proposals, *itertools.islice(sobol, count - len(proposals))]

    def _generations(self, history: History) -> dict[int, int]:
        """Return the generation of each member's slices, by trial number.

        The user's own configuration is a member only if it lies in the space, as further slices must.
        """
        generations: dict[int, int] = {}
        founders = 0
        for trial in history.trials:
            proposal = trial.proposal
            if proposal.repeat_of is not None:
                continue
            if proposal.proposer == "pbt" and proposal.parent in generations:
                generations[trial.number] = generations[proposal.parent] + 1
            elif proposal.inherits is None and founders < self.population and history.space.contains(trial.parameters):
                generations[trial.number] = 0
                founders += 1
        return generations

    def _next_slice(
        self,
        history: History,
        member: Trial,
        ranked: Sequence[int],
        rng: np.random.Generator,
        sobol: Iterator[Proposal],
    ) -> Proposal:
        """Return a member's next slice.

        Args:
            history: The study so far.
            member: The member's last slice, settled.
            ranked: The slices of its generation that have a loss, the best first.
            rng: The random generator for copies.
            sobol: Configurations of new members.
        """
        size = math.ceil(self.exploit_share * len(ranked)) if len(ranked) > 1 else 0
        if member.number in ranked[: len(ranked) - size]:
            return Proposal(
                parameters=member.parameters,
                proposer="pbt",
                reason=f"continues trial {member.number}",
                parent=member.number,
                inherits=member.number,
            )
        if not ranked:
            reason = f"new member in place of trial {member.number}: its whole generation failed"
            return Proposal(parameters=next(sobol).parameters, proposer="pbt", reason=reason, parent=member.number)
        copied = history.trials[int(rng.choice(ranked[: max(size, 1)]))]
        return Proposal(
            parameters=self._explored(history, copied, rng),
            proposer="pbt",
            reason=f"copy of trial {copied.number} (top of its generation) with perturbed parameters, in place of "
            f"trial {member.number} (bottom)",
            parent=member.number,
            inherits=copied.number,
        )

    def _explored(self, history: History, copied: Trial, rng: np.random.Generator) -> dict[str, Value]:
        """Return a trial's parameters, perturbed, or random ones after ten forbidden or tried attempts."""
        space = history.space
        encoded = space.encode(copied.parameters)
        # At least one level. Unordered options have no neighbours and are only resampled.
        steps = np.where(space.unordered, 0.0, np.maximum(self.perturb, 1 / space.sizes))
        for _ in range(10):
            perturbed = np.clip(encoded + steps * rng.choice([-1.0, 1.0], size=len(encoded)), 0.0, 1.0)
            resampled = np.isnan(encoded) | (rng.random(len(encoded)) < self.resample_share)
            values = space.decode(np.where(resampled, rng.random(len(encoded)), perturbed))
            if not space.is_forbidden(values) and not history.has_tried(values, inherits=copied.number):
                return values
        return space.sample(rng)


def _ranked(history: History, numbers: Sequence[int]) -> list[int]:
    """Return those of some trials that have a loss, the best first and pruned ones last."""
    known = [n for n in numbers if math.isfinite(history.losses[n])]
    pruned = State.PRUNED
    return sorted(known, key=lambda n: (history.violations[n], history.trials[n].state is pruned, history.losses[n]))
