"""What a language model advises, checked before it costs a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.parameters import Choice, Parameter
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..errors import InputError
from ..history.credit import assign_credit
from ..history.history import History
from .gp import GpProposer

NAME = "language_model"

_HALF_LIFE = 30.0  # Trials, after which a gain counts half.
_TRUSTED_TRIALS = 3.0  # So many of its own must have gained more than those of the others before it is believed.
_HUGE = 20.0  # A shortfall, from which on no number tells more.
_TRUSTED_GAIN = 1.5  # Times what a trial of the others gained.


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A configuration that somebody thinks well of.

    Args:
        changes: New values by parameter, as they were said; nothing of it has been checked.
        parent: The trial that it starts from; None for the best.
        step: How large a step it is meant to be.
        reason: Why, in words.
        expectation: The value of the metric that is expected.
    """

    changes: Mapping[str, Any]
    parent: int | None = None
    step: str = "medium"
    reason: str = ""
    expectation: float | None = None


class Adviser(Protocol):
    """Whoever gives advice, as a language model does."""

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        """Return up to `count` pieces of advice; none where there is nobody to ask any more."""
        ...

    def refuse(self, advice: Advice, reason: str) -> None:
        """Take note that a piece of advice is not followed, and why."""
        ...

    def allows(self, advice: Advice, proposal: Proposal) -> bool:
        """Tell whether a piece of advice that holds may be tried now; not where a person has to approve it first."""
        ...


