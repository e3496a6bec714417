"""Trial 0, and configurations that were not tried yet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core.priors import likeliest
from ..core.space import SearchSpace
from ..core.trial import Proposal, Value
from ..history.history import History


def baseline(space: SearchSpace, known: Mapping[str, Value]) -> Proposal:
    """Return trial 0: the user's own configuration, also where it lies outside the search space.

    Args:
        space: Its parameters' own defaults come first.
        known: The user's values as far as the task knows them, as from a config file.

    Returns:
        The proposal; its reason says where a value had to be guessed.
    """
    chosen: dict[str, Value] = {}
    expected: list[str] = []
    guessed: list[str] = []
    for name in space.order:
        if not space.is_active(name, chosen):
            continue
        parameter = space.parameters[name]
        if parameter.default is not None:
            chosen[name] = parameter.default
        elif name in known:
            chosen[name] = known[name]
        elif (likely := likeliest(parameter)) is not None:
            chosen[name] = likely
            expected.append(name)
        else:
            chosen[name] = parameter.middle
            guessed.append(name)
    reason = "your own configuration"
    if expected:
        reason += f"; no default is known for {', '.join(expected)}, so what you expect to be good was taken"
    if guessed:
        reason += f"; no default is known for {', '.join(guessed)}, so the middle was taken"
    if fault := space.fault(chosen):
        reason += f"; it lies outside the search space: {fault}"
    return Proposal(parameters={name: chosen[name] for name in space.names if name in chosen}, reason=reason)


def is_new(history: History, parameters: Mapping[str, Value], inherits: int | None = None) -> bool:
    """Tell whether a configuration lies in the space and was never proposed.

    Args:
        history: All that is known.
        parameters: The configuration.
        inherits: The trial whose checkpoint it is to start from; that one must be settled. To go on with the same
            parameters is new, but only once.
    """
    if inherits is not None and not (0 <= inherits < len(history.trials) and history.trials[inherits].state.settled):
        return False
    return history.space.contains(parameters) and not history.has_tried(parameters, inherits)


def untried(history: History, seed: int) -> Proposal | None:
    """Return a configuration that was not tried yet, or None where there is none left.

    Args:
        history: All that is known.
        seed: The study's seed.
    """
    rng = np.random.default_rng([seed, len(history.trials), 1])
    draws = (history.space.sample(rng) for _ in range(100))
    found = next((drawn for drawn in draws if is_new(history, drawn)), None)
    if found is None and np.isfinite(history.space.size):
        found = next((c for c in history.space.every() if not history.has_tried(c)), None)
    return None if found is None else Proposal(parameters=found, proposer="random", reason="not tried yet")
