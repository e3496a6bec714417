"""Values, types and options as plain data."""

from __future__ import annotations

import enum
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

NOT_PLAIN_KEY = "__not_plain__"
"""The only key of the table that stands for a value that is none of number, text, boolean, None and list of these."""
_MOST_CHARACTERS = 1000
_MARKS = re.compile(r"\[/?helptext\w*\]|<__TEMP__>")
"""What tyro and simple-parsing put into a help text for themselves."""
_TRUE_AND_FALSE = (("true", "false"), ("True", "False"), ("1", "0"))


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; an enumeration's member by its name, a path as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.name if isinstance(value, enum.Enum) else value
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple)):
        values = [plain(element) for element in value]
        return {NOT_PLAIN_KEY: True} if any(isinstance(element, dict) for element in values) else values
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        return plain(value.item())
    return {NOT_PLAIN_KEY: True}


def kind_of(value: Any) -> str:
    """Return the kind of a value."""
    for kind, types in (("bool", bool), ("int", int), ("float", float), ("str", (str, enum.Enum))):
        if isinstance(value, types):
            return kind
    if isinstance(value, os.PathLike):
        return "path"
    return "list" if isinstance(value, (list, tuple)) else "other"


def kind_of_type(type_: Any, default: Any) -> str:
    """Return the kind of what a type, or a function that turns text into a value, gives; the default helps."""
    if type_ is None:
        return "str"
    if isinstance(type_, type):
        for kind, types in (("int", int), ("float", float), ("str", (str, enum.Enum))):
            if issubclass(type_, types) and not issubclass(type_, bool):
                return kind
        if issubclass(type_, os.PathLike):
            return "path"
        return "list" if issubclass(type_, (list, tuple)) else "other"
    if type(type_).__name__ == "FileType":
        return "path"
    kind = kind_of(default)
    return kind if kind not in ("bool", "other") else _kind_of_function(type_)


def _kind_of_function(function: Any) -> str:
    for text in ("1", "0.5", "a"):
        try:
            kind = kind_of(function(text))
        except Exception:
            continue
        if kind != "other":
            return kind
    return "other"


def without_none(type_: Any) -> Any:
    """Return the type T of `Optional[T]`."""
    arguments = getattr(type_, "__args__", None) or ()
    others = [argument for argument in arguments if argument is not type(None)]
    return others[0] if len(others) == 1 < len(arguments) else type_


def words_for_booleans(function: Any) -> tuple[str, str] | None:
    """Return the texts that a function turns into true and into false, or None if it does not."""
    for true, false in _TRUE_AND_FALSE:
        try:
            if function(true) is True and function(false) is False:
                return true, false
        except Exception:
            continue
    return None


def in_help(text: Any) -> str:
    """Return a help text on one line."""
    return re.sub(r"\s+", " ", _MARKS.sub("", str(text or ""))).strip()[:_MOST_CHARACTERS]


def option(
    spellings: Sequence[str],
    *,
    name: str = "",
    form: str = "--name value",
    kind: str = "str",
    default: Any = None,
    value: Any = None,
    given: bool = False,
    choices: Sequence[Any] | None = None,
    required: bool = False,
    text: Any = "",
    switch: tuple[str, str] | None = None,
    subcommand: Sequence[str] = (),
    bounds: tuple[float | None, float | None] = (None, None),
) -> dict[str, Any]:
    """Return an option as plain data, its fields those of `ScriptOption`."""
    default, value = plain(default), plain(value)
    if kind == "float":  # The script turns 1 into 1.0.
        default, value = (float(each) if type(each) is int else each for each in (default, value))
    return {
        "name": name or longest(spellings).lstrip("-+"),
        "spellings": list(spellings),
        "form": form,
        "kind": kind,
        "default": default,
        "value": value if given else default,
        "given": given,
        "choices": None if choices is None else [plain(choice) for choice in choices],
        "required": required,
        "help": in_help(text),
        "switch": None if switch is None else list(switch),
        "subcommand": list(subcommand),
        "bounds": list(bounds),
    }


def bounds_of(type_: Any) -> tuple[float | None, float | None]:
    """Return the least and the largest number that a type takes: of click's ranges, and of jsonargparse's restrictions.

    An open bound is moved inside by a millionth of the range, or of itself.
    """
    low, high = getattr(type_, "min", None), getattr(type_, "max", None)
    if not all(bound is None or (isinstance(bound, (int, float)) and bound == bound) for bound in (low, high)):
        return None, None
    whole = "int" in str(getattr(type_, "name", "")).lower()
    span = abs(low or high or 1.0) if low is None or high is None else high - low
    step = 1 if whole else 1e-6 * span
    if low is not None and getattr(type_, "min_open", False):
        low += step
    if high is not None and getattr(type_, "max_open", False):
        high -= step
    return low, high


def longest(spellings: Sequence[str]) -> str:
    """Return the longest spelling, the first of several."""
    return max(spellings, key=len)
