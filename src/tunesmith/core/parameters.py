"""Parameters: floats, whole numbers and choices, each encoded to and decoded from the unit interval."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from functools import cached_property
from typing import Any, Literal

from ..errors import InputError
from .schema import check_types, expect_keys, expect_table
from .values import Value, exact, finite, number, plain, shown, whole

_NUMBERS = ("low", "high", "step", "default", "prior")
_MOST_LEVELS = 2**53  # A float on [0, 1] tells no more apart.

Condition = Mapping[str, Any]
"""Parameter names mapped to a value, a list of values, or a range `{"low": 2, "high": 8}`; all must match."""


@dataclass(frozen=True)
class Float:
    """A real number.

    Args:
        low: The least value.
        high: The largest value, at least `low`.
        log: Search on a logarithmic scale; `low` must be above 0.
        step: The distance between allowed values, which start at `low`.
        default: The user's own value, for trial 0.
        prior: A value that is likely to be good; the search starts around it.
        confidence: The confidence in the prior; above 0, at most 1.
        when: The condition under which the parameter is active.
        inactive: Whether its key stays in a trial's config file while it is inactive.

    >>> Float(1e-5, 1e-1, log=True).from_unit(0.5)
    0.001
    """

    low: float
    high: float
    _: KW_ONLY
    log: bool = False
    step: float | None = None
    default: float | None = None
    prior: float | None = None
    confidence: float = 0.5
    when: Condition | None = None
    inactive: Literal["keep", "remove"] = "keep"

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            if (value := getattr(self, name)) is not None or name in ("low", "high"):
                object.__setattr__(self, name, finite(value, name, name))
        _check_range(self)

    @property
    def size(self) -> float:
        """The number of values; infinite without a step, 1 if `low` equals `high`."""
        if self.step is None:
            return math.inf if self.low < self.high else 1
        levels = (self.high - self.low) / self.step
        return math.floor(levels + 1e-9) + 1 if levels < math.inf else math.inf

    @property
    def middle(self) -> float:
        """The middle of the range on its scale."""
        return self.from_unit(0.5)

    def from_unit(self, unit: float) -> float:
        """Decode a value from [0, 1]."""
        if self.step is not None:
            level = min(int(unit * self.size), int(self.size) - 1)
            value = _rounded(self.low + level * self.step, digits=15)
        elif self.low == self.high:
            return self.low
        elif self.log:
            value = _rounded(math.exp(math.log(self.low) + unit * (math.log(self.high) - math.log(self.low))))
        else:
            width = self.high - self.low
            value = round(self.low + unit * width, 12 - math.floor(math.log10(width)))
        return min(max(value, self.low), self.high)

    def to_unit(self, value: Value) -> float:
        """Encode a value in [0, 1], clipped to the range."""
        value = min(max(value, self.low), self.high)
        if self.step is not None:
            level = round((value - self.low) / self.step)
            return float((min(level, self.size - 1) + 0.5) / self.size)
        if self.low == self.high:
            return 0.5
        if self.log:
            unit = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            unit = (value - self.low) / (self.high - self.low)
        return min(max(unit, 0.0), 1.0)

    def contains(self, value: Value) -> bool:
        """Tell whether a value is a number in the range (and on the step)."""
        value = self.convert(value)
        if type(value) is not float or not self.low <= value <= self.high:
            return False
        return self.step is None or math.isclose(
            self.from_unit(self.to_unit(value)), value, rel_tol=1e-9, abs_tol=1e-12
        )

    def convert(self, value: Value) -> Value:
        """Return a number of any type as a float, and any other value as plain data if it can be."""
        value = _plain_or_same(value)
        return float(value) if type(value) is int else value

    def clamp(self, value: Value) -> Value:
        """Return the nearest value in the range, or the middle for anything but a number."""
        value = _number_or_none(value)
        if value is None:
            return self.middle
        return float(value) if self.contains(value) else self.from_unit(self.to_unit(value))


@dataclass(frozen=True)
class Int:
    """A whole number.

    Args:
        low: The least value.
        high: The largest value, at least `low`.
        log: Search on a logarithmic scale; `low` must be above 0.
        step: The distance between allowed values, which start at `low`; not with `log`.
        default: The user's own value, for trial 0.
        prior: A value that is likely to be good; the search starts around it.
        confidence: The confidence in the prior; above 0, at most 1.
        when: The condition under which the parameter is active.
        inactive: Whether its key stays in a trial's config file while it is inactive.

    >>> Int(1, 4).from_unit(0.99)
    4
    """

    low: int
    high: int
    _: KW_ONLY
    log: bool = False
    step: int = 1
    default: int | None = None
    prior: int | None = None
    confidence: float = 0.5
    when: Condition | None = None
    inactive: Literal["keep", "remove"] = "keep"

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            if (value := getattr(self, name)) is not None or name in ("low", "high", "step"):
                hint = "Use a float instead." if isinstance(value, float) else ""
                checked = whole(value, f"{name} of an int", name, hint=hint)
                object.__setattr__(self, name, checked)
        _check_range(self)

    @property
    def size(self) -> float:
        """The number of values."""
        return (self.high - self.low) // self.step + 1

    @property
    def middle(self) -> int:
        """The middle of the range on its scale."""
        return self.from_unit(0.5)

    def from_unit(self, unit: float) -> int:
        """Decode a value from [0, 1]."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return min(max(round(math.exp(low + unit * (high - low))), self.low), self.high)
        return self.low + min(int(unit * self.size), int(self.size) - 1) * self.step

    def to_unit(self, value: Value) -> float:
        """Encode a value in [0, 1], clipped to the range."""
        value = min(max(value, self.low), self.high)
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return (math.log(value) - low) / (high - low)
        level = round((value - self.low) / self.step)
        return float((min(level, self.size - 1) + 0.5) / self.size)

    def contains(self, value: Value) -> bool:
        """Tell whether a value is a whole number in the range (and on the step)."""
        value = _plain_or_same(value)
        return type(value) is int and self.low <= value <= self.high and (value - self.low) % self.step == 0

    def convert(self, value: Value) -> Value:
        """Return a whole number of any type (2.0 too) as an int, and any other value as plain data if it can be."""
        value = _plain_or_same(value)
        return int(value) if type(value) is float and value.is_integer() else value

    def clamp(self, value: Value) -> Value:
        """Return the nearest value in the range, or the middle for anything but a number."""
        value = _number_or_none(self.convert(value))
        if value is None:
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
        ordered: Whether the options have an order (small, medium, large), so that neighbours are alike.
        default: The user's own value, for trial 0.
        prior: An option that is likely to be good; the search starts with it more often than with the others.
        confidence: The confidence in the prior; above 0, at most 1.
        weights: Instead of `prior`, a prior weight for each option; at least 0.
        when: The condition under which the parameter is active.
        inactive: Whether its key stays in a trial's config file while it is inactive.

    >>> Choice(["relu", "gelu"]).from_unit(0.7)
    'gelu'
    """

    options: Sequence[Value]
    _: KW_ONLY
    ordered: bool = False
    default: Value = None
    prior: Value = None
    confidence: float = 0.5
    weights: Sequence[float] | None = None
    when: Condition | None = None
    inactive: Literal["keep", "remove"] = "keep"

    def __post_init__(self) -> None:
        options = self.options.tolist() if hasattr(self.options, "tolist") else self.options
        if isinstance(options, str) or not isinstance(options, Sequence) or not options:
            raise InputError(
                f"options must be a list of at least one value, got {shown(self.options)}.", keys=("options",)
            )
        hint = "Use a name, and look it up in your code."
        object.__setattr__(
            self, "options", tuple(plain(option, "an option", "options", hint=hint) for option in options)
        )
        for index, option in enumerate(self.options):
            if self._indices[exact(option)] > index:
                raise InputError(f"options must differ, got {shown(option)} twice.", keys=("options",))
        for name in ("default", "prior"):
            value = getattr(self, name)
            if value is not None and not self.contains(value):
                raise InputError(
                    f"{name} must be one of the options {shown(list(self.options))}, got {shown(value)}.", keys=(name,)
                )
            object.__setattr__(self, name, self.convert(value))
        if self.weights is not None:
            object.__setattr__(self, "weights", _checked_weights(self))
        _check_common(self)

    @property
    def size(self) -> float:
        """The number of options."""
        return len(self.options)

    @property
    def middle(self) -> Value:
        """The first option, or the middle one if they are ordered."""
        return self.options[len(self.options) // 2 if self.ordered else 0]

    @cached_property
    def _indices(self) -> Mapping[Any, int]:
        """The index of each option by its exact key."""
        return {exact(option): index for index, option in enumerate(self.options)}

    def index(self, value: Value) -> int:
        """Return the index of an option, or raise `ValueError`. 1, 1.0 and True are different options."""
        if not self.contains(value):
            raise ValueError(f"{shown(value)} is not an option.")
        return self._indices[exact(plain(value, "an option"))]

    def from_unit(self, unit: float) -> Value:
        """Decode an option from [0, 1]."""
        return self.options[min(int(unit * len(self.options)), len(self.options) - 1)]

    def to_unit(self, value: Value) -> float:
        """Encode an option in [0, 1]."""
        return (self.index(value) + 0.5) / len(self.options)

    def contains(self, value: Value) -> bool:
        """Tell whether a value is one of the options."""
        try:
            return exact(plain(value, "an option")) in self._indices
        except InputError:
            return False

    def convert(self, value: Value) -> Value:
        """Return a value as plain data if it can be: a tuple becomes a list."""
        return _plain_or_same(value)

    def clamp(self, value: Value) -> Value:
        """Return the value if it is an option, else the default or the middle."""
        if self.contains(value):
            return self.convert(value)
        return self.middle if self.default is None else self.default


Parameter = Float | Int | Choice


def describe(parameter: Parameter) -> str:
    """Describe a parameter's values, for example as `a number from 0.0 to 0.5`."""
    if isinstance(parameter, Choice):
        return f"one of {', '.join(map(shown, parameter.options))}"
    kind = "a whole number" if isinstance(parameter, Int) else "a number"
    step = f" in steps of {parameter.step}" if parameter.step not in (None, 1) else ""
    return f"{kind} from {parameter.low} to {parameter.high}{step}"


