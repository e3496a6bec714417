"""Proposes the advice of a language model, after checks that keep bad advice from costing a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..core.parameters import Choice, Parameter
from ..core.schema import expect_range
from ..core.trial import Proposal, Value
from ..core.values import shown
from ..errors import InputError
from ..history.credit import assign_credit
from ..history.history import History
from .gp import GpProposer

NAME = "language_model"

_HALF_LIFE = 30.0  # Trials after which a gain counts half.
_TRUSTED_TRIALS = 3.0  # Trials needed before advice can be trusted.
_TRUSTED_GAIN = 1.5  # Gain per trial, relative to that of other proposers, from which advice is trusted.
_HUGE = 20.0  # Logarithmic gap from which the message gives no number.


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A configuration that an adviser suggests.

    Args:
        changes: New values by parameter, unchecked.
        parent: The trial that it starts from; None for the best.
        step: The intended size of the step.
        reason: The reason, in words.
        expectation: The expected value of the metric.
    """

    changes: Mapping[str, Any]
    parent: int | None = None
    step: str = "medium"
    reason: str = ""
    expectation: float | None = None


class AdviceRejected(Exception):
    """Advice that cannot be followed; the message says why."""


class Adviser(Protocol):
    """Gives advice, as a language model does."""

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        """Return about `count` pieces of advice, or none."""
        ...

    def refuse(self, advice: Advice, reason: str) -> None:
        """Record that a piece of advice is refused."""
        ...

    def allows(self, advice: Advice, proposal: Proposal) -> bool:
        """Tell whether valid advice may be tried now; False where a person must approve it first."""
        ...


@dataclass(frozen=True, kw_only=True)
class LanguageModelProposer:
    """Proposes an adviser's configurations that are valid and promise about as much as an optimiser's.

    Advice is refused if a parameter is unknown, a value is not a number or an option, or the configuration is forbidden
    or was tried before. Numbers out of range are moved to the bound. Advice is also refused if its expected improvement
    falls too far short of the best that a Gaussian process sees, as in the justified variant of LLINBO (Chang et al.
    2025, arXiv 2505.14756v2, section 2.4), unless earlier advice gained more than the trials of other proposers.

    Args:
        adviser: The adviser; None leaves all to the Gaussian process.
        shortfall: How much less the logarithm of the expected improvement may be; above 0. It shrinks with the share of
            the adviser's trials that were no better than trial 0.

    >>> LanguageModelProposer().shortfall
    1.0
    """

    adviser: Adviser | None = None
    shortfall: float = 1.0

    def __post_init__(self) -> None:
        if self.adviser is not None and not hasattr(self.adviser, "advise"):
            raise InputError(
                f"an adviser must be an object with a method `advise`, got {shown(self.adviser)}. In a study.toml, "
                "name the language model in [agents].",
                keys=("adviser",),
            )
        expect_range(self, "shortfall", 0, above=True)

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        """Return `count` configurations: advised ones, then those of the Gaussian process.

        Raises:
            SpaceExhausted: All sampled configurations were forbidden.
        """
        proposals = self.advised(history, count=count, seed=seed)
        if len(proposals) < count:
            proposals += GpProposer().propose(history, count=count - len(proposals), seed=seed)
        return proposals

    def advised(self, history: History, *, count: int, seed: int) -> list[Proposal]:
        """Return up to `count` configurations from advice that passes all checks."""
        adviser = self.adviser
        if adviser is None:
            return []
        valid: list[tuple[Advice, dict[str, Value]]] = []
        for advice in adviser.advise(history, count=count):
            try:
                parameters = configuration(history, advice)
                if any(history.space.key(parameters) == history.space.key(other) for _, other in valid):
                    raise AdviceRejected("it is the same as another piece of advice.")
            except AdviceRejected as error:
                adviser.refuse(advice, str(error))
            else:
                valid.append((advice, parameters))
        proposals: list[Proposal] = []
        allowed = self.shortfall * success_rate(history)
        for (advice, parameters), shortfall in zip(valid, _shortfalls(history, valid, seed), strict=True):
            if shortfall > allowed:
                times = f"{math.exp(shortfall):.2g}" if shortfall < _HUGE else "very many"
                adviser.refuse(advice, f"it promises {times} times less than what the optimiser sees.")
            elif len(proposals) < count:
                proposal = _proposal(history, advice, parameters)
                if adviser.allows(advice, proposal):
                    proposals.append(replace(proposal, reason=f"{advice.step} step: {advice.reason}"))
        return proposals


