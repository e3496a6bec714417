"""Fitted state as JSON."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.steps._state import decode, encode

SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(st.characters(codec="utf-8"))
STATES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["array", "table", "type", "shape", "town", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right or (left != left and right != right)


@given(STATES)
def test_plain_state_comes_back_whatever_its_keys_are(state: Any) -> None:
    assert _same(decode(orjson.loads(orjson.dumps(encode(state)))), state)


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.5, np.nan, -np.inf]),
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.array([], dtype="float32"),
        np.array(["2024-05-01", "NaT"], dtype="datetime64[s]"),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
)
def test_arrays_come_back_bit_for_bit(array: np.ndarray) -> None:
    again = decode(orjson.loads(orjson.dumps(encode({"column": array}))))["column"]
    assert again.dtype == array.dtype
    assert again.flags.writeable
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize("value", [object(), {1: "a"}, np.array(["a"], dtype=object), {"a": {1, 2}}])
def test_what_is_not_plain_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError, match="plain data only"):
        encode(value)


def test_an_array_of_objects_is_not_read() -> None:
    table = {"array": pickle.dumps("x").hex(), "type": "|O", "shape": [1]}
    with pytest.raises(ValueError, match="numbers or dates"):
        decode(table)
