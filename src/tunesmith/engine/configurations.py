"""Trial 0, and untried configurations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core.parameters import Choice
from ..core.priors import prior_mode
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..core.values import number_in, plain
from ..history.history import History


def baseline(space: SearchSpace, known: Mapping[str, Value]) -> Proposal:
    """Return trial 0: the user's own configuration, even if it lies outside the search space.

    Args:
        space: The search space, whose defaults take precedence.
        known: The user's values that the task knows, such as those in a config file.

    Returns:
        The proposal; its reason names the parameters whose values are guesses.

    Raises:
        InputError: A value of the user's cannot be recorded, as infinity; its keys name the parameter.
    """
    parameters: dict[str, Value] = {}
    from_prior: list[str] = []
    from_middle: list[str] = []
    for name in space.order:
        if not space.is_active(name, parameters):
            continue
        parameter = space.parameters[name]
        if parameter.default is not None:
            parameters[name] = parameter.default
        elif name in known:
            hint = "Write another value, or give the parameter a default."
            value = plain(known[name], f"your own value of '{name}'", "space", name, hint=hint)
            parameters[name] = value if isinstance(parameter, Choice) else _as_number(value)
        elif (mode := prior_mode(parameter)) is not None:
            parameters[name] = mode
            from_prior.append(name)
        else:
            parameters[name] = parameter.middle
            from_middle.append(name)
    reason = "your own configuration"
    if from_prior:
        reason += f"; no default known for {', '.join(from_prior)}: used the prior's mode"
    if from_middle:
        reason += f"; no default known for {', '.join(from_middle)}: used the middle of the range"
    if fault := space.fault(parameters):
        reason += f"; outside the search space: {fault}"
    return Proposal(parameters={name: parameters[name] for name in space.names if name in parameters}, reason=reason)


def _as_number(value: Value) -> Value:
    """Return the number that a config has as a text, as some services write it; other values as they are."""
    number = number_in(value) if isinstance(value, str) else None
    return value if number is None else number


def is_new(history: History, parameters: Mapping[str, Value], inherits: int | None = None) -> bool:
    """Tell whether a configuration lies in the space and has never been proposed.

    Args:
        history: The study so far.
        parameters: The configuration.
        inherits: The settled trial whose checkpoint it starts from. Continuing a trial with its own parameters is new
            once.
    """
    if inherits is not None and not (0 <= inherits < len(history.trials) and history.trials[inherits].state.settled):
        return False
    return history.space.contains(parameters) and not history.has_tried(parameters, inherits)


def untried(history: History, seed: int) -> Proposal | None:
    """Return an untried configuration, at random or else by enumeration; None if none is left.

    Args:
        history: The study so far.
        seed: The study's seed.
    """
    rng = np.random.default_rng([seed, len(history.trials), 1])
    draws = (history.space.sample(rng) for _ in range(100))
    parameters = next((draw for draw in draws if is_new(history, draw)), None)
    if parameters is None and np.isfinite(history.space.size):
        parameters = next((c for c in history.space.configurations() if not history.has_tried(c)), None)
    return None if parameters is None else Proposal(parameters=parameters, proposer="random", reason="not tried yet")
