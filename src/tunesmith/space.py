"""The search space: parameters, the conditions between them, and combinations that are forbidden.

Every parameter maps to and from the unit interval, so that a proposer sees one kind of number whatever the type:
`encode` gives an array of shape `(parameters,)` in [0, 1], with NaN where a parameter is not active.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import InputError, SpaceExhausted, nearest
from .tables import build, expect_keys, expect_table
from .trial import Value

Condition = Mapping[str, Any]
"""Parameter name to a value, a list of values, or a range `{"low": 2, "high": 8}`; all must hold."""


@dataclass(frozen=True)
class Float:
    """A real number.

    Args:
        low: The least value.
        high: The largest value, above `low`.
        log: Search on a logarithmic scale; `low` must be above 0.
        step: Only `low`, `low + step`, and so on.
        default: The user's own value, for trial 0.
        when: The condition under which it is active.
        inactive: What becomes of its key in a trial's config file while it is not active.

    >>> Float(1e-5, 1e-1, log=True).from_unit(0.5)
    0.001
    """

    low: float
    high: float
    _: KW_ONLY
    log: bool = False
    step: float | None = None
    default: float | None = None
    when: Condition | None = None
    inactive: Literal["keep", "remove"] = "keep"

    def __post_init__(self) -> None:
        _check_range(self)
        if self.log and not self.low > 0:
            raise InputError(
                f"low must be above 0 on a logarithmic scale, but low={self.low}. Raise low, or leave log out.",
                keys=("low",),
            )

    @property
    def size(self) -> float:
        """The number of different values; infinite without a step."""
        return math.inf if self.step is None else math.floor((self.high - self.low) / self.step + 1e-9) + 1

    @property
    def middle(self) -> float:
        """The middle of the range, on its scale."""
        return self.from_unit(0.5)

    def from_unit(self, unit: float) -> float:
        """Return the value at a place in [0, 1]."""
        if self.step is not None:
            level = min(int(unit * self.size), int(self.size) - 1)
            value = _rounded(self.low + level * self.step, digits=15)
        elif self.log:
            value = _rounded(math.exp(math.log(self.low) + unit * (math.log(self.high) - math.log(self.low))))
        else:
            width = self.high - self.low
            value = round(self.low + unit * width, 12 - math.floor(math.log10(width)))
        return min(max(value, self.low), self.high)

    def to_unit(self, value: Value) -> float:
        """Return the place of a value in [0, 1]; what lies outside the range is clipped."""
        value = min(max(value, self.low), self.high)
        if self.step is not None:
            level = round((value - self.low) / self.step)
            return float((min(level, self.size - 1) + 0.5) / self.size)
        if self.log:
            unit = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            unit = (value - self.low) / (self.high - self.low)
        return min(max(unit, 0.0), 1.0)

    def contains(self, value: Value) -> bool:
        """Tell whether a value lies in the range (and on the step)."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        return self.step is None or math.isclose(
            self.from_unit(self.to_unit(value)), value, rel_tol=1e-9, abs_tol=1e-12
        )

    def clamp(self, value: Value) -> Value:
        """Return the nearest value in the range, or the middle where it is no number at all."""
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return self.middle
        return value if self.contains(value) else self.from_unit(self.to_unit(value))