@dataclass(frozen=True, kw_only=True)
class LanguageModelProposer:
    """Proposes what an adviser says, where that can be run and promises about as much as what an optimiser would try.

    A piece of advice is refused where it names a parameter that does not exist or is not active, where a value is no
    plain number or option, where it is forbidden, or was tried before; a number outside of its range is moved to the
    bound. And where the expected improvement falls short of the best that a Gaussian process sees by too much, as in
    the justified variant of LLINBO (Chang et al. 2025, arXiv 2505.14756v2, section 2.4): so bad advice costs no trial.
    Advice that gained more than the trials of others is followed without that, as the process may know less.

    Args:
        adviser: Whom to ask; None leaves all to the Gaussian process.
        shortfall: How much less the logarithm of the expected improvement may be; above 0. It shrinks with the share of
            its own trials that were no better than trial 0.

    >>> LanguageModelProposer().shortfall
    1.0
    """

    adviser: Adviser | None = None
    shortfall: float = 1.0

    def __post_init__(self) -> None:
        if self.adviser is not None and not hasattr(self.adviser, "advise"):
            raise InputError(
                f"an adviser must be an object that can be asked, but {self.adviser!r} was given. In a study.toml, say "
                "whom to ask in [agents].",
                keys=("adviser",),
            )
        if not self.shortfall > 0:
            raise InputError(f"shortfall must be above 0, but {self.shortfall} was given.", keys=("shortfall",))

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` configurations; where the advice does not hold, those of the Gaussian process.

        Raises:
            SpaceExhausted: All that was drawn was forbidden.
        """
        kept = self.followed(history, count=count, seed=seed)
        if len(kept) < count:
            kept += GpProposer().propose(history, count=count - len(kept), seed=seed)
        return kept

    def followed(self, history: History, *, count: int, seed: int) -> list[Proposal]:
        """Return what of the advice can be followed: up to `count` configurations, or none."""
        possible: list[tuple[Advice, dict[str, Value]]] = []
        for advice in self.adviser.advise(history, count=count) if self.adviser else ():
            try:
                parameters = configuration(history, advice)
                if any(history.space.key(parameters) == history.space.key(other) for _, other in possible):
                    raise Refusal("it is the same as another piece of advice.")
            except Refusal as error:
                self._refuse(advice, str(error))
            else:
                possible.append((advice, parameters))
        kept: list[Proposal] = []
        most = self.shortfall * standing(history)
        for (advice, parameters), shortfall in zip(possible, self._shortfalls(history, possible, seed), strict=True):
            if shortfall > most:
                times = f"{math.exp(shortfall):.2g}" if shortfall < _HUGE else "very many"
                self._refuse(advice, f"it promises {times} times less than what the optimiser sees.")
            elif len(kept) < count and self._allows(advice, told := _told(history, advice, parameters)):
                kept.append(told)
        return kept

    def _refuse(self, advice: Advice, reason: str) -> None:
        if self.adviser is not None:
            self.adviser.refuse(advice, reason)

    def _allows(self, advice: Advice, proposal: Proposal) -> bool:
        return self.adviser is None or self.adviser.allows(advice, proposal)

    def _shortfalls(
        self, history: History, possible: Sequence[tuple[Advice, dict[str, Value]]], seed: int
    ) -> Sequence[float]:
        if _is_trusted(history):
            return [0.0] * len(possible)
        return GpProposer().acquisition_gap(history, [parameters for _, parameters in possible], seed=seed)


class Refusal(Exception):
    """Why a piece of advice cannot be followed, in words."""


def configuration(history: History, advice: Advice, *, new: bool = True) -> dict[str, Value]:
    """Return the configuration that a piece of advice amounts to.

    Args:
        history: Where it starts from.
        advice: What is said.
        new: Whether one that was tried already is refused.

    Raises:
        Refusal: There is none.
    """
    space = history.space
    if advice.parent is not None and not 0 <= advice.parent < len(history.trials):
        raise Refusal(f"there is no trial {advice.parent} to start from.")
    parent = history.best if advice.parent is None else history.trials[advice.parent]
    start = parent or (history.trials[0] if history.trials else None)
    if unknown := [name for name in advice.changes if name not in space.parameters]:
        raise Refusal(f"there is no parameter {unknown[0]!r:.80}.")
    # Nothing said of a parameter is as good as not to name it; models do so for those that are not active.
    said = {name: value for name, value in advice.changes.items() if value is not None or _takes_none(space, name)}
    changes = {name: _value(space.parameters[name], name, value) for name, value in said.items()}
    parameters = space.complete({**(start.parameters if start else {}), **changes})
    if space.is_forbidden(parameters):
        raise Refusal("this combination is forbidden.")
    if new and history.has_tried(parameters):
        raise Refusal("this configuration was tried already.")
    return parameters


def _takes_none(space: SearchSpace, name: str) -> bool:
    parameter = space.parameters[name]
    return isinstance(parameter, Choice) and None in parameter.options


def _value(parameter: Parameter, name: str, said: Any) -> Value:
    """Return a value that was said as one that the parameter can have."""
    if isinstance(parameter, Choice):
        return _option(parameter, name, said)
    try:
        number = float(said) if not isinstance(said, bool) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not abs(number) < float("inf"):
        raise Refusal(f"{name!r} must be a plain number, but {said!r:.80} was said.")
    return parameter.clamp(number)


def _option(parameter: Choice, name: str, said: Any) -> Value:
    for option in parameter.options:
        if option == said and type(option) is type(said):
            return option
    for option in parameter.options:  # As models write it: 'true' for True, 3 for "3".
        if str(option).casefold() == str(said).casefold():
            return option
    raise Refusal(
        f"{name!r} must be one of {', '.join(map(repr, parameter.options))[:200]}, but {said!r:.80} was said."
    )


def _is_trusted(history: History) -> bool:
    """Tell whether what was proposed here before has gained more than what others proposed."""
    others = {trial.proposal.proposer for trial in history.trials} - {NAME, "user", "rules"}
    own, *rest = assign_credit(history, [NAME, *sorted(others)], half_life=_HALF_LIFE)
    trials = sum(credit.trials for credit in rest)
    if own.trials < _TRUSTED_TRIALS or not trials:
        return False
    return own.gain / own.trials > _TRUSTED_GAIN * sum(credit.gain for credit in rest) / trials


def standing(history: History) -> float:
    """Return the share of the trials proposed here that were better than trial 0, one more taken to have been."""
    own = [trial.number for trial in history.trials if trial.proposal.proposer == NAME and trial.state.settled]
    return (1 + sum(_place(history, number) < _place(history, 0) for number in own)) / (1 + len(own))


def _place(history: History, number: int) -> tuple[float, float]:
    """Return how good a trial is, smaller is better; one that came to nothing ranks last."""
    found = float(history.violations[number]), float(history.losses[number])
    return (math.inf, math.inf) if math.isnan(found[1]) else found


def _told(history: History, advice: Advice, parameters: Mapping[str, Value]) -> Proposal:
    parent = advice.parent if advice.parent is not None or history.best is None else history.best.number
    return Proposal(
        parameters=parameters,
        proposer=NAME,
        reason=advice.reason,
        parent=parent,
        expectation=advice.expectation,
    )
