"""Values as users give them: one rule for NumPy, tensors, enumerations, booleans and numbers out of reach."""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tunesmith.core.values import exact, finite, number, plain, shown, step, whole
from tunesmith.errors import InputError


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    RED = 1


class Tensor:
    """As a tensor of PyTorch: `item` fails for several elements."""

    def __init__(self, *elements: float) -> None:
        self.elements = elements

    def item(self) -> float:
        if len(self.elements) != 1:
            raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")
        return self.elements[0]


MIXED = enum.Enum("MIXED", {"RED": "red"}, type=str)  # Its `str` is "MIXED.RED".


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(2), 2),
        (np.float32(0.5), 0.5),
        (np.True_, True),
        (np.str_("a"), "a"),
        (np.array(3), 3),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ((1, (2.5, None)), [1, [2.5, None]]),
        (Colour.RED, "red"),
        (MIXED.RED, "red"),
        (Level.HIGH, 3),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_values_become_plain_data(value: Any, expected: Any) -> None:
    assert exact(plain(value, "an option")) == exact(expected)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "got nan."),
        (math.inf, "got inf."),
        ([1, math.inf], "got inf."),
        (2**64, "got 18446744073709551616, beyond 64 bits."),
        pytest.param(10**5000, "got a whole number of about 5000 digits, beyond 64 bits.", id="5000 digits"),
        ("caf\udce9", "which is not valid Unicode."),
        (Plain.RED, "got <Plain.RED: 1>."),
        (Decimal("0.1"), "got Decimal('0.1')."),
        (Path("a"), "got PosixPath('a')."),
        ({"a": 1}, "got {'a': 1}."),
        (b"a", "got b'a'."),
        (1j, "got 1j."),
        (np.datetime64(1, "ns"), "got np.datetime64("),
        (np.longdouble(2), "got np.longdouble('2.0')."),
        (Unshowable(), "got a value of type Unshowable."),
    ],
)
def test_values_that_no_file_holds_are_refused_with_the_reason(value: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        plain(value, "an option", "options")
    assert words in caught.value.message
    assert caught.value.message.startswith("an option must be a string, a finite int or float, a boolean, None or a")
    assert caught.value.keys == ("options",)


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InputError, match="an option must be"):
        plain(endless, "an option")


@pytest.mark.parametrize(
    "value",
    [
        2,
        2.0,
        np.int8(2),
        np.float16(2),
        np.array(2),
        np.array([2.0]),
        Tensor(2.0),
        Fraction(2),
        Decimal(2),
        Level(3) - 1,
    ],
)
def test_numbers_of_any_type_are_floats(value: Any) -> None:
    assert exact(finite(value, "metric 'loss'")) == ("float", 2.0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "metric 'loss' must be a number, got the boolean True."),
        (np.False_, "metric 'loss' must be a number, got the boolean False."),
        (np.array([True]), "metric 'loss' must be a number, got the boolean True."),
        ("0.3", "metric 'loss' must be a number, got '0.3'."),
        (b"0.3", "metric 'loss' must be a number, got b'0.3'."),
        (np.str_("0.3"), "metric 'loss' must be a number, got "),
        (None, "metric 'loss' must be a number, got None."),
        ([0.3], "metric 'loss' must be a number, got [0.3]."),
        (np.array([1.0, 2.0]), "metric 'loss' must be a number, got array([1., 2.])."),
        (Tensor(1.0, 2.0), "metric 'loss' must be a number, got <"),
        (1j, "metric 'loss' must be a number, got 1j."),
        (np.timedelta64(1, "ns"), "metric 'loss' must be a number, got np.timedelta64"),
        (10**400, "metric 'loss' must be a number, got a whole number of about 400 digits, too large for a float."),
        (math.nan, "metric 'loss' must be a finite number, got nan."),
        (np.float64(-math.inf), "metric 'loss' must be a finite number, got -inf."),
    ],
)
def test_anything_else_is_refused_as_a_metric_with_the_reason(value: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        finite(value, "metric 'loss'")
    assert caught.value.message.startswith(words)


def test_a_report_may_be_infinite() -> None:
    assert number(np.float32(math.inf), "metric 'loss'") == math.inf


@pytest.mark.parametrize("value", [1.0, True, np.True_, "1", None, [1], np.array([1, 2]), 2**64, 0])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="slots must be a whole number of at least 1, got "):
        whole(value, "slots", "slots", least=1)


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3), np.array(3), Tensor(3)])
def test_a_step_may_be_written_as_a_float(value: Any) -> None:
    assert exact(step(value)) == ("int", 3)


@pytest.mark.parametrize("value", [1.5, math.nan, math.inf, -1, True, "3", None, 2**64, 1e30])
def test_other_steps_are_refused(value: Any) -> None:
    with pytest.raises(InputError, match="a step must "):
        step(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([10**5000], "a value of type list"),
        ("a\nb", r"'a\nb'"),
        ("x" * 500, "'" + "x" * 76 + "..."),
        (np.zeros((2, 2)), "array([[0., 0.], [0., 0.]])"),
    ],
)
def test_values_are_shown_on_one_short_line(value: Any, text: str) -> None:
    assert shown(value) == text


def test_equal_values_of_different_types_are_told_apart() -> None:
    keys = [exact(value) for value in (1, 1.0, True, "1", [1], [1.0], [True], None)]
    assert len(set(keys)) == len(keys)