@dataclass(frozen=True)
class Int:
    """A whole number.

    Args:
        low: The least value.
        high: The largest value, at least `low`.
        log: Search on a logarithmic scale; `low` must be above 0.
        step: Only `low`, `low + step`, and so on; not together with `log`.
        default: The user's own value, for trial 0.
        when: The condition under which it is active.
        inactive: What becomes of its key in a trial's config file while it is not active.

    >>> Int(1, 4).from_unit(0.99)
    4
    """

    low: int
    high: int
    _: KW_ONLY
    log: bool = False
    step: int = 1
    default: int | None = None
    when: Condition | None = None
    inactive: Literal["keep", "remove"] = "keep"

    def __post_init__(self) -> None:
        for name in ("low", "high", "step", "default"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise InputError(
                    f"{name} of an int must be a whole number, but {value!r} was given. Use a float instead.",
                    keys=(name,),
                )
        _check_range(self)
        if self.log and not self.low > 0:
            raise InputError(
                f"low must be above 0 on a logarithmic scale, but low={self.low}. Raise low, or leave log out.",
                keys=("low",),
            )

    @property
    def size(self) -> float:
        """The number of different values."""
        return (self.high - self.low) // self.step + 1

    @property
    def middle(self) -> int:
        """The middle of the range, on its scale."""
        return self.from_unit(0.5)

    def from_unit(self, unit: float) -> int:
        """Return the value at a place in [0, 1]."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return min(max(round(math.exp(low + unit * (high - low))), self.low), self.high)
        return self.low + min(int(unit * self.size), int(self.size) - 1) * self.step

    def to_unit(self, value: Value) -> float:
        """Return the place of a value in [0, 1]; what lies outside the range is clipped."""
        value = min(max(value, self.low), self.high)
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return (math.log(value) - low) / (high - low)
        level = round((value - self.low) / self.step)
        return float((min(level, self.size - 1) + 0.5) / self.size)

    def contains(self, value: Value) -> bool:
        """Tell whether a value is a whole number in the range (and on the step)."""
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return self.low <= value <= self.high and (value - self.low) % self.step == 0

    def clamp(self, value: Value) -> Value:
        """Return the nearest value in the range, or the middle where it is no number at all."""
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return self.middle
        if self.contains(value):
            return value
        nearest_level = round((min(max(value, self.low), self.high) - self.low) / self.step)
        return self.low + min(nearest_level, int(self.size) - 1) * self.step


@dataclass(frozen=True)
class Choice:
    """One of several options.

    Args:
        options: Two or more (one is allowed, and never varies): strings, numbers, booleans, or JSON lists.
        ordered: The options have an order, as small, medium, large; neighbours are then alike.
        default: The user's own value, for trial 0.
        when: The condition under which it is active.
        inactive: What becomes of its key in a trial's config file while it is not active.

    >>> Choice(["relu", "gelu"]).from_unit(0.7)
    'gelu'
    """

    options: Sequence[Value]
    _: KW_ONLY
    ordered: bool = False
    default: Value = None
    when: Condition | None = None
    inactive: Literal["keep", "remove"] = "keep"

    def __post_init__(self) -> None:
        if isinstance(self.options, str) or not isinstance(self.options, Sequence) or not self.options:
            raise InputError(
                f"options must be a list of at least one value, but {self.options!r} was given.",
                keys=("options",),
            )
        object.__setattr__(self, "options", tuple(self.options))
        seen = [_typed(option) for option in self.options]
        for place, option in enumerate(seen):
            if option in seen[:place]:
                raise InputError(
                    f"each option may stand once, but {self.options[place]!r} stands twice.",
                    keys=("options",),
                )
        if self.default is not None and not self.contains(self.default):
            raise InputError(
                f"default must be one of the options {list(self.options)}, but {self.default!r} was given.",
                keys=("default",),
            )
        _check_inactive(self.inactive)

    @property
    def size(self) -> float:
        """The number of options."""
        return len(self.options)

    @property
    def middle(self) -> Value:
        """The first option, or the middle one where they are ordered."""
        return self.options[len(self.options) // 2 if self.ordered else 0]

    def index(self, value: Value) -> int:
        """Return the place of an option, counted from 0; `ValueError` where it is none. 1, 1.0 and True differ."""
        return [_typed(option) for option in self.options].index(_typed(value))

    def from_unit(self, unit: float) -> Value:
        """Return the option at a place in [0, 1]."""
        return self.options[min(int(unit * len(self.options)), len(self.options) - 1)]

    def to_unit(self, value: Value) -> float:
        """Return the place of an option in [0, 1]."""
        return (self.index(value) + 0.5) / len(self.options)

    def contains(self, value: Value) -> bool:
        """Tell whether a value is one of the options."""
        return _typed(value) in [_typed(option) for option in self.options]

    def clamp(self, value: Value) -> Value:
        """Return the value where it is an option, else the default or the middle."""
        if self.contains(value):
            return value
        return self.middle if self.default is None else self.default


Parameter = Float | Int | Choice
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
        object.__setattr__(self, "parameters", dict(self.parameters))
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
            name: {"type": type(parameter).__name__.lower(), **_told(parameter)}
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
        return not when or matches(when, parameters)

    def is_forbidden(self, parameters: Mapping[str, Value]) -> bool:
        """Tell whether a forbidden combination matches."""
        return any(matches(clause, parameters) for clause in self.forbidden)

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
        units = np.full(len(self.names), np.nan)
        for place, (name, parameter) in enumerate(self.parameters.items()):
            if name in parameters:
                units[place] = parameter.to_unit(parameters[name])
        return units

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
        """Return a text that two configurations share exactly where they are the same."""
        return json.dumps(parameters, sort_keys=True, default=str)

    def _sorted(self, parameters: dict[str, Value]) -> dict[str, Value]:
        return {name: parameters[name] for name in self.names if name in parameters}


def matches(condition: Condition, parameters: Mapping[str, Value]) -> bool:
    """Tell whether every clause of a condition holds; a parameter that is not active never matches."""
    for name, wanted in condition.items():
        if name not in parameters:
            return False
        value = parameters[name]
        if isinstance(wanted, Mapping):
            if not wanted.get("low", -math.inf) <= value <= wanted.get("high", math.inf):
                return False
        elif _typed(value) not in [_typed(option) for option in _as_options(wanted)]:
            return False
    return True


def describe(parameter: Parameter) -> str:
    """Return a parameter's range in words, as `a number from 0.0 to 0.5`."""
    if isinstance(parameter, Choice):
        return f"one of {', '.join(map(repr, parameter.options))}"
    kind = "a whole number" if isinstance(parameter, Int) else "a number"
    step = f" in steps of {parameter.step}" if parameter.step not in (None, 1) else ""
    return f"{kind} from {parameter.low} to {parameter.high}{step}"


def _as_options(wanted: Any) -> Sequence[Any]:
    return wanted if isinstance(wanted, list | tuple) else (wanted,)


def _typed(value: Value) -> tuple[str, str]:
    """Tell apart what Python calls equal: True and 1, 1 and 1.0."""
    return type(value).__name__, json.dumps(value, default=str)


def _rounded(value: float, digits: int = 12) -> float:
    """Drop the noise of the last significant digits, so that 0.1 + 0.2 reads 0.3 and logs read as people write them."""
    return float(f"{value:.{digits}g}")


def _told(parameter: Parameter) -> dict[str, Any]:
    """Return what was said about a parameter: every field that differs from its class's own default."""
    told = {
        field.name: value
        for field in fields(parameter)
        if (value := getattr(parameter, field.name)) is not field.default and value != field.default
    }
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def _check_range(parameter: Float | Int) -> None:
    for name in ("low", "high", "step", "default"):
        value = getattr(parameter, name)
        if value is None and name in ("step", "default"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{name} must be a finite number, but {value!r} was given.", keys=(name,))
    if parameter.low > parameter.high or (parameter.low == parameter.high and isinstance(parameter, Float)):
        raise InputError(
            f"low must be below high, but low={parameter.low} and high={parameter.high}. Swap or widen them.",
            keys=("low",),
        )
    if parameter.step is not None and parameter.step <= 0:
        raise InputError(f"step must be above 0, but {parameter.step} was given.", keys=("step",))
    if parameter.log and parameter.step not in (None, 1):
        raise InputError("log and step cannot go together. Leave one of them out.", keys=("step",))
    if isinstance(parameter, Float) and parameter.log and parameter.step is not None:
        raise InputError("log and step cannot go together. Leave one of them out.", keys=("step",))
    _check_inactive(parameter.inactive)


def _check_inactive(inactive: str) -> None:
    if inactive not in ("keep", "remove"):
        raise InputError(f"inactive must be 'keep' or 'remove', but {inactive!r} was given.", keys=("inactive",))


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
