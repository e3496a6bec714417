"""Given configurations first, in their order; then another proposer; never one that would end too late."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from ..core.schema import check_types, expect_range
from ..core.trial import Proposal, State, Trial, Value
from ..errors import SpaceExhausted
from ..history.history import History
from ..plugins import resolve
from .base import Proposer
from .random import RandomProposer

_NAME = "ordered"
_RECENT = 5  # Trials that the pace is the median of.
_CAUTION = 1.1  # Times an estimate that rests on the same group, and
_UNKNOWN_CAUTION = 1.3  # one that rests on others.
_MOST_DRAWS = 20  # Of these, so many are the search's, which takes up to a second each; the rest are random.
_SEARCHED_DRAWS = 2


@dataclass(frozen=True, kw_only=True)
class OrderedProposer:
    """Proposes configurations that are known to be good in their order, before another proposer searches.

    With `minutes`, a configuration is passed over while its trial is expected to end too late. The expected time is
    its estimate times the pace, the median ratio of seconds to estimates in this study, best known within its group.
    The search goes to a group that was not tried yet only if the quickest configuration given of it would end in time.

    With `group`, each group shows what it is worth. Further configurations of the groups in the better half come before
    those of the others, as in successive halving (Jamieson and Talwalkar 2016).

    Args:
        configurations: The active parameters of each, the first to be tried first.
        seconds: An estimate of the seconds of each one's trial; by default nothing is passed over.
        minutes: The study's budget of time.
        group: The parameter whose options differ most in time and in what they reach.
        then: The proposer of all later trials: a name, a table or an object.

    >>> OrderedProposer(configurations=[{"x": 0.5}, {"x": 0.1}], then="tpe").then
    'tpe'
    """

    configurations: Sequence[Mapping[str, Value]] = ()
    seconds: Sequence[float] = ()
    minutes: float | None = None
    group: str | None = None
    then: str | Mapping[str, Any] | Proposer = "portfolio"

    def __post_init__(self) -> None:
        check_types(self)
        expect_range(self, "minutes", 0, above=True)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return the next given configurations, or what the other proposer proposes.

        Raises:
            SpaceExhausted: No trial would end in time.
        """
        lagging = self._lagging(history)
        open_ones = [
            configuration
            for index, configuration in enumerate(self.configurations)
            if not history.has_tried(configuration) and self._fits(history, configuration, self._estimate(index))
        ]
        open_ones.sort(key=lambda configuration: self._group_of(configuration) in lagging)
        proposals = [
            Proposal(parameters=dict(configuration), proposer=_NAME, reason="known to be good on other tables")
            for configuration in open_ones[:count]
        ]
        if len(proposals) < count:
            proposals += self._searched(history, count - len(proposals), seed)
        if not proposals:
            raise SpaceExhausted("no further model can be trained in the time that is left.")
        return proposals

    def _group_of(self, parameters: Mapping[str, Value]) -> Value | None:
        return None if self.group is None else parameters.get(self.group)

    def _lagging(self, history: History) -> set[Value | None]:
        """Return the groups whose best trial is worse than those of half of the groups."""
        best: dict[Value | None, float] = {}
        losses = history.losses
        for trial in history.trials:
            if trial.state is State.COMPLETE:
                group = self._group_of(trial.parameters)
                best[group] = min(best.get(group, math.inf), losses[trial.number])
        middle = median(best.values()) if best else math.inf
        return {group for group, loss in best.items() if loss > middle}

    def _searched(self, history: History, count: int, seed: int) -> list[Proposal]:
        """Return proposals of the other proposer whose trials would end in time; random ones where it makes too few."""
        fitting: list[Proposal] = []
        for draw in range(_MOST_DRAWS if self.minutes is not None else 1):
            proposer = self._then if draw < _SEARCHED_DRAWS else RandomProposer()
            for proposal in proposer.propose(history, count=count, seed=seed + draw):
                if len(fitting) < count and self._fits(history, proposal.parameters, None):
                    fitting.append(proposal)
            if len(fitting) == count:
                break
        return fitting

    def _fits(self, history: History, parameters: Mapping[str, Value], estimate: float | None) -> bool:
        """Tell whether a trial is expected to end within the study's time."""
        if self.minutes is None:
            return True
        left = 60 * self.minutes - history.seconds_spent()
        return self._expected(history, parameters, estimate) <= left

    def _expected(self, history: History, parameters: Mapping[str, Value], estimate: float | None) -> float:
        """Return the expected seconds of a trial; 0 while nothing is known."""
        ended = [trial for trial in history.trials if trial.state is State.COMPLETE and trial.seconds]
        group = self._group_of(parameters)
        alike = [trial for trial in ended if self.group and self._group_of(trial.parameters) == group]
        if estimate is None:
            if seconds := [trial.seconds or 0.0 for trial in alike[-_RECENT:]]:
                return _CAUTION * median(seconds)
            estimate = self._quickest(group)
        if paces := self._paces(alike):
            return _CAUTION * estimate * median(paces[-_RECENT:])
        paces = self._paces(ended)
        return _UNKNOWN_CAUTION * estimate * (median(paces[-_RECENT:]) if paces else 1.0)

    def _paces(self, trials: Sequence[Trial]) -> list[float]:
        """Return the ratios of seconds to estimates of given configurations."""
        paces = []
        for trial in trials:
            for index, configuration in enumerate(self.configurations):
                if configuration == trial.parameters and (estimate := self._estimate(index)):
                    paces.append((trial.seconds or 0.0) / estimate)
        return paces

    def _quickest(self, group: Value | None) -> float:
        """Return the least estimate of a group's given configurations; 0 if it has none."""
        if self.group is None:
            return 0.0
        given = (index for index, one in enumerate(self.configurations) if self._group_of(one) == group)
        return min((self._estimate(index) or 0.0 for index in given), default=0.0)

    def _estimate(self, index: int) -> float | None:
        return self.seconds[index] if index < len(self.seconds) else None

    @cached_property
    def _then(self) -> Proposer:
        proposer: Proposer = resolve("proposers", self.then)
        return proposer
