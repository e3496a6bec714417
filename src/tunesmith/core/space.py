"""The search space: parameters, conditions between them, and forbidden combinations.

Every parameter is encoded in the unit interval, so that proposers need not distinguish types: `encode` returns an array
of shape `(parameters,)` in [0, 1], with NaN where a parameter is inactive.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import orjson

from ..errors import InputError, SpaceExhausted, nearest
from .arrays import Flags, Floats
from .parameters import Choice, Condition, Float, Int, Parameter, describe, explicit_fields, options_of, plain_condition
from .priors import ParameterPrior, prior_of
from .schema import build, expect_table
from .values import Value, exact, is_missing, plain, shown

_TYPES: dict[str, type[Float] | type[Int] | type[Choice]] = {"float": Float, "int": Int, "choice": Choice}


@dataclass(frozen=True)
class SearchSpace:
    """Parameters by dotted name, with conditions and forbidden combinations.

    Args:
        parameters: The parameters by name, in display order.
        forbidden: Combinations that must not be tried, each a condition.

    Raises:
        InputError: There is no parameter, a condition is unknown or impossible, or conditions form a cycle.

    >>> space = SearchSpace({
    ...     "optimizer": Choice(["sgd", "adam"]),
    ...     "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}),
    ... })
    >>> space.decode(np.array([0.9, 0.5]))
    {'optimizer': 'adam'}
    """

    parameters: Mapping[str, Parameter]
    forbidden: Sequence[Condition] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", expect_table(self.parameters))
        object.__setattr__(self, "forbidden", _plain_forbidden(self.forbidden))
        if not self.parameters:
            raise InputError("a search space needs at least one parameter.")
        for name, parameter in self.parameters.items():
            if not isinstance(name, str) or not name:
                raise InputError(f"a parameter's name must be a string, got {shown(name)}.", keys=(str(name),))
            plain(name, "a parameter's name", name)
            if not isinstance(parameter, Float | Int | Choice):
                raise InputError(f"a parameter must be a Float, Int or Choice, got {shown(parameter)}.", keys=(name,))
            _check_condition(parameter.when or {}, self.parameters, name, "when")
        for index, condition in enumerate(self.forbidden):
            if not condition:
                raise InputError("a forbidden combination must name at least one parameter.", keys=(str(index),))
            _check_condition(condition, self.parameters, "forbidden", str(index))
        _ = self.order  # Raises for a cycle of conditions.

    @classmethod
    def from_tables(cls, parameters: Mapping[str, Any], forbidden: Sequence[Any] = ()) -> SearchSpace:
        """Read the `[space]` table and the `[[forbidden]]` list of a study.toml.

        Args:
            parameters: A table for each name, with `type` and the fields of its class.
            forbidden: Conditions, each a table.

        Raises:
            InputError: An entry is invalid; `keys` locates it.
        """
        built: dict[str, Parameter] = {}
        for name, entry in expect_table(parameters).items():
            table = expect_table(entry, name)
            kind = table.pop("type", None)
            if not isinstance(kind, str) or kind not in _TYPES:
                raise InputError(
                    f"type must be 'float', 'int' or 'choice', got {shown(kind)}.{_nearest_type(kind)}",
                    keys=(name,),
                )
            built[name] = build(_TYPES[kind], table, name)
        return cls(built, [expect_table(condition, "forbidden") for condition in forbidden])

    def to_tables(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the tables that `from_tables` reads."""
        tables = {
            name: {"type": type(parameter).__name__.lower(), **explicit_fields(parameter)}
            for name, parameter in self.parameters.items()
        }
        return tables, [dict(condition) for condition in self.forbidden]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters' names in order: the columns of encoded arrays."""
        return tuple(self.parameters)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names in topological order: parents before the parameters that depend on them.

        Raises:
            InputError: The conditions form a cycle.
        """
        ordered: list[str] = []
        remaining = list(self.parameters)
        while remaining:
            ready = [n for n in remaining if all(p in ordered for p in self.parameters[n].when or ())]
            if not ready:
                raise InputError(
                    f"conditions must not form a cycle, got one among {', '.join(remaining)}. Remove one 'when'.",
                    keys=(remaining[0], "when"),
                )
            ordered += ready
            remaining = [name for name in remaining if name not in ready]
        return tuple(ordered)

    @cached_property
    def size(self) -> float:
        """An upper bound on the number of configurations; infinite with a continuous parameter."""
        return math.prod(parameter.size for parameter in self.parameters.values())

    @cached_property
    def unordered(self) -> Flags:
        """Which parameters are unordered choices, shape `(parameters,)`."""
        return np.array([isinstance(p, Choice) and not p.ordered for p in self.parameters.values()])

    @cached_property
    def sizes(self) -> Floats:
        """The number of values of each parameter, shape `(parameters,)`; infinite for a continuous one."""
        return np.array([parameter.size for parameter in self.parameters.values()], dtype=float)

    def is_active(self, name: str, parameters: Mapping[str, Value]) -> bool:
        """Tell whether a parameter's condition holds, given the values of its parents."""
        when = self.parameters[name].when
        return not when or self._holds(when, parameters)

    def is_forbidden(self, parameters: Mapping[str, Value]) -> bool:
        """Tell whether a forbidden combination matches."""
        return any(self._holds(condition, parameters) for condition in self.forbidden)

    def _holds(self, condition: Condition, parameters: Mapping[str, Value]) -> bool:
        """Tell whether every clause of a condition holds; an inactive parameter never matches."""
        for name, clause in condition.items():
            if name not in parameters:
                return False
            value = parameters[name]
            if isinstance(clause, Mapping):
                if not clause.get("low", -math.inf) <= value <= clause.get("high", math.inf):
                    return False
            elif isinstance(parameter := self.parameters[name], Choice):
                if exact(value) not in [exact(option) for option in options_of(clause, parameter)]:
                    return False
            elif value not in options_of(clause, parameter):  # A float may be written as 0.
                return False
        return True

    def contains(self, parameters: Mapping[str, Value]) -> bool:
        """Tell whether a configuration has exactly the active parameters, all in range, and is not forbidden."""
        return self.fault(parameters) is None

    def fault(self, parameters: Mapping[str, Value]) -> str | None:
        """Return the reason why a configuration is not in the space, or None if it is."""
        for name in parameters:
            if name not in self.parameters:
                return f"unknown parameter '{name}'.{nearest(name, self.parameters)}"
        for name in self.order:
            active = self.is_active(name, parameters)
            if active != (name in parameters):
                return f"'{name}' is missing." if active else f"'{name}' is inactive here."
            if active and not self.parameters[name].contains(parameters[name]):
                return f"'{name}' must be {describe(self.parameters[name])}, got {shown(parameters[name])}."
        return "this combination is forbidden." if self.is_forbidden(parameters) else None

    def convert(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return values as the types of their parameters: NumPy's numbers as Python's, tuples as lists.

        Inactive parameters may be None, NaN or pandas' `NA`, as in a table, and are left out. Other values that do not
        fit are left as they are; `fault` tells why.
        """
        known = self.parameters
        converted = {name: known[name].convert(value) if name in known else value for name, value in values.items()}
        for name in self.order:
            if name in converted and is_missing(converted[name]) and not self.is_active(name, converted):
                del converted[name]
        return converted

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return a configuration of the space from any values.

        Args:
            values: Values by name. Those out of range are clamped; those of inactive or unknown parameters are dropped;
                missing ones become the default, or the middle of the range.

        Returns:
            The active parameters, which may still be a forbidden combination.
        """
        parameters: dict[str, Value] = {}
        for name in self.order:
            if not self.is_active(name, parameters):
                continue
            parameter = self.parameters[name]
            if name in values:
                parameters[name] = parameter.clamp(values[name])
            else:
                parameters[name] = parameter.middle if parameter.default is None else parameter.default
        return self._sorted(parameters)

    def encode(self, parameters: Mapping[str, Value]) -> Floats:
        """Return a configuration as an array of shape `(parameters,)` in [0, 1], NaN where inactive."""
        return np.array(
            [
                parameter.to_unit(parameters[name]) if name in parameters else math.nan
                for name, parameter in self.parameters.items()
            ]
        )

    def decode(self, encoded: Sequence[float] | Floats) -> dict[str, Value]:
        """Return the configuration at a point of shape `(parameters,)` in [0, 1].

        Coordinates of inactive parameters are ignored. A NaN of an active parameter counts as 0.5.
        """
        units = dict(zip(self.names, encoded, strict=True))
        parameters: dict[str, Value] = {}
        for name in self.order:
            if self.is_active(name, parameters):
                unit = float(units[name])
                parameters[name] = self.parameters[name].from_unit(0.5 if math.isnan(unit) else unit)
        return self._sorted(parameters)

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """Return a random configuration that is not forbidden.

        Raises:
            SpaceExhausted: A thousand draws in a row were forbidden.
        """
        for _ in range(1000):
            parameters = self.decode(rng.random(len(self.names)))
            if not self.is_forbidden(parameters):
                return parameters
        raise SpaceExhausted("1000 random configurations in a row were forbidden. Loosen the forbidden combinations.")

    @cached_property
    def has_prior(self) -> bool:
        """Whether any parameter has a prior."""
        return bool(self._priors)

    @cached_property
    def _priors(self) -> dict[int, ParameterPrior]:
        """The priors by column."""
        priors = ((column, prior_of(parameter)) for column, parameter in enumerate(self.parameters.values()))
        return {column: prior for column, prior in priors if prior is not None}

    def log_prior(self, points: Floats) -> Floats:
        """Return the log density of the prior relative to the uniform density.

        Args:
            points: Encoded configurations, shape `(points, parameters)`; a NaN (inactive) adds nothing.

        Returns:
            Shape `(points,)`: above 0 where good values are likely, below 0 elsewhere, all 0 without a prior.
        """
        total = np.zeros(len(points))
        for column, prior in self._priors.items():
            known = ~np.isnan(points[:, column])
            total[known] += np.log(prior.density(points[known, column]))
        return total

    def from_prior(self, uniform: Floats) -> Floats:
        """Map uniform points to points distributed as the prior.

        Args:
            uniform: Shape `(points, parameters)` in [0, 1]; columns without a prior are left unchanged.

        Returns:
            The same shape, for `decode`.
        """
        mapped = np.array(uniform, dtype=float)
        for column, prior in self._priors.items():
            mapped[:, column] = prior.quantile(mapped[:, column])
        return mapped

    def configurations(self) -> Iterator[dict[str, Value]]:
        """Yield each configuration of a finite space once, without the forbidden ones."""
        yield from (c for c in self._expand({}, self.order) if not self.is_forbidden(c))

    def _expand(self, chosen: dict[str, Value], order: tuple[str, ...]) -> Iterator[dict[str, Value]]:
        for index, name in enumerate(order):
            if not self.is_active(name, chosen):
                continue
            parameter = self.parameters[name]
            for level in itertools.count():
                if level >= parameter.size:
                    return
                value = (
                    parameter.options[level]
                    if isinstance(parameter, Choice)
                    else parameter.low + level * parameter.step
                    if isinstance(parameter, Int)
                    else parameter.from_unit((level + 0.5) / parameter.size)
                )
                yield from self._expand({**chosen, name: value}, order[index + 1 :])
        yield self._sorted(chosen)

    def key(self, parameters: Mapping[str, Value]) -> str:
        """Return a string that is equal for equal configurations; a float may be given as 1."""
        normalised = {
            name: float(value) if isinstance(self.parameters.get(name), Float) and type(value) is int else value
            for name, value in parameters.items()
        }
        return orjson.dumps(normalised, option=orjson.OPT_SORT_KEYS, default=str).decode()

    def _sorted(self, parameters: dict[str, Value]) -> dict[str, Value]:
        return {name: parameters[name] for name in self.names if name in parameters}


def _nearest_type(kind: object) -> str:
    return nearest(kind, _TYPES) if isinstance(kind, str) else ""


def _plain_forbidden(forbidden: object) -> tuple[Condition, ...]:
    if isinstance(forbidden, str | Mapping) or not isinstance(forbidden, Iterable):
        raise InputError(f"forbidden must be a list of conditions, got {shown(forbidden)}.")
    return tuple(plain_condition(condition, str(index)) for index, condition in enumerate(forbidden))


def _check_condition(condition: Condition, parameters: Mapping[str, Parameter], *keys: str) -> None:
    for name, clause in condition.items():
        if name not in parameters:
            raise InputError(
                f"a condition must name a parameter of the space, got {shown(name)}.{nearest(str(name), parameters)}",
                keys=(*keys, str(name)),
            )
        parent = parameters[name]
        if isinstance(clause, Mapping):
            if isinstance(parent, Choice) and not all(type(option) in (int, float) for option in parent.options):
                raise InputError(
                    f"a range of low and high needs a parameter of numbers, but '{name}' has the options "
                    f"{shown(list(parent.options))}. List the matching options instead.",
                    keys=(*keys, name),
                )
            _check_range(clause, parent, *keys, name)
            continue
        if not options_of(clause, parent):
            raise InputError("a condition must list at least one value, got [].", keys=(*keys, name))
        for option in options_of(clause, parent):
            if not parent.contains(option):
                raise InputError(
                    f"a condition must be possible: '{name}' must be {describe(parent)}, got {shown(option)}.",
                    keys=(*keys, name),
                )


def _check_range(clause: Mapping[str, float], parent: Parameter, *keys: str) -> None:
    """Raise an error for a range of a condition in which its parameter has no values."""
    low, high = clause.get("low", -math.inf), clause.get("high", math.inf)
    bounds = parent.options if isinstance(parent, Choice) else (parent.low, parent.high)
    if low > high or low > max(bounds) or high < min(bounds):
        raise InputError(
            f"a condition must be possible: '{keys[-1]}' must be {describe(parent)}, got {shown(dict(clause))}.",
            keys=keys,
        )
