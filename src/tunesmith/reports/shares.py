"""How a portfolio shared out the trials, and why. No drawing here."""

from __future__ import annotations

from dataclasses import dataclass

from ..history.history import History
from ..proposers.base import Proposer
from ..proposers.portfolio import PortfolioProposer
from ..text import wording

MOST_POINTS = 60


@dataclass(frozen=True)
class Earnings:
    """What one member of a portfolio has earned by now.

    Args:
        proposer: Its name.
        trials: How many of the last trials were its own, the older the less.
        gain: What one of them gained on average: 1 for a new best, 1/2 for a second best, 1/3 for a third.
        cost: How much of an ordinary trial's time one of them took.
        share: The share of the next trials that it is due.
    """

    proposer: str
    trials: float
    gain: float
    cost: float
    share: float

    def __str__(self) -> str:
        """Say it in words."""
        words = f"{self.proposer} is due {wording.share(self.share)}"
        if self.trials < 0.05:
            return f"{words}: it has proposed nothing of late"
        cost = "" if self.cost == 1 else f", in {wording.number(self.cost, 2)} of an ordinary trial’s time"
        return f"{words}: its trials gained {wording.number(self.gain, 2)} each{cost}"


@dataclass(frozen=True)
class Shares:
    """What each member of a portfolio was due as the study went on.

    Args:
        proposers: The members.
        numbers: After how many trials, rising.
        shares: One line a number, one share a member; each line adds up to 1.
    """

    proposers: tuple[str, ...]
    numbers: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]


def earnings(history: History, proposer: Proposer | None) -> list[Earnings]:
    """Return what each member has earned by now, the largest share first; nothing where it is no portfolio.

    Who is not in play yet, as nothing was proposed by it and it is due nothing, is left out.
    """
    if not isinstance(proposer, PortfolioProposer):
        return []
    shares = proposer.shares(history)
    rows = [
        Earnings(
            proposer=credit.proposer,
            trials=credit.trials,
            gain=credit.gain / credit.trials if credit.trials else 0.0,
            cost=credit.cost / credit.trials if credit.trials else 1.0,
            share=shares[credit.proposer],
        )
        for credit in proposer.credit(history)
        if credit.trials or shares[credit.proposer]
    ]
    return sorted(rows, key=lambda row: (-row.share, row.proposer))


def shares_over_time(history: History, portfolio: PortfolioProposer) -> Shares:
    """Return what each member was due since another than the first proposed a trial; at most `MOST_POINTS` lines."""
    names = tuple(credit.proposer for credit in portfolio.credit(history, until=0))
    last = len(history.trials)
    first = next((trial.number for trial in history.trials if trial.proposal.proposer in names[1:]), last)
    count = min(MOST_POINTS, last - first + 1)
    numbers = [first + place * (last - first) // max(count - 1, 1) for place in range(count)]
    lines = [portfolio.shares(history, number) for number in numbers]
    return Shares(names, tuple(numbers), tuple(tuple(line[name] for name in names) for line in lines))
