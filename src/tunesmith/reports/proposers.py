"""What each proposer achieved, and the share of the trials that a portfolio gives it. Nothing is drawn here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.trial import State
from ..history.history import History
from ..proposers.base import Proposer
from ..proposers.portfolio import PortfolioProposer
from ..text import wording
from .data import Measure, evenly, may_lead

MOST_POINTS = 60
CREDIT = (
    "The credit of a trial is 1 for a new best, 1/2 for a second best, 1/3 for a third, and so on; the first of equal "
    "results ranks higher. Shares follow the average credit per trial time; recent trials count most."
)


@dataclass(frozen=True)
class ProposerRow:
    """The results of one proposer.

    Args:
        name: The proposer.
        proposed: The number of its trials, whatever their state.
        complete: Those that finished.
        pruned: Those that were stopped early.
        failed: Those that failed.
        led: Those that were a new best; with a Pareto objective, those on the front.
        accepted: Those that a judge accepted.
        best: Its best result that may lead, in the metric's own sign.
        share: The share of the next trials that a portfolio gives it; None for a proposer outside a portfolio.
        credit: The average credit of its recent trials: 1 for a new best, 1/2 for a second best, 1/3 for a third. None
            without recent trials.
        cost: The average time of its recent trials, as a multiple of the usual trial's.
    """

    name: str
    proposed: int
    complete: int
    pruned: int
    failed: int
    led: int
    accepted: int
    best: float | None
    share: float | None = None
    credit: float | None = None
    cost: float = 1.0


def proposer_rows(history: History, proposer: Proposer | None = None) -> list[ProposerRow]:
    """Return one row per proposer, the one with the most trials first.

    Args:
        history: The study's history.
        proposer: The study's proposer. Of a portfolio, members with a share but without a trial have a row, too.
    """
    measure = Measure.of(history.objective)
    states: dict[str, Counter[State]] = {}
    led: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    best: dict[str, float] = {}
    least = math.inf
    for trial, loss in zip(history.trials, measure.losses(history), strict=True):
        name = trial.proposal.proposer
        states.setdefault(name, Counter())[trial.state] += 1
        accepted[name] += trial.verdict is not None and trial.verdict.decision == "accept"
        if may_lead(history, trial):
            best[name] = min(best.get(name, math.inf), float(loss))
            led[name] += bool(loss < least)
            least = min(least, loss)
    if history.objective.pareto:
        led = Counter(trial.proposal.proposer for trial in history.front)
    shares, credits = {}, {}
    if isinstance(proposer, PortfolioProposer):
        shares = proposer.shares(history)
        credits = {credit.proposer: credit for credit in proposer.credit(history) if credit.trials >= 0.05}
    names = [*states, *(name for name, share in shares.items() if share and name not in states)]
    rows = []
    for name in names:
        count, credit = states.get(name, Counter()), credits.get(name)
        rows.append(
            ProposerRow(
                name=name,
                proposed=count.total(),
                complete=count[State.COMPLETE],
                pruned=count[State.PRUNED],
                failed=count[State.FAILED],
                led=led[name],
                accepted=accepted[name],
                best=measure.value(best.get(name, math.nan)),
                share=shares.get(name),
                credit=credit.gain / credit.trials if credit else None,
                cost=credit.cost / credit.trials if credit else 1.0,
            )
        )
    return sorted(rows, key=lambda row: (-row.proposed, row.name))


def share_words(rows: Sequence[ProposerRow], most: int = 12) -> list[str]:
    """Return the shares of a portfolio's members in words, the largest first; none outside a portfolio."""
    words = []
    for row in sorted(rows, key=lambda row: (-(row.share or 0.0), row.name)):
        if row.share is None:
            continue
        cost = "" if row.cost == 1 else f" at {wording.number(row.cost, 2)} times the usual trial time"
        why = "no recent trials" if row.credit is None else f"credit {wording.number(row.credit, 2)}{cost}"
        words.append(f"{row.name} {wording.share(row.share)} ({why})")
    return words[:most]


def shares_over_time(history: History, portfolio: PortfolioProposer) -> tuple[list[int], list[dict[str, float]]]:
    """Return the members' shares since another member than the first made a proposal.

    Returns:
        At most `MOST_POINTS` numbers of trials at even distances, and the shares by member after each.
    """
    others = [credit.proposer for credit in portfolio.credit(history, until=0)][1:]
    last = len(history.trials)
    first = next((trial.number for trial in history.trials if trial.proposal.proposer in others), last)
    numbers = evenly(range(first, last + 1), MOST_POINTS)
    return numbers, [portfolio.shares(history, number) for number in numbers]
