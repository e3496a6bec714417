from dataclasses import dataclass

import pytest

from tunesmith.core.schema import build, expect_keys, expect_table
from tunesmith.errors import InputError


@dataclass(frozen=True)
class Options:
    name: str
    size: int = 1
    rate: float = 0.5
    fast: bool = False
    limit: float | None = None
    either: int | str = 0
    given: object = None

    def __post_init__(self) -> None:
        if self.size < 0:
            raise InputError("size must not be negative.", keys=("size",))


def test_values_of_the_right_types_pass_and_whole_numbers_count_as_numbers() -> None:
    table = {"name": "a", "size": 2, "rate": 1, "fast": True, "limit": 3, "either": "x", "given": [1]}
    options = build(Options, table)
    assert options == Options("a", 2, 1.0, True, 3.0, "x", [1])
    assert isinstance(options.rate, float)
    assert isinstance(options.limit, float)
    assert build(Options, {"name": "a", "limit": None}).limit is None


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"size": 1.5}, "size must be a whole number, got 1.5"),
        ({"size": True}, "size must be a whole number"),
        ({"rate": "fast"}, "rate must be a number"),
        ({"fast": 1}, "fast must be true or false"),
        ({"name": 3}, "name must be a string"),
        ({"either": 1.5}, "either must be a whole number or a string"),
        ({"size": -1}, "size must not be negative"),
    ],
)
def test_values_of_the_wrong_type_are_refused_with_their_place(entry: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build(Options, {"name": "a", **entry}, "outer", "inner")
    assert caught.value.keys == ("outer", "inner", *entry)


def test_unknown_keys_name_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown key 'sise'\. Did you mean 'size'\?") as caught:
        build(Options, {"name": "a", "sise": 1}, "search")
    assert caught.value.keys == ("search", "sise")
    with pytest.raises(InputError, match="Known keys: a, b"):
        expect_keys({"zzz": 1}, ["b", "a"])


def test_a_missing_key_is_named() -> None:
    with pytest.raises(InputError, match="the key 'name' is missing") as caught:
        build(Options, {}, "search")
    assert caught.value.keys == ("search",)


def test_a_table_is_a_table() -> None:
    assert expect_table({"a": 1}) == {"a": 1}
    with pytest.raises(InputError, match="expected a table, got 3") as caught:
        expect_table(3, "space", "lr")
    assert caught.value.keys == ("space", "lr")
