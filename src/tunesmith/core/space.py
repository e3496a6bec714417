"""The search space: parameters, the conditions between them, and combinations that are forbidden.

Every parameter maps to and from the unit interval, so that a proposer sees one kind of number whatever the type:
`encode` gives an array of shape `(parameters,)` in [0, 1], with NaN where a parameter is not active.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ..errors import InputError, SpaceExhausted, nearest
from .parameters import Choice, Condition, Float, Int, Parameter, describe, said, typed
from .priors import Expectation, expectation
from .schema import build, expect_keys, expect_table
from .trial import Value

_TYPES: dict[str, type[Float] | type[Int] | type[Choice]] = {"float": Float, "int": Int, "choice": Choice}


@dataclass(frozen=True)
class SearchSpace:
    """Parameters by dotted name, with conditions and forbidden combinations.

    Args:
        parameters: By name, in the order in which people see them.
        forbidden: Combinations that must not be tried, each a condition.

    Raises:
        InputError: No parameter, an unknown or impossible condition, or a cycle of conditions.

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
        object.__setattr__(self, "forbidden", tuple(self.forbidden))
        if not self.parameters:
            raise InputError("a search space needs at least one parameter.")
        for name, parameter in self.parameters.items():
            if not isinstance(parameter, Float | Int | Choice):
                raise InputError(
                    f"a parameter must be a Float, Int or Choice, but {parameter!r} was given.", keys=(name,)
                )
            _check_condition(parameter.when or {}, self.parameters, name, "when")
        for place, clause in enumerate(self.forbidden):
            if not clause:
                raise InputError("a forbidden combination must name at least one parameter.", keys=(str(place),))
            _check_condition(clause, self.parameters, "forbidden", str(place))
        _ = self.order

    @classmethod
    def from_tables(cls, parameters: Mapping[str, Any], forbidden: Sequence[Any] = ()) -> SearchSpace:
        """Read the `[space]` table and the `[[forbidden]]` list of a study.toml.

        Args:
            parameters: By name, each a table with `type` and the fields of its class.
            forbidden: Conditions, each a table.

        Returns:
            The space.

        Raises:
            InputError: With the keys of the faulty entry.
        """
        built: dict[str, Parameter] = {}
        for name, entry in expect_table(parameters).items():
            table = expect_table(entry, name)
            kind = table.pop("type", None)
            if kind not in _TYPES:
                raise InputError(
                    f"type must be 'float', 'int' or 'choice', but {kind!r} was given.{nearest(str(kind), _TYPES)}",
                    keys=(name,),
                )
            built[name] = build(_TYPES[kind], table, name)
        return cls(built, [expect_table(clause, "forbidden") for clause in forbidden])

    def to_tables(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the tables that `from_tables` reads back."""
        tables = {
            name: {"type": type(parameter).__name__.lower(), **said(parameter)}
            for name, parameter in self.parameters.items()
        }
        return tables, [dict(clause) for clause in self.forbidden]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in order; the columns of every encoded array."""
        return tuple(self.parameters)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names with every parent before its children.

        Raises:
            InputError: The conditions form a cycle.
        """
        placed: list[str] = []
        waiting = list(self.parameters)
        while waiting:
            ready = [n for n in waiting if all(p in placed for p in self.parameters[n].when or ())]
            if not ready:
                raise InputError(
                    "conditions must not form a cycle, but these wait for one another: "
                    f"{', '.join(waiting)}. Remove one 'when'.",
                    keys=(waiting[0], "when"),
                )
            placed += ready
            waiting = [name for name in waiting if name not in ready]
        return tuple(placed)

    @cached_property
    def size(self) -> float:
        """An upper bound of the number of different configurations; infinite with any continuous parameter."""
        return math.prod(parameter.size for parameter in self.parameters.values())

    def is_active(self, name: str, parameters: Mapping[str, Value]) -> bool:
        """Tell whether a parameter's condition holds, given the values of its parents."""
        when = self.parameters[name].when
        return not when or self._holds(when, parameters)

    def is_forbidden(self, parameters: Mapping[str, Value]) -> bool:
        """Tell whether a forbidden combination matches."""
        return any(self._holds(clause, parameters) for clause in self.forbidden)

    def _holds(self, condition: Condition, parameters: Mapping[str, Value]) -> bool:
        """Tell whether every clause of a condition holds; a parameter that is not active never matches."""
        for name, wanted in condition.items():
            if name not in parameters:
                return False
            value = parameters[name]
            if isinstance(wanted, Mapping):
                if not wanted.get("low", -math.inf) <= value <= wanted.get("high", math.inf):
                    return False
            elif isinstance(self.parameters[name], Choice):
                if typed(value) not in [typed(option) for option in _as_options(wanted)]:
                    return False
            elif value not in _as_options(wanted):  # A float may be written as 0.
                return False
        return True

    def contains(self, parameters: Mapping[str, Value]) -> bool:
        """Tell whether exactly the active parameters are given, each in its range, in no forbidden combination."""
        return self.fault(parameters) is None

    def fault(self, parameters: Mapping[str, Value]) -> str | None:
        """Return in words why a configuration is not in the space, or None where it is."""
        for name in parameters:
            if name not in self.parameters:
                return f"unknown parameter '{name}'.{nearest(name, self.parameters)}"
        for name in self.order:
            active = self.is_active(name, parameters)
            if active != (name in parameters):
                return f"'{name}' is missing." if active else f"'{name}' is not active here."
            if active and not self.parameters[name].contains(parameters[name]):
                return f"'{name}' must be {describe(self.parameters[name])}, but {parameters[name]!r} was given."
        return "this combination is forbidden." if self.is_forbidden(parameters) else None

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Make a configuration of the space from any values.

        Args:
            values: Some parameters by name; what lies outside is clamped, what is not active or not known
                is dropped, what is missing gets its default, or the middle of its range.

        Returns:
            The active parameters. They may still be a forbidden combination.
        """
        chosen: dict[str, Value] = {}
        for name in self.order:
            if not self.is_active(name, chosen):
                continue
            parameter = self.parameters[name]
            if name in values:
                chosen[name] = parameter.clamp(values[name])
            else:
                chosen[name] = parameter.middle if parameter.default is None else parameter.default
        return self._sorted(chosen)

    def encode(self, parameters: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return a configuration as an array of shape `(parameters,)` in [0, 1], NaN where not active."""
        return np.array(
            [
                parameter.to_unit(parameters[name]) if name in parameters else math.nan
                for name, parameter in self.parameters.items()
            ]
        )

    def decode(self, units: Sequence[float] | NDArray[np.float64]) -> dict[str, Value]:
        """Return the configuration at a point of shape `(parameters,)` in [0, 1].

        Coordinates of parameters that are not active are not looked at. A NaN where one is needed counts as 0.5.
        """
        points = dict(zip(self.names, units, strict=True))
        chosen: dict[str, Value] = {}
        for name in self.order:
            if self.is_active(name, chosen):
                unit = float(points[name])
                chosen[name] = self.parameters[name].from_unit(0.5 if math.isnan(unit) else unit)
        return self._sorted(chosen)

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """Draw a configuration at random, never a forbidden one.

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
        """Whether an expected good value was given for any parameter."""
        return bool(self._expectations)

    @cached_property
    def _expectations(self) -> dict[int, Expectation]:
        """What is expected of the parameters that have a prior, by column."""
        expected = ((place, expectation(parameter)) for place, parameter in enumerate(self.parameters.values()))
        return {place: found for place, found in expected if found is not None}

    def log_prior(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the prior's density against the uniform one.

        Args:
            points: Encoded configurations, shape `(points, parameters)`; a NaN, as where not active, adds nothing.

        Returns:
            Shape `(points,)`: above 0 where good values are expected, below 0 elsewhere, all 0 without a prior.
        """
        total = np.zeros(len(points))
        for place, expected in self._expectations.items():
            known = ~np.isnan(points[:, place])
            total[known] += np.log(expected.density(points[known, place]))
        return total

    def from_prior(self, units: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move evenly spread points to where good values are expected: the inverse of the prior's distribution.

        Args:
            units: Shape `(points, parameters)` in [0, 1]; parameters without a prior stay where they are.

        Returns:
            The same shape, for `decode`.
        """
        moved = np.array(units, dtype=float)
        for place, expected in self._expectations.items():
            moved[:, place] = expected.quantile(moved[:, place])
        return moved

    def every(self) -> Iterator[dict[str, Value]]:
        """Yield each configuration of a finite space once, the forbidden ones left out."""
        yield from (c for c in self._expand({}, self.order) if not self.is_forbidden(c))

    def _expand(self, chosen: dict[str, Value], order: tuple[str, ...]) -> Iterator[dict[str, Value]]:
        for place, name in enumerate(order):
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
                yield from self._expand({**chosen, name: value}, order[place + 1 :])
        yield self._sorted(chosen)

    def key(self, parameters: Mapping[str, Value]) -> str:
        """Return a text that two configurations share exactly where they are the same; a float may be given as 1."""
        exact = {
            name: float(value) if isinstance(self.parameters.get(name), Float) and type(value) is int else value
            for name, value in parameters.items()
        }
        return orjson.dumps(exact, option=orjson.OPT_SORT_KEYS, default=str).decode()

    def _sorted(self, parameters: dict[str, Value]) -> dict[str, Value]:
        return {name: parameters[name] for name in self.names if name in parameters}


def _as_options(wanted: Any) -> Sequence[Any]:
    return wanted if isinstance(wanted, list | tuple) else (wanted,)


def _check_condition(condition: Condition, parameters: Mapping[str, Parameter], *keys: str) -> None:
    for name, wanted in expect_table(condition, *keys).items():
        if name not in parameters:
            raise InputError(
                f"a condition must name a parameter of the space, but '{name}' is none.{nearest(name, parameters)}",
                keys=(*keys, name),
            )
        parent = parameters[name]
        if isinstance(wanted, Mapping):
            expect_keys(wanted, ("low", "high"), *keys, name)
            if isinstance(parent, Choice) and not all(isinstance(o, int | float) for o in parent.options):
                raise InputError(
                    f"a range of low and high needs a parameter of numbers, but '{name}' has the options "
                    f"{list(parent.options)}. List the options that are meant.",
                    keys=(*keys, name),
                )
            continue
        for option in _as_options(wanted):
            if not parent.contains(option):
                raise InputError(
                    f"a condition must be able to hold: '{name}' must be {describe(parent)}, but {option!r} was given.",
                    keys=(*keys, name),
                )
