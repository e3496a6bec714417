"""Values as users give them, made plain: Python and NumPy numbers, arrays, tensors, tuples, enumerations.

Every entrance of a value uses these rules: options and bounds, results, steps, budgets, settings.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Mapping
from typing import Any

from ..errors import InputError

Value = Any
"""A parameter's value: a number, a string, a boolean, None, or a JSON list."""

_MOST = 2**63 - 1  # The journal, TOML and most readers of JSON hold whole numbers of 64 bits with a sign.
_DEEPEST = 100  # Levels of lists; the journal's writer stops at 254.
_LONGEST = 80


class NotFinite(InputError):
    """A number is infinite, NaN, or too large for a float: a training that diverged rather than a mistake."""


def plain(value: object, subject: str, *keys: str, hint: str = "") -> Value:
    """Return a parameter's value as plain data, which a journal and a config file can hold.

    NumPy scalars become Python's; arrays and tuples become lists; the members of a `StrEnum` or `IntEnum` become
    strings and whole numbers.

    Args:
        value: As the user gave it.
        subject: Its name, for the message.
        keys: Its location in the settings.
        hint: What to do, for the message.

    Raises:
        InputError: It is something else, infinite, NaN, beyond 64 bits, or text that is not valid Unicode.

    >>> plain((1, 2.5, None), "an option")
    [1, 2.5, None]
    """
    try:
        return _plain(value)
    except ValueError as error:
        message = f"{subject} must be a string, a finite int or float, a boolean, None or a list of those, got {error}."
        raise InputError(f"{message}{hint and f' {hint}'}", keys=keys) from None


def check_unicode(value: object, subject: str, hint: str = "") -> None:
    """Check that every text in a value is valid Unicode, so that it can be written exactly.

    Args:
        value: Text, or tables and lists of it.
        subject: What it is part of, for the message.
        hint: What to do, for the message.

    Raises:
        InputError: One is not, as a path in another encoding.
    """
    if isinstance(value, str) and not _is_unicode(value):
        raise InputError(f"{subject} must be valid Unicode, got {shown(value)}. {hint}".strip())
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        check_unicode(inner, subject, hint)


def exact(value: Value) -> tuple[str, Any]:
    """Return a key of a plain value that differs for values that Python calls equal: True, 1 and 1.0, also in lists."""
    if isinstance(value, list):
        return "list", tuple(map(exact, value))
    return type(value).__name__, value


def number(value: object, subject: str, *keys: str) -> float:
    """Return a number of any type as a float, which may be infinite or NaN.

    Accepted are Python and NumPy numbers, fractions, and arrays and tensors of one element; neither text nor booleans.

    Args:
        value: As the user gave it.
        subject: Its name, for the message.
        keys: Its location in the settings.

    Raises:
        InputError: It is no number, or too large for a float.
    """
    if type(value) is float:
        return value
    inner = single(value)
    if isinstance(inner, str | bytes | bytearray | bool) or _is_time(inner):
        raise InputError(f"{subject} must be a number, got {described(inner)}.", keys=keys)
    try:
        return float(inner)
    except OverflowError:
        message = f"{subject} must be a number, got {shown(inner)}, too large for a float."
        raise NotFinite(message, keys=keys) from None
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"{subject} must be a number, got {described(value)}.", keys=keys) from None


def finite(value: object, subject: str, *keys: str) -> float:
    """Return a number of any type as a finite float; as `number` otherwise."""
    checked = number(value, subject, *keys)
    if not math.isfinite(checked):
        raise NotFinite(f"{subject} must be a finite number, got {checked}.", keys=keys)
    return checked


def whole(value: object, subject: str, *keys: str, least: int | None = None, hint: str = "") -> int:
    """Return a whole number of any type as an int.

    Args:
        value: As the user gave it; neither a boolean nor a float.
        subject: Its name, for the message.
        keys: Its location in the settings.
        least: The least allowed number.
        hint: What to do, for the message.

    Raises:
        InputError: It is not a whole number, below the least, or beyond 64 bits.
    """
    inner = single(value)
    try:
        checked = None if isinstance(inner, bool) else operator.index(inner)
    except TypeError:
        checked = None
    if checked is None or abs(checked) > _MOST or (least is not None and checked < least):
        at_least = "" if least is None else f" of at least {least}"
        raise InputError(
            f"{subject} must be a whole number{at_least}, got {described(inner)}.{hint and f' {hint}'}", keys=keys
        )
    return checked


def step(value: object) -> int:
    """Return a step (an epoch, an iteration) as a whole number that is not negative; it may be given as 1.0.

    Raises:
        InputError: It is something else.
    """
    inner = single(value)
    checked = whole(int(inner) if isinstance(inner, float) and inner.is_integer() else inner, "a step")
    if checked < 0:
        raise InputError(f"a step must not be negative, got {checked}.")
    return checked


def number_in(text: str) -> int | float | None:
    """Return the number that a text is, or None.

    >>> number_in("5e-3"), number_in("8"), number_in("adam"), number_in("nan")
    (0.005, 8, None, None)
    """
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            number = kind(text)
            return number if math.isfinite(number) else None
    return None


def is_missing(value: object) -> bool:
    """Tell whether a value stands for a missing one in a table: None, NaN, or pandas' `NA`."""
    return value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and math.isnan(value))


def shown(value: object) -> str:
    """Return a value as messages show it: on one line, and cut after 80 characters.

    >>> shown("a"), shown(10**400)
    ("'a'", 'a whole number of about 400 digits')
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        return f"a whole number of about {math.log10(abs(value)):.0f} digits"
    try:
        text = " ".join(repr(value).split())
    except Exception:  # A list with such a number, or an object of the user's that cannot be shown.
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def single(value: Any) -> Any:
    """Return the Python value in a NumPy scalar, or in an array or tensor of one element; any other unchanged."""
    if not hasattr(value, "item") or isinstance(value, type) or _is_time(value):
        return value
    try:
        return value.item()
    except (TypeError, ValueError, RuntimeError):  # Several elements.
        return value


def _plain(value: object, depth: int = 0) -> Value:
    """Return a value as plain data, or raise a `ValueError` that describes the part that is not."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _MOST:
        return operator.index(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, str) and _is_unicode(value):
        return str.__str__(value)
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(inner, depth + 1) for inner in value]
    if hasattr(value, "tolist") and not isinstance(value, type) and not _is_time(value):
        unwrapped = value.tolist()
        if type(unwrapped) is not type(value):  # Extended precision has no Python type.
            return _plain(unwrapped, depth)
    raise ValueError(described(value))


def described(value: object) -> str:
    """Return a value as messages show it, with the reason why it cannot be used where that is easily missed."""
    if isinstance(value, bool):
        return f"the boolean {value}"
    if isinstance(value, int) and abs(value) > _MOST:
        return f"{shown(value)}, beyond 64 bits"
    if isinstance(value, str) and not _is_unicode(value):
        return f"{shown(value)}, which is not valid Unicode"
    return shown(value)


def _is_time(value: Any) -> bool:
    """Tell whether a NumPy value is a date or a duration, whose `item` may be a whole number."""
    return getattr(getattr(value, "dtype", None), "kind", "") in ("m", "M")


def _is_unicode(text: str) -> bool:
    """Tell whether text can be written: it has no lone surrogates."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
