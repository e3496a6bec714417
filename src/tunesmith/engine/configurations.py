"""Trial 0, and configurations that were not tried yet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core.priors import prior_mode
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..history.history import History


def baseline(space: SearchSpace, known: Mapping[str, Value]) -> Proposal:
    """Return trial 0: the user's own configuration, even if it lies outside the search space.

    Args:
        space: The search space; its parameters' defaults come first.
        known: The user's values that the task knows, for example from a config file.

    Returns:
        The proposal; its reason names the parameters whose value had to be guessed.
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
            parameters[name] = known[name]
        elif (mode := prior_mode(parameter)) is not None:
            parameters[name] = mode
            from_prior.append(name)
        else:
            parameters[name] = parameter.middle
            from_middle.append(name)
    reason = "your own configuration"
    if from_prior:
        reason += f"; no default known for {', '.join(from_prior)}: took the prior's best value"
    if from_middle:
        reason += f"; no default known for {', '.join(from_middle)}: took the middle of the range"
    if fault := space.fault(parameters):
        reason += f"; outside the search space: {fault}"
    return Proposal(parameters={name: parameters[name] for name in space.names if name in parameters}, reason=reason)


def is_new(history: History, parameters: Mapping[str, Value], inherits: int | None = None) -> bool:
    """Tell whether a configuration lies in the space and was never proposed.

    Args:
        history: The study so far.
        parameters: The configuration.
        inherits: The trial whose checkpoint it starts from, which must be settled. Continuing with the same parameters
            is new, but only once.
    """
    if inherits is not None and not (0 <= inherits < len(history.trials) and history.trials[inherits].state.settled):
        return False
    return history.space.contains(parameters) and not history.has_tried(parameters, inherits)


def untried(history: History, seed: int) -> Proposal | None:
    """Return an untried configuration, at random or else by enumeration; None if there is none left.

    Args:
        history: The study so far.
        seed: The study's seed.
    """
    rng = np.random.default_rng([seed, len(history.trials), 1])
    draws = (history.space.sample(rng) for _ in range(100))
    parameters = next((drawn for drawn in draws if is_new(history, drawn)), None)
    if parameters is None and np.isfinite(history.space.size):
        parameters = next((c for c in history.space.configurations() if not history.has_tried(c)), None)
    return None if parameters is None else Proposal(parameters=parameters, proposer="random", reason="not tried yet")