def explicit_fields(parameter: Parameter) -> dict[str, Any]:
    """Return the fields of a parameter that differ from the defaults of its class."""
    explicit = {
        field.name: value
        for field in fields(parameter)
        if (value := getattr(parameter, field.name)) is not field.default and value != field.default
    }
    return {name: list(value) if isinstance(value, tuple) else value for name, value in explicit.items()}


def _plain_or_same(value: Value) -> Value:
    """Return a value as plain data, or unchanged if it cannot be."""
    with contextlib.suppress(InputError):
        return plain(value, "a value")
    return value


def _number_or_none(value: Value) -> float | None:
    """Return a number, infinite where it is too large for a float; None for NaN and for anything else."""
    if type(value) is int:
        return value if abs(value) < _MOST_LEVELS**2 else math.inf if value > 0 else -math.inf
    try:
        checked = number(value, "a value")
    except InputError:
        return None
    return None if math.isnan(checked) else checked


def _rounded(value: float, digits: int = 12) -> float:
    """Drop the last significant digits, so that 0.1 + 0.2 reads 0.3 and powers of ten read as people write them."""
    return float(f"{value:.{digits}g}")


def _check_range(parameter: Float | Int) -> None:
    if parameter.low > parameter.high:
        raise InputError(
            f"low must be at most high, got low={parameter.low} and high={parameter.high}. Swap them.", keys=("low",)
        )
    if not math.isfinite(float(parameter.high) - float(parameter.low)):
        raise InputError(
            f"high - low must be finite, got low={parameter.low} and high={parameter.high}. Narrow the range.",
            keys=("high",),
        )
    if parameter.log and not parameter.low > 0:
        raise InputError(
            f"low must be above 0 on a logarithmic scale, got low={parameter.low}. Raise low, or remove log.",
            keys=("low",),
        )
    if parameter.step is not None and parameter.step <= 0:
        raise InputError(f"step must be above 0, got {parameter.step}.", keys=("step",))
    if isinstance(parameter, Float) and parameter.step is not None and parameter.size > _MOST_LEVELS:
        raise InputError(
            f"step must give at most 2^53 values between low and high, got {parameter.step}. Remove it, or raise it.",
            keys=("step",),
        )
    if parameter.log and parameter.step != (1 if isinstance(parameter, Int) else None):
        raise InputError("log and step exclude each other. Remove one of them.", keys=("step",))
    if parameter.prior is not None and not parameter.low <= parameter.prior <= parameter.high:
        raise InputError(
            f"prior must lie in the range from {parameter.low} to {parameter.high}, got {parameter.prior}. "
            "Move it, or widen the range.",
            keys=("prior",),
        )
    _check_common(parameter)


