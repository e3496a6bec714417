"""The default: several proposers, of which the one that has earned it makes the next proposal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..core.trial import Proposal
from ..errors import InputError
from ..history.credit import Credit, assign_credit
from ..history.history import History
from ..plugins import name_of, resolve
from .base import Proposer
from .language_model import NAME, LanguageModelProposer, standing

_HALF_LIFE = 30.0  # Trials, after which a gain counts half.
_BELIEVED = 5.0  # Trials of each member that are believed to have gained what is usual, while little is known of it.
_LEAD = 6.0  # Times as much of the trials for the first as for another that gains as much.
_LEAD_ON_FRONTS = 60.0  # A trial that gains a place on a front may add nothing to what it dominates (measured).
_GOOD_STANDING = 0.5
_UNPROVEN = 3  # Of the first ones run side by side at the most, while nobody knows what the advice is worth.
_EARNED = (0.2, 4.0)  # Times its usual share, at least and at most, for advice that gained so much less or more.
_SILVER = 2**0.5 - 1  # Not the golden ratio: by its multiples, hyperband chooses brackets.
_BRONZE = 3**0.5 - 1  # And by those of another, the adviser its turns.


@dataclass(frozen=True, kw_only=True)
class PortfolioProposer:
    """Lets each member propose the share of the trials that it has earned.

    What a member has earned is the gain of its trials for the time that they took (`history.credit`). It fades, so
    that nobody lives on a good start. Each keeps a share however little it earns: what is good changes as a search
    goes on, and a second view keeps a model from believing nothing but itself.

    The first member is the one that is believed in: it begins, and is due six times as much as another that gains as
    much. Who exploits gains early, and on one hill only: where a space hides a second one, it takes trials that gain
    nothing to find it. (Measured: with equal rights, the others drew all trials to the hill that was known.)

    Args:
        members: Names of proposers, or tables of a name and options; two or more.
        startup_trials: The first member proposes alone until so many trials have ended; not negative. Counted as they
            end, and not as they are proposed: with many at once, the others would begin with nothing to go by.
            (Measured: from 30 on, the others took more than they found, most of all with a dozen at once.)
        floor: The least share of the trials for each, at least 0, and together at most 1.
        adviser: The proposer `language_model`, which may be very good or very bad, and costs money: it makes the first
            few proposals after trial 0, and then is due a share that grows and shrinks with what it has gained.
        advised_first: How many those first ones are, as long as more than half of them are better than trial 0; not
            negative.
        advice_share: Its share while it gains as much as the others; from 0 up to 0.25.

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
        if isinstance(self.members, str) or not isinstance(self.members, Sequence):
            raise InputError(f"members must be a list of proposers, but {self.members!r} was given.", keys=("members",))
        object.__setattr__(self, "members", tuple(self.members))
        try:
            different = len(self._members)
        except InputError as error:
            raise error.inside("members") from None
        if different < max(2, len(self.members)):
            raise InputError(
                f"a portfolio needs two or more different members, but {list(map(name_of, self.members))} were given.",
                keys=("members",),
            )
        for name in ("startup_trials", "advised_first"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must not be negative, but {getattr(self, name)} was given.", keys=(name,))
        if not 0 <= self.advice_share <= 0.25:
            raise InputError(
                f"advice_share must be from 0 to 0.25, but {self.advice_share} was given.", keys=("advice_share",)
            )
        if not 0 <= self.floor <= 1 / len(self.members):
            raise InputError(
                f"floor must be at least 0 and at most {1 / len(self.members):.3g} with {len(self.members)} members, "
                f"but {self.floor} was given.",
                keys=("floor",),
            )

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return up to `count` configurations, each from the member whose turn it is.

        Raises:
            SpaceExhausted: All that a member drew was forbidden.
        """
        shares = self.shares(history)
        # Whose turn it is does not hang on the adviser: where its advice does not hold, all is as if nobody was asked.
        turns = self._turns({name: shares[name] for name in self._members}, len(history.trials), count)
        advice = self._advice(history, shares, count=count, seed=seed)
        own = [name for name, advised in zip(turns, advice, strict=True) if advised is None]
        proposed = {
            name: iter(self._members[name].propose(history, count=own.count(name), seed=seed)) for name in set(own)
        }
        found = [
            (advised, advised.proposer) if advised is not None else (next(proposed[name], None), name)
            for name, advised in zip(turns, advice, strict=True)
        ]
        return [_signed(proposal, name, shares) for proposal, name in found if proposal is not None]

    def earned(self, history: History, until: int | None = None) -> list[Credit]:
        """Return what each member, and the adviser, has earned; `until` is that of `assign_credit`."""
        return assign_credit(history, [*self._members, *self._advised_by], half_life=_HALF_LIFE, until=until)

    def shares(self, history: History, until: int | None = None) -> dict[str, float]:
        """Return the share of the trials that each is due, by name; they add up to 1. `until` as in `earned`."""
        earned = self.earned(history, until)
        members, advisers = earned[: len(self._members)], earned[len(self._members) :]
        usual = (sum(credit.gain for credit in members) + 1) / (sum(credit.cost for credit in members) + len(members))
        advised = {credit.proposer: self.advice_share * _factor(credit, usual) for credit in advisers}
        return self._shared(history, members, usual, 1 - sum(advised.values())) | advised

    def _shared(self, history: History, members: Sequence[Credit], usual: float, whole: float) -> dict[str, float]:
        """Return the members' shares, which add up to `whole`."""
        first, *others = (credit.proposer for credit in members)
        if history.settled < self.startup_trials:
            return {first: whole, **dict.fromkeys(others, 0.0)}
        rates = {credit.proposer: _rate(credit, usual) for credit in members}
        rates[first] *= _LEAD_ON_FRONTS if history.objective.pareto else _LEAD
        spare = 1 - self.floor * len(rates)
        return {name: whole * (self.floor + spare * rate / sum(rates.values())) for name, rate in rates.items()}

    def _turns(self, shares: Mapping[str, float], number: int, count: int) -> list[str]:
        """Return who proposes each of `count` trials from `number` on.

        Multiples of such a number, less their whole part, fill [0, 1) evenly from wherever they begin. So a member
        whose share is an interval of it is met as often as it should be in any stretch of trials, and does not catch up
        on what it was not due before.
        """
        places = (np.arange(number, number + count) * _SILVER) % 1.0
        ends = np.cumsum(list(shares.values()))[:-1] / sum(shares.values())
        return [list(shares)[place] for place in np.searchsorted(ends, places, side="right").tolist()]

    def _advice(
        self, history: History, shares: Mapping[str, float], *, count: int, seed: int
    ) -> Sequence[Proposal | None]:
        """Return for each of the next trials what the adviser proposes, where it is its turn and its advice holds."""
        advice: list[Proposal | None] = [None] * count
        if self._adviser is None:
            return advice
        numbers = range(len(history.trials), len(history.trials) + count)
        due = [place for place, number in enumerate(numbers) if (number * _BRONZE) % 1.0 < shares[NAME]]
        early = [place for place, number in enumerate(numbers) if 1 <= number <= 2 * self.advised_first]
        places = sorted({*due, *(early[: self._first_turns(history)] if early else ())})
        followed = self._adviser.followed(history, count=len(places), seed=seed) if places else ()
        for place, proposal in zip(places, followed, strict=False):
            advice[place] = proposal
        return advice

    def _first_turns(self, history: History) -> int:
        """Return how many of the next trials may be the adviser's, while it makes its first proposals."""
        if standing(history) <= _GOOD_STANDING:
            return 0
        own = [trial for trial in history.trials[: 2 * self.advised_first + 1] if trial.proposal.proposer == NAME]
        unproven = sum(not trial.state.settled for trial in own)
        return max(0, min(self.advised_first - len(own), _UNPROVEN - unproven))

    @cached_property
    def _members(self) -> dict[str, Proposer]:
        return {name_of(member): resolve("proposers", member) for member in self.members}

    @property
    def _advised_by(self) -> list[str]:
        return [] if self._adviser is None else [NAME]

    @cached_property
    def _adviser(self) -> LanguageModelProposer | None:
        adviser = None if self.adviser is None else resolve("proposers", self.adviser)
        if adviser is not None and not isinstance(adviser, LanguageModelProposer):
            raise InputError(
                f"an adviser must be 'language_model', but {name_of(adviser)!r} was given. Others can be members.",
                keys=("adviser",),
            )
        return adviser


def _rate(credit: Credit, usual: float) -> float:
    """Return what a trial of a proposer gains for its cost, as far as that is known."""
    return (credit.gain + _BELIEVED * usual) / (credit.cost + _BELIEVED)


def _factor(credit: Credit, usual: float) -> float:
    """Return how many times its usual share an adviser has earned."""
    return float(np.clip(_rate(credit, usual) / usual, *_EARNED))


def _signed(proposal: Proposal, name: str, shares: Mapping[str, float]) -> Proposal:
    said = proposal.reason if proposal.reason.endswith((".", "!", "?")) else f"{proposal.reason}."
    reason = f"{said} It is the turn of {name}, which is due {shares[name]:.0%} of the trials."
    return dataclasses.replace(proposal, proposer=name, reason=reason)