def configuration(history: History, advice: Advice, *, new: bool = True) -> dict[str, Value]:
    """Return the configuration that advice describes.

    Args:
        history: The study's history.
        advice: The advice.
        new: Whether to reject a configuration that was tried before.

    Raises:
        AdviceRejected: It describes none.
    """
    space = history.space
    if advice.parent is not None and not 0 <= advice.parent < len(history.trials):
        raise AdviceRejected(f"there is no trial {advice.parent} to start from.")
    parent = history.best if advice.parent is None else history.trials[advice.parent]
    start = parent or (history.trials[0] if history.trials else None)
    if unknown := [name for name in advice.changes if name not in space.parameters]:
        raise AdviceRejected(f"there is no parameter {unknown[0]!r:.80}.")
    changes = {
        name: _value(space.parameters[name], name, value)
        for name, value in advice.changes.items()
        # Models give null for parameters that are not active.
        if value is not None or _has_option_none(space.parameters[name])
    }
    parameters = space.complete({**(start.parameters if start else {}), **changes})
    if space.is_forbidden(parameters):
        raise AdviceRejected("this combination is forbidden.")
    if new and history.has_tried(parameters):
        raise AdviceRejected("this configuration was tried already.")
    return parameters


def success_rate(history: History) -> float:
    """Return the share of advised trials that were better than trial 0, with one success added."""
    advised = [trial.number for trial in history.trials if trial.proposal.proposer == NAME and trial.state.settled]
    better = sum(_rank_key(history, number) < _rank_key(history, 0) for number in advised)
    return (1 + better) / (1 + len(advised))


def _has_option_none(parameter: Parameter) -> bool:
    return isinstance(parameter, Choice) and None in parameter.options


def _value(parameter: Parameter, name: str, value: Any) -> Value:
    """Return an advised value as one of the parameter's."""
    if isinstance(parameter, Choice):
        return _option(parameter, name, value)
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not abs(number) < float("inf"):
        raise AdviceRejected(f"{name!r} must be a plain number, got {value!r:.80}.")
    return parameter.clamp(number)


def _option(parameter: Choice, name: str, value: Any) -> Value:
    for option in parameter.options:
        if option == value and type(option) is type(value):
            return option
    for option in parameter.options:  # Models write 'true' for True, or 3 for "3".
        if str(option).casefold() == str(value).casefold():
            return option
    options = ", ".join(map(repr, parameter.options))[:200]
    raise AdviceRejected(f"{name!r} must be one of {options}, got {value!r:.80}.")


def _shortfalls(history: History, valid: Sequence[tuple[Advice, dict[str, Value]]], seed: int) -> Sequence[float]:
    if _is_trusted(history):
        return [0.0] * len(valid)
    return GpProposer().acquisition_gap(history, [parameters for _, parameters in valid], seed=seed)


def _is_trusted(history: History) -> bool:
    """Tell whether advised trials have gained more than those of other proposers."""
    others = {trial.proposal.proposer for trial in history.trials} - {NAME, "user", "rules"}
    advised, *rest = assign_credit(history, [NAME, *sorted(others)], half_life=_HALF_LIFE)
    trials = sum(credit.trials for credit in rest)
    if advised.trials < _TRUSTED_TRIALS or not trials:
        return False
    return advised.gain / advised.trials > _TRUSTED_GAIN * sum(credit.gain for credit in rest) / trials


def _rank_key(history: History, number: int) -> tuple[float, float]:
    """Return the key that orders trials from the best on; trials without a loss come last."""
    key = float(history.violations[number]), float(history.losses[number])
    return (math.inf, math.inf) if math.isnan(key[1]) else key


def _proposal(history: History, advice: Advice, parameters: Mapping[str, Value]) -> Proposal:
    parent = advice.parent if advice.parent is not None or history.best is None else history.best.number
    return Proposal(
        parameters=parameters,
        proposer=NAME,
        reason=advice.reason,
        parent=parent,
        expectation=advice.expectation,
    )
