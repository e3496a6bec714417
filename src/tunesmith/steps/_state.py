"""What a transformer was fitted to, as plain JSON: arrays with their type, exactly; nothing is unpickled."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

_ARRAY, _TABLE = "array", "table"
_SAFE_KINDS = "biufM"


def encode(value: Any) -> Any:
    """Return a value as plain JSON: numbers, texts, lists, tables with texts as keys, and arrays of numbers or dates.

    Raises:
        TypeError: It is something else.

    >>> decode(encode({"means": np.array([1.5, np.nan])}))["means"].tolist()
    [1.5, nan]
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else encode(np.array(value))
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in _SAFE_KINDS:
        array = np.ascontiguousarray(value)
        data = base64.b64encode(array.tobytes()).decode()
        return {_ARRAY: data, "type": array.dtype.str, "shape": list(np.shape(value))}
    if isinstance(value, list | tuple):
        return [encode(inner) for inner in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        table = {key: encode(inner) for key, inner in value.items()}
        return {_TABLE: table} if _ARRAY in table or _TABLE in table else table  # Keys may be names of columns.
    raise TypeError(f"a fitted step holds plain data only, but this is {type(value).__name__}")


def decode(value: Any) -> Any:
    """Return what `encode` was given; tuples come back as lists, and NumPy's scalars as Python's.

    Raises:
        ValueError: An array's type is none that `encode` writes, or its size is wrong.
    """
    if isinstance(value, list):
        return [decode(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if _ARRAY not in value:
        return {key: decode(inner) for key, inner in value.get(_TABLE, value).items()}
    dtype = np.dtype(str(value["type"]))
    if dtype.kind not in _SAFE_KINDS:
        raise ValueError(f"an array of a fitted step must hold numbers or dates, but its type is {dtype}")
    array = np.frombuffer(base64.b64decode(value[_ARRAY]), dtype=dtype).reshape(value["shape"])
    return array.copy() if array.shape else array.item()
