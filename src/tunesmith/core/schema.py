"""Turn tables (TOML, JSON, keyword arguments) into frozen options, with errors that name the key."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from ..errors import InputError, nearest
from ..text.cleaning import valid
from .values import described, number, shown, single, whole

T = TypeVar("T")

LONGEST_SECONDS = 1e9
"""The longest limit of time, 30 years: the calls of operating systems wait no longer than 292."""

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


def expect_table(value: object, *keys: str) -> dict[str, Any]:
    """Return a table as a dictionary, or raise `InputError` located at `keys`."""
    if not isinstance(value, Mapping):
        raise InputError(f"expected a table, got {shown(value)}.", keys=keys)
    return dict(value)


def expect_keys(table: Mapping[str, Any], known: Iterable[str], *keys: str) -> None:
    """Raise `InputError` for the first unknown key, naming the nearest known one."""
    known = list(known)
    for key in table:
        if key not in known:
            hint = f"{nearest(str(key), known)} Known keys: {', '.join(sorted(known)) or 'none'}."
            raise InputError(f"unknown key {shown(key)}.{hint}", keys=(*keys, str(key)))


def expect_environment(value: object, *keys: str) -> dict[str, str]:
    """Return environment variables by name, or raise `InputError` located at `keys` for what none can be."""
    table = expect_table(value, *keys)
    for name, text in table.items():
        are_text = isinstance(name, str) and isinstance(text, str)
        if not are_text or not name or "=" in name or "\0" in name + text or valid(name + text) != name + text:
            raise InputError(
                "an environment variable must have a name without '=' and a value that is valid text without NUL "
                f"characters, got {shown(name)} = {shown(text)}.",
                keys=(*keys, str(name)),
            )
    return table


def expect_whole(value: object, least: int, *keys: str) -> int:
    """Return a whole number of any type as an int, or raise `InputError` located at `keys`."""
    return whole(value, keys[-1], *keys, least=least)


def expect_range(
    options: object, name: str, low: float, high: float = math.inf, *, above: bool = False, below: bool = False
) -> None:
    """Give a number of a frozen dataclass its field's type; raise `InputError` unless it is None or lies in its range.

    Args:
        options: The object that holds the option.
        name: The option's name.
        low: The lower limit.
        high: The upper limit.
        above: Whether the option must be above `low`, not equal to it.
        below: Whether the option must be below `high`, not equal to it; without `high`, finite.
    """
    _set_type(options, name)
    value = getattr(options, name)
    if value is None or ((low < value if above else low <= value) and (value < high if below else value <= high)):
        return
    expected = f"{'above' if above else 'at least'} {low:g}"
    if high < math.inf:
        expected += f" and {'below' if below else 'at most'} {high:g}"
    raise InputError(f"{name} must be {expected}, got {shown(value)}.", keys=(name,))


def check_types(options: object) -> None:
    """Give every option of a frozen dataclass the plain type of its field, as NumPy's 3 becomes 3; for `__post_init__`.

    Raises:
        InputError: An option has the wrong type; `keys` names it.
    """
    for name in _signature(type(options))[0]:  # type: ignore[arg-type]
        _set_type(options, name)


def _set_type(options: object, name: str) -> None:
    value = getattr(options, name)
    typed = _plain_value(value, _signature(type(options))[0][name], name)  # type: ignore[arg-type]
    if typed is not value:
        object.__setattr__(options, name, typed)


def build(cls: type[T], table: Mapping[str, Any], *keys: str) -> T:
    """Construct a frozen dataclass from a table.

    Args:
        cls: A dataclass whose fields are the known keys.
        table: The values by key; a float field accepts a whole number.
        keys: The location of the table, outermost key first, for errors.

    Returns:
        An instance of `cls`, validated by its own `__post_init__`.

    Raises:
        InputError: A key is unknown or missing, a value has the wrong type, or `cls` refuses it.
    """
    hints, required = _signature(cls)  # type: ignore[arg-type]
    expect_keys(table, hints, *keys)
    for name in required:
        if name not in table:
            raise InputError(f"the key '{name}' is missing.", keys=keys)
    values = {name: _plain_value(value, hints[name], *keys, name) for name, value in table.items()}
    try:
        return cls(**values)
    except InputError as error:
        raise error.inside(*keys) from None


@cache
def _signature(cls: type[Any]) -> tuple[dict[str, Any], list[str]]:
    hints = typing.get_type_hints(cls)
    fields = [field for field in dataclasses.fields(cls) if field.init and not field.name.startswith("_")]
    required = [
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    return {field.name: hints[field.name] for field in fields}, required


def _plain_value(value: Any, hint: Any, *keys: str) -> Any:
    """Return a value of a plain type, checked; the class itself checks the others."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value is None and type(None) in options:
        return None
    plain = [option for option in options if option in _WORDS]
    others = [option for option in options if option not in _WORDS and option is not type(None)]
    if not plain or others:
        return value
    inner, subject = single(value), keys[-1]
    if isinstance(inner, bool):
        fits = bool in plain
    elif isinstance(inner, str):
        fits = str in plain
    elif int in plain and hasattr(inner, "__index__"):
        return whole(inner, subject, *keys)
    elif float in plain and hasattr(inner, "__float__"):
        return number(inner, subject, *keys)
    else:
        fits = False
    if not fits:
        words = " or ".join(_WORDS[option] for option in plain)
        raise InputError(f"{subject} must be {words}, got {described(inner)}.", keys=keys)
    return inner
