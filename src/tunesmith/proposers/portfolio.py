"""The default proposer: a portfolio whose members share the trials by what they have gained."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..core.schema import check_types, expect_range
from ..core.trial import Proposal
from ..core.values import shown
from ..errors import InputError
from ..history.credit import Credit, assign_credit
from ..history.history import History
from ..plugins import name_of, resolve
from .base import Proposer
from .language_model import NAME, LanguageModelProposer, success_rate

_HALF_LIFE = 30.0  # Trials after which a gain counts half.
_PRIOR_TRIALS = 5.0  # Trials of average gain that every member starts with.
_LEAD = 6.0  # The weight of the first member relative to another of equal gain.
_LEAD_ON_FRONTS = 60.0  # On a front, a trial that gains a place may add nothing to the hypervolume (measured).
_GOOD_RATE = 0.5
_MOST_UNPROVEN = 3  # Pending trials of the adviser among its first ones, before any of them has ended.
_EARNED = (0.2, 4.0)  # The least and greatest multiple of the adviser's usual share.
_SILVER = 2**0.5 - 1  # Spaces the members' turns. Not the golden ratio, by which hyperband assigns brackets,
_BRONZE = 3**0.5 - 1  # nor this one, which spaces the adviser's turns.


@dataclass(frozen=True, kw_only=True)
class PortfolioProposer:
    """Lets each member propose a share of the trials that depends on its credit.

    A member's credit is the gain of its trials per time (`history.credit`), decaying with age. Every member keeps a
    minimum share, because the best member changes as a search proceeds, and because other views keep a surrogate from
    confirming only itself.

    The first member is preferred: it starts alone and later gets six times the share of another of equal gain.
    Exploitation gains early but on one optimum only, and finding a second one takes trials that gain nothing.
    (Measured: with equal weights, the other members drew all trials to the known optimum.)

    Args:
        members: Names of proposers, or tables of a name and options; two or more.
        startup_trials: The first member proposes alone until this many trials have ended; at least 0. Trials are
            counted as they end, so that parallel starts do not bring in the others without data. (Measured: from 30
            on, the others took more trials than their finds were worth, most of all with a dozen in parallel.)
        floor: The minimum share of each member, at least 0, and together at most 1.
        adviser: The proposer `language_model`, which costs money and may be very good or very bad. It makes the first
            proposals after trial 0 and then gets a share that depends on its gain.
        advised_first: The number of those first proposals, made while more than half of them beat trial 0; at least 0.
        advice_share: The adviser's share while it gains as much as the members; from 0 to 0.25.

    >>> PortfolioProposer(members=["gp", {"name": "tpe", "candidates": 48}]).floor
    0.05
    """

    members: Sequence[str | Mapping[str, Any]] = ("gp", "region", "tpe")
    startup_trials: int = 60
    floor: float = 0.05
    adviser: str | Mapping[str, Any] | LanguageModelProposer | None = None
    advised_first: int = 8
    advice_share: float = 0.15

    def __post_init__(self) -> None:
        check_types(self)
        if isinstance(self.members, str) or not isinstance(self.members, Sequence):
            raise InputError(f"members must be a list of proposers, got {shown(self.members)}.", keys=("members",))
        object.__setattr__(self, "members", tuple(self.members))
        try:
            different = len(self._members)
        except InputError as error:
            raise error.inside("members") from None
        if different < max(2, len(self.members)):
            raise InputError(
                f"members must be two or more different proposers, got {list(map(name_of, self.members))}.",
                keys=("members",),
            )
        expect_range(self, "startup_trials", 0)
        expect_range(self, "advised_first", 0)
        expect_range(self, "advice_share", 0, 0.25)
        expect_range(self, "floor", 0, 1 / len(self.members))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each from the member whose turn it is.

        Raises:
            SpaceExhausted: A thousand draws of a member in a row were forbidden.
        """
        shares = self.shares(history)
        # Turns do not depend on the adviser: where its advice is refused, the search is the same as without one.
        turns = self._turns({name: shares[name] for name in self._members}, len(history.trials), count)
        advice = self._advice(history, shares, count=count, seed=seed)
        due = [name for name, advised in zip(turns, advice, strict=True) if advised is None]
        proposed = {
            name: iter(self._members[name].propose(history, count=due.count(name), seed=seed)) for name in set(due)
        }
        proposals = [
            (advised, advised.proposer) if advised is not None else (next(proposed[name], None), name)
            for name, advised in zip(turns, advice, strict=True)
        ]
        return [_attributed(proposal, name, shares) for proposal, name in proposals if proposal is not None]

    def credit(self, history: History, until: int | None = None) -> list[Credit]:
        """Return the credit of each member and of the adviser; `until` as in `assign_credit`."""
        advisers = [] if self._adviser is None else [NAME]
        return assign_credit(history, [*self._members, *advisers], half_life=_HALF_LIFE, until=until)

    def shares(self, history: History, until: int | None = None) -> dict[str, float]:
        """Return the share of the trials of each member and the adviser; they sum to 1. `until` as in `credit`."""
        credit = self.credit(history, until)
        members, advisers = credit[: len(self._members)], credit[len(self._members) :]
        average = (sum(member.gain for member in members) + 1) / (sum(member.cost for member in members) + len(members))
        advised = {
            adviser.proposer: self.advice_share * float(np.clip(_rate(adviser, average) / average, *_EARNED))
            for adviser in advisers
        }
        return self._member_shares(history, members, average, 1 - sum(advised.values())) | advised

    def _member_shares(
        self, history: History, members: Sequence[Credit], average: float, total: float
    ) -> dict[str, float]:
        """Return the members' shares, which sum to `total`."""
        first, *others = (credit.proposer for credit in members)
        if history.settled < self.startup_trials:
            return {first: total, **dict.fromkeys(others, 0.0)}
        rates = {credit.proposer: _rate(credit, average) for credit in members}
        rates[first] *= _LEAD_ON_FRONTS if history.objective.pareto else _LEAD
        spare = 1 - self.floor * len(rates)
        return {name: total * (self.floor + spare * rate / sum(rates.values())) for name, rate in rates.items()}

    def _turns(self, shares: Mapping[str, float], number: int, count: int) -> list[str]:
        """Return the proposer of each of `count` trials from `number` on.

        Fractional parts of the multiples of an irrational number fill [0, 1) evenly from any start. So a member whose
        share is an interval of it gets its share of any stretch of trials and never catches up on earlier ones.
        """
        positions = (np.arange(number, number + count) * _SILVER) % 1.0
        ends = np.cumsum(list(shares.values()))[:-1] / sum(shares.values())
        return [list(shares)[index] for index in np.searchsorted(ends, positions, side="right").tolist()]

    def _advice(
        self, history: History, shares: Mapping[str, float], *, count: int, seed: int
    ) -> Sequence[Proposal | None]:
        """Return the adviser's proposal for each of the next trials; None where it is not its turn or was refused."""
        advice: list[Proposal | None] = [None] * count
        if self._adviser is None:
            return advice
        numbers = range(len(history.trials), len(history.trials) + count)
        due = [index for index, number in enumerate(numbers) if (number * _BRONZE) % 1.0 < shares[NAME]]
        early = [index for index, number in enumerate(numbers) if 1 <= number <= 2 * self.advised_first]
        indices = sorted({*due, *(early[: self._first_turns(history)] if early else ())})
        proposals = self._adviser.advised(history, count=len(indices), seed=seed) if indices else ()
        for index, proposal in zip(indices, proposals, strict=False):
            advice[index] = proposal
        return advice

    def _first_turns(self, history: History) -> int:
        """Return how many of the next trials may be among the adviser's first proposals."""
        if success_rate(history) <= _GOOD_RATE:
            return 0
        advised = [trial for trial in history.trials[: 2 * self.advised_first + 1] if trial.proposal.proposer == NAME]
        unproven = sum(not trial.state.settled for trial in advised)
        return max(0, min(self.advised_first - len(advised), _MOST_UNPROVEN - unproven))

    @cached_property
    def _members(self) -> dict[str, Proposer]:
        return {name_of(member): resolve("proposers", member) for member in self.members}

    @cached_property
    def _adviser(self) -> LanguageModelProposer | None:
        adviser = None if self.adviser is None else resolve("proposers", self.adviser)
        if adviser is not None and not isinstance(adviser, LanguageModelProposer):
            raise InputError(
                f"adviser must be 'language_model', got {name_of(adviser)!r}. Make other proposers members.",
                keys=("adviser",),
            )
        return adviser


def _rate(credit: Credit, average: float) -> float:
    """Return a proposer's estimated gain per cost."""
    return (credit.gain + _PRIOR_TRIALS * average) / (credit.cost + _PRIOR_TRIALS)


def _attributed(proposal: Proposal, name: str, shares: Mapping[str, float]) -> Proposal:
    """Return a proposal whose reason names the member that made it."""
    reason = f"{proposal.reason.rstrip('.')}; proposed by {name} (share {100 * shares[name]:.0f} %)"
    return dataclasses.replace(proposal, proposer=name, reason=reason)
