"""Whole arrays of points in the unit cube, moved to places that a configuration can be at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.parameters import Choice, Float, Int, Parameter
from ..core.space import SearchSpace

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def snap(space: SearchSpace, units: Floats) -> Floats:
    """Return `space.encode(space.decode(point))` for every point at once.

    Args:
        space: The space.
        units: Shape `(points, parameters)` in [0, 1]; NaN counts as 0.5.

    Returns:
        The same shape: every value at the middle of its level where there are levels, NaN where not active.
    """
    column = {name: place for place, name in enumerate(space.names)}
    snapped = np.full_like(units, np.nan)
    for name in space.order:
        parameter = space.parameters[name]
        active = np.ones(len(units), dtype=bool)
        for parent, wanted in (parameter.when or {}).items():
            active &= _holds(space.parameters[parent], wanted, snapped[:, column[parent]])
        own = units[active, column[name]]
        snapped[active, column[name]] = _snap_one(parameter, np.where(np.isnan(own), 0.5, own))
    return snapped


def _snap_one(parameter: Parameter, units: Floats) -> Floats:
    if math.isinf(parameter.size):
        return np.clip(units, 0.0, 1.0)
    if isinstance(parameter, Int) and parameter.log:
        low, high = math.log(parameter.low - 0.5), math.log(parameter.high + 0.5)
        return (np.log(_values(parameter, units)) - low) / (high - low)
    return (_levels(parameter, units) + 0.5) / parameter.size


def _levels(parameter: Parameter, units: Floats) -> Floats:
    return np.minimum(np.floor(units * parameter.size), parameter.size - 1)


def _values(parameter: Float | Int, units: Floats) -> Floats:
    """Return the numbers at places in [0, 1]; NaN stays NaN."""
    if isinstance(parameter, Int) and parameter.log:
        low, high = math.log(parameter.low - 0.5), math.log(parameter.high + 0.5)
        return np.clip(np.round(np.exp(low + units * (high - low))), parameter.low, parameter.high)
    if not math.isinf(parameter.size):
        return parameter.low + _levels(parameter, units) * float(parameter.step or 1)
    if parameter.log:
        return np.exp(math.log(parameter.low) + units * math.log(parameter.high / parameter.low))
    return parameter.low + units * (parameter.high - parameter.low)


def _holds(parameter: Parameter, wanted: Any, units: Floats) -> Flags:
    """Tell where one clause of a condition holds; never where its parameter is not active."""
    options = wanted if isinstance(wanted, list | tuple) else (wanted,)
    if isinstance(parameter, Choice):
        chosen = _levels(parameter, units)
        if isinstance(wanted, Mapping):
            return _within(wanted, np.array([*parameter.options, np.nan], dtype=float)[_as_index(chosen)])
        return np.asarray(np.isin(chosen, [parameter.index(option) for option in options]))
    values = _values(parameter, units)
    if isinstance(wanted, Mapping):
        return _within(wanted, values)
    close = np.isclose(values[:, None], np.array(options, dtype=float), rtol=1e-9, atol=1e-12)
    return np.asarray(close.any(axis=1))


def _within(wanted: Mapping[str, float], values: Floats) -> Flags:
    # A value that decodes to the bound itself may differ from it in the last digits here.
    slack = 1e-12 * np.abs(values)
    return (values + slack >= wanted.get("low", -math.inf)) & (values - slack <= wanted.get("high", math.inf))


def _as_index(levels: Floats) -> NDArray[np.intp]:
    """Return levels as an index, with -1 (the NaN at the end) where not active."""
    return np.nan_to_num(levels, nan=-1).astype(np.intp)