def _check_common(parameter: Parameter) -> None:
    check_types(parameter)
    confidence, inactive = parameter.confidence, parameter.inactive
    if not 0 < confidence <= 1:
        raise InputError(f"confidence must be above 0 and at most 1, got {confidence}.", keys=("confidence",))
    if parameter.prior is None and confidence != 0.5:
        raise InputError("confidence needs a prior. Add one, or remove confidence.", keys=("confidence",))
    if inactive not in ("keep", "remove"):
        raise InputError(f"inactive must be 'keep' or 'remove', got {shown(inactive)}.", keys=("inactive",))
    if parameter.when is not None:
        object.__setattr__(parameter, "when", plain_condition(parameter.when, "when"))


def plain_condition(condition: object, *keys: str) -> Condition:
    """Return a condition as plain data, or raise `InputError`; a space checks it against its parameters."""
    clauses = expect_table(condition, *keys)
    return {name: _plain_clause(clause, *keys, str(name)) for name, clause in clauses.items()}


def options_of(clause: Any, parent: Parameter) -> Sequence[Value]:
    """Return the values that a condition's clause lists, for a parent that may have lists as options."""
    is_list = isinstance(clause, list | tuple) and not (isinstance(parent, Choice) and parent.contains(clause))
    return clause if is_list else (clause,)


def _plain_clause(clause: Any, *keys: str) -> Any:
    if not isinstance(clause, Mapping):
        return plain(clause, "a condition", *keys)
    expect_keys(clause, ("low", "high"), *keys)
    for key, bound in clause.items():
        finite(bound, key, *keys, key)
    return {key: plain(bound, key, *keys, key) for key, bound in clause.items()}


def _checked_weights(choice: Choice) -> tuple[float, ...]:
    if choice.prior is not None:
        raise InputError("prior and weights exclude each other. Remove one of them.", keys=("weights",))
    weights = plain(choice.weights, "weights", "weights")
    numbers = [finite(weight, "a weight", "weights") for weight in weights] if isinstance(weights, list) else []
    if len(numbers) != len(choice.options) or min(numbers) < 0 or not 0 < sum(numbers) < math.inf:
        raise InputError(
            f"weights must be {len(choice.options)} numbers, one for each option, at least 0 and not all 0, got "
            f"{shown(weights)}.",
            keys=("weights",),
        )
    return tuple(numbers)
