"""Plain records of frozen dataclasses: what is written can be read back, and what is read has the declared types."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache, partial
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import orjson

from ..text.cleaning import valid

Reader = Callable[[Any], Any]

_WRITING = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
_LEAST, _MOST = -(2**63), 2**64 - 1  # The whole numbers of a line.
_MAX_DEPTH = 100  # Levels of nested values in a line.


def to_table(instance: Any, without: str = "") -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults."""
    cls: Any = type(instance)
    table: dict[str, Any] = {}
    for name, default in _defaults(cls).items():
        value = getattr(instance, name)
        if name != without and value != default:
            table[name] = to_table(value) if hasattr(value, "__dataclass_fields__") else value
    return table


def from_table(cls: Any, table: Any) -> Any:
    """Return the dataclass that a table from JSON describes. Unknown keys are ignored.

    Raises:
        ValueError: The table lacks a field, or a field has the wrong type; the message names it.
    """
    if type(table) is not dict:
        raise ValueError(f"must be a table, got {table!r:.60}")
    readers, values = _readers(cls), {}
    for name, value in table.items():
        if name in readers:
            try:
                values[name] = readers[name](value)
            except ValueError as error:
                raise ValueError(f"'{name}' {error}") from None
    try:
        return cls(**values)
    except TypeError:
        missing = [name for name in _required(cls) if name not in values]
        raise ValueError(f"'{missing[0]}' is missing") from None


def to_line(table: Mapping[str, Any]) -> bytes:
    r"""Return a table as a line of JSON.

    Text that is not valid Unicode is spelled out, numbers beyond 64 bits are bounded, other objects become text.

    >>> to_line({"text": "caf\udce9", "n": 2**80})
    b'{"text":"caf\\\\udce9","n":18446744073709551615}\n'
    """
    try:
        return orjson.dumps(table, option=_WRITING, default=_plain)
    except TypeError:
        return orjson.dumps(storable(table), option=_WRITING, default=_plain)


def storable(value: Any, depth: int = 0) -> Any:
    """Return a value that JSON can hold."""
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, str):
        return valid(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(int(value), _LEAST), _MOST)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner, depth + 1) for inner in value]
    return value


def _plain(value: object) -> Any:
    """Return an object that JSON does not know as a table or as text."""
    if isinstance(value, Mapping):
        return storable(value)
    try:
        return storable(str(value))
    except Exception:  # The object is the user's.
        return f"<{type(value).__name__}>"


@cache
def _defaults(cls: Any) -> dict[str, Any]:
    """Return the default of each field; `MISSING`, which equals no value, if it has none."""
    defaults: dict[str, Any] = {}
    for item in dataclasses.fields(cls):
        if item.default_factory is dataclasses.MISSING or item.name == "time":
            defaults[item.name] = item.default
        else:
            defaults[item.name] = item.default_factory()
    return defaults


@cache
def _required(cls: Any) -> list[str]:
    missing = dataclasses.MISSING
    return [f.name for f in dataclasses.fields(cls) if f.default is missing and f.default_factory is missing]


@cache
def _readers(cls: Any) -> dict[str, Reader]:
    """Return by field a function that checks a plain value and converts it to the field's type."""
    return {name: _reader(hint) for name, hint in get_type_hints(cls).items() if get_origin(hint) is not ClassVar}


def _reader(hint: Any) -> Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = _reader(next(option for option in arguments if option is not type(None)))
        return lambda value: None if value is None else inner(value)
    if dataclasses.is_dataclass(hint):
        return partial(from_table, hint)
    if origin is Literal:
        return partial(_read_option, {option: option for option in arguments})
    if origin is tuple:
        return partial(_read_list, _reader(arguments[0]))
    if hint == Mapping[str, float]:
        return _read_metrics
    if origin is not None:
        return partial(_read_mapping, _reader(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return partial(_read_option, {option.value: option for option in hint})
    return _BY_TYPE[hint]


def _read_whole(value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    raise ValueError(f"must be a whole number from 0 to {_MOST}, got {value!r:.60}")


def _read_number(value: Any) -> float:
    if type(value) is float or type(value) is int:
        return value
    raise ValueError(f"must be a number, got {value!r:.60}")


def _read_text(value: Any) -> str:
    if type(value) is str:
        return value
    raise ValueError(f"must be text, got {value!r:.60}")


def _read_flag(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise ValueError(f"must be true or false, got {value!r:.60}")


_BY_TYPE: dict[Any, Reader] = {
    int: _read_whole,
    float: _read_number,
    str: _read_text,
    bool: _read_flag,
    Any: lambda value: value,
}


def _read_option(options: Mapping[Any, Any], value: Any) -> Any:
    if type(value) is str and value in options:
        return options[value]
    raise ValueError(f"must be one of {', '.join(options)}, got {value!r:.60}")


def _read_list(read: Reader, values: Any) -> tuple[Any, ...]:
    if type(values) is list:
        return tuple(map(read, values))
    raise ValueError(f"must be a list, got {values!r:.60}")


def _read_mapping(read: Reader, table: Any) -> Mapping[str, Any]:
    items = _items(table)
    return table if read is _BY_TYPE[Any] else {name: read(value) for name, value in items}


def _read_metrics(table: Any) -> Mapping[str, float]:
    """Return metrics by name; JSON has null for those that are not finite."""
    return {name: math.nan if value is None else _read_number(value) for name, value in _items(table)}


def _items(table: Any) -> Iterable[tuple[str, Any]]:
    if type(table) is dict:
        return table.items()
    raise ValueError(f"must be a table, got {table!r:.60}")
