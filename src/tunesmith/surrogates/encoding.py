"""Vectorised rounding of encoded points to configurations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from ..core.parameters import Choice, Float, Int, Parameter, options_of
from ..core.space import SearchSpace


def snap(space: SearchSpace, encoded: Floats) -> Floats:
    """Return `space.encode(space.decode(point))` for every point at once.

    Args:
        space: The search space.
        encoded: Shape `(points, parameters)` in [0, 1]; NaN counts as 0.5.

    Returns:
        The same shape: discrete values at the middle of their level, NaN where inactive.
    """
    column = {name: index for index, name in enumerate(space.names)}
    snapped = np.full_like(encoded, np.nan)
    for name in space.order:
        parameter = space.parameters[name]
        active = np.ones(len(encoded), dtype=bool)
        for parent, clause in (parameter.when or {}).items():
            active &= _holds(space.parameters[parent], clause, snapped[:, column[parent]])
        values = encoded[active, column[name]]
        snapped[active, column[name]] = _snap_one(parameter, np.where(np.isnan(values), 0.5, values))
    return snapped


def _snap_one(parameter: Parameter, encoded: Floats) -> Floats:
    if math.isinf(parameter.size):
        return np.clip(encoded, 0.0, 1.0)
    if isinstance(parameter, Int) and parameter.log:
        low, high = math.log(parameter.low - 0.5), math.log(parameter.high + 0.5)
        return (np.log(_decoded(parameter, encoded)) - low) / (high - low)
    return (_levels(parameter, encoded) + 0.5) / parameter.size


def _levels(parameter: Parameter, encoded: Floats) -> Floats:
    return np.minimum(np.floor(encoded * parameter.size), parameter.size - 1)


def _decoded(parameter: Float | Int, encoded: Floats) -> Floats:
    """Return decoded numbers; NaN stays NaN."""
    if isinstance(parameter, Int) and parameter.log:
        low, high = math.log(parameter.low - 0.5), math.log(parameter.high + 0.5)
        return np.clip(np.round(np.exp(low + encoded * (high - low))), parameter.low, parameter.high)
    if not math.isinf(parameter.size):
        return parameter.low + _levels(parameter, encoded) * float(parameter.step or 1)
    if parameter.log:
        return np.exp(math.log(parameter.low) + encoded * math.log(parameter.high / parameter.low))
    return parameter.low + encoded * (parameter.high - parameter.low)


def _holds(parameter: Parameter, clause: Any, encoded: Floats) -> Flags:
    """Tell where one clause of a condition holds; nowhere that its parameter is inactive."""
    options = options_of(clause, parameter)
    if isinstance(parameter, Choice):
        levels = _levels(parameter, encoded)
        if isinstance(clause, Mapping):
            return _in_range(clause, np.array([*parameter.options, np.nan], dtype=float)[_as_index(levels)])
        return np.asarray(np.isin(levels, [parameter.index(option) for option in options]))
    values = _decoded(parameter, encoded)
    if isinstance(clause, Mapping):
        return _in_range(clause, values)
    close = np.isclose(values[:, None], np.array(options, dtype=float), rtol=1e-9, atol=1e-12)
    return np.asarray(close.any(axis=1))


def _in_range(clause: Mapping[str, float], values: Floats) -> Flags:
    # A value that decodes to the bound itself may differ from it in the last digits here.
    slack = 1e-12 * np.abs(values)
    return (values + slack >= clause.get("low", -math.inf)) & (values - slack <= clause.get("high", math.inf))


def _as_index(levels: Floats) -> Indices:
    """Return levels as indices, with -1 (the NaN at the end) where inactive."""
    return np.nan_to_num(levels, nan=-1).astype(np.intp)
