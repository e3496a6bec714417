"""Parameters: floats, whole numbers and choices, each encoded to and decoded from the unit interval."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, Literal

from ..errors import InputError
from .trial import Value

Condition = Mapping[str, Any]
"""Parameter names mapped to a value, a list of values, or a range `{"low": 2, "high": 8}`; all must match."""


@dataclass(frozen=True)
class Float:
    """A real number.

    Args:
        low: The least value.
        high: The largest value, above `low`.
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
        _check_range(self)
        for name in ("low", "high", "step", "default", "prior"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else float(value))

    @property
    def size(self) -> float:
        """The number of values; infinite without a step."""
        return math.inf if self.step is None else math.floor((self.high - self.low) / self.step + 1e-9) + 1

    @property
    def middle(self) -> float:
        """The middle of the range on its scale."""
        return self.from_unit(0.5)

    def from_unit(self, unit: float) -> float:
        """Decode a value from [0, 1]."""
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
        """Encode a value in [0, 1], clipped to the range."""
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
        """Tell whether a value is a number in the range (and on the step)."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        return self.step is None or math.isclose(
            self.from_unit(self.to_unit(value)), value, rel_tol=1e-9, abs_tol=1e-12
        )

    def clamp(self, value: Value) -> Value:
        """Return the nearest value in the range, or the middle for anything but a number."""
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
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
        for name in ("low", "high", "step", "default", "prior"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise InputError(
                    f"{name} of an int must be a whole number, got {value!r}. Use a float instead.",
                    keys=(name,),
                )
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
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return self.low <= value <= self.high and (value - self.low) % self.step == 0

    def clamp(self, value: Value) -> Value:
        """Return the nearest value in the range, or the middle for anything but a number."""
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
        if isinstance(self.options, str) or not isinstance(self.options, Sequence) or not self.options:
            raise InputError(f"options must be a list of at least one value, got {self.options!r}.", keys=("options",))
        object.__setattr__(self, "options", tuple(_plain(option) for option in self.options))
        keys = [exact(option) for option in self.options]
        for index, option in enumerate(self.options):
            if keys[index] in keys[:index]:
                raise InputError(f"options must differ, got {option!r} twice.", keys=("options",))
        for name in ("default", "prior"):
            value = getattr(self, name)
            if value is not None and not self.contains(value):
                raise InputError(
                    f"{name} must be one of the options {list(self.options)}, got {value!r}.", keys=(name,)
                )
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

    def index(self, value: Value) -> int:
        """Return the index of an option, or raise `ValueError`. 1, 1.0 and True are different options."""
        return [exact(option) for option in self.options].index(exact(value))

    def from_unit(self, unit: float) -> Value:
        """Decode an option from [0, 1]."""
        return self.options[min(int(unit * len(self.options)), len(self.options) - 1)]

    def to_unit(self, value: Value) -> float:
        """Encode an option in [0, 1]."""
        return (self.index(value) + 0.5) / len(self.options)

    def contains(self, value: Value) -> bool:
        """Tell whether a value is one of the options."""
        return exact(value) in [exact(option) for option in self.options]

    def clamp(self, value: Value) -> Value:
        """Return the value if it is an option, else the default or the middle."""
        if self.contains(value):
            return value
        return self.middle if self.default is None else self.default


Parameter = Float | Int | Choice


def describe(parameter: Parameter) -> str:
    """Describe a parameter's values, for example as `a number from 0.0 to 0.5`."""
    if isinstance(parameter, Choice):
        return f"one of {', '.join(map(repr, parameter.options))}"
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


def exact(value: Value) -> tuple[str, Any]:
    """Return a key that differs for values that Python calls equal: True, 1 and 1.0, also within a list."""
    plain = isinstance(value, (str, int, float))
    return type(value).__name__, value if plain else json.dumps(value, default=str)


def _plain(option: Value) -> Value:
    """Return an option as a JSON value, for the journal and for other processes."""
    if hasattr(option, "item") and not isinstance(option, type):
        option = option.item()  # a NumPy scalar
    if option is None or isinstance(option, str | bool | int) or (isinstance(option, float) and math.isfinite(option)):
        return option
    if isinstance(option, list | tuple):
        return [_plain(inner) for inner in option]
    raise InputError(
        f"an option must be a string, a finite number, a boolean, None or a list of those, got {option!r:.60}. "
        "Use a name, and look it up in your code.",
        keys=("options",),
    )


def _rounded(value: float, digits: int = 12) -> float:
    """Drop the last significant digits, so that 0.1 + 0.2 reads 0.3 and powers of ten read as people write them."""
    return float(f"{value:.{digits}g}")


def _check_range(parameter: Float | Int) -> None:
    for name in ("low", "high", "step", "default", "prior"):
        value = getattr(parameter, name)
        if value is None and name in ("step", "default", "prior"):
            continue
        if not _is_number(value):
            raise InputError(f"{name} must be a finite number, got {value!r}.", keys=(name,))
    if parameter.low > parameter.high or (parameter.low == parameter.high and isinstance(parameter, Float)):
        raise InputError(
            f"low must be below high, got low={parameter.low} and high={parameter.high}. Swap or widen them.",
            keys=("low",),
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
    confidence, inactive = parameter.confidence, parameter.inactive
    if not (_is_number(confidence) and 0 < confidence <= 1):
        raise InputError(f"confidence must be above 0 and at most 1, got {confidence!r}.", keys=("confidence",))
    if parameter.prior is None and confidence != 0.5:
        raise InputError("confidence needs a prior. Add one, or remove confidence.", keys=("confidence",))
    if inactive not in ("keep", "remove"):
        raise InputError(f"inactive must be 'keep' or 'remove', got {inactive!r}.", keys=("inactive",))


def _checked_weights(choice: Choice) -> tuple[float, ...]:
    weights: Any = choice.weights
    if choice.prior is not None:
        raise InputError("prior and weights exclude each other. Remove one of them.", keys=("weights",))
    fits = isinstance(weights, Sequence) and len(weights) == len(choice.options)
    if not (fits and all(_is_number(weight) and weight >= 0 for weight in weights) and sum(weights) > 0):
        raise InputError(
            f"weights must be {len(choice.options)} numbers, one for each option, at least 0 and not all 0, got "
            f"{weights!r}.",
            keys=("weights",),
        )
    return tuple(float(weight) for weight in weights)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
