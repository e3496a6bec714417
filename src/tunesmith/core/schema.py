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

T = TypeVar("T")

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


def expect_table(value: object, *keys: str) -> dict[str, Any]:
    """Return a table as a dictionary, or raise `InputError` located at `keys`."""
    if not isinstance(value, Mapping):
        raise InputError(f"expected a table, got {value!r}.", keys=keys)
    return dict(value)


def expect_keys(table: Mapping[str, Any], known: Iterable[str], *keys: str) -> None:
    """Raise `InputError` for the first unknown key, naming the nearest known one."""
    known = list(known)
    for key in table:
        if key not in known:
            raise InputError(
                f"unknown key '{key}'.{nearest(str(key), known)} Known keys: {', '.join(sorted(known)) or 'none'}.",
                keys=(*keys, str(key)),
            )


def expect_whole(value: Any, least: int, *keys: str) -> int:
    """Return a whole number of any type as an int, or raise `InputError` located at `keys`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise InputError(f"{keys[-1]} must be a whole number of at least {least}, got {value!r}.", keys=keys)
    return int(value)


def expect_range(
    options: object, name: str, low: float, high: float = math.inf, *, above: bool = False, below: bool = False
) -> None:
    """Raise `InputError` located at `name` unless an option is None or lies in its range.

    Args:
        options: The object that holds the option.
        name: The option's name.
        low: The lower limit.
        high: The upper limit.
        above: Whether the option must be above `low`, not equal to it.
        below: Whether the option must be below `high`, not equal to it; without `high`, finite.
    """
    value = getattr(options, name)
    if value is None or ((low < value if above else low <= value) and (value < high if below else value <= high)):
        return
    expected = f"{'above' if above else 'at least'} {low:g}"
    if high < math.inf:
        expected += f" and {'below' if below else 'at most'} {high:g}"
    raise InputError(f"{name} must be {expected}, got {value!r}.", keys=(name,))


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
    if isinstance(value, bool):
        fits = bool in plain
    elif isinstance(value, int):
        fits = int in plain or float in plain
        value = value if int in plain else float(value)
    else:
        fits = isinstance(value, tuple(plain))
    if not fits:
        words = " or ".join(_WORDS[option] for option in plain)
        raise InputError(f"{keys[-1]} must be {words}, got {value!r}.", keys=keys)
    return value
