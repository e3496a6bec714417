import math
from typing import Any

import numpy as np
import pytest

from tunesmith.core.parameters import Choice, Float, Int, describe
from tunesmith.core.space import SearchSpace
from tunesmith.errors import InputError, SpaceExhausted

OPTIMIZERS = SearchSpace(
    {
        "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}, default=0.9),
        "optimizer": Choice(["adam", "sgd"]),
        "layers": Int(1, 6),
    },
    [{"optimizer": "adam", "layers": {"low": 5}}],
)


def test_logarithmic_scale() -> None:
    assert [Float(1e-4, 1.0, log=True).from_unit(u) for u in (0.0, 0.25, 0.5, 1.0)] == [1e-4, 1e-3, 1e-2, 1.0]
    assert Float(1e-4, 1.0, log=True).to_unit(1e-2) == pytest.approx(0.5)


def test_steps() -> None:
    parameter = Float(0.0, 0.5, step=0.15)
    assert [parameter.from_unit(u) for u in (0.0, 0.3, 0.6, 1.0)] == [0.0, 0.15, 0.3, 0.45]
    assert parameter.contains(0.3)
    assert not parameter.contains(0.5)
    assert Int(1, 10, step=4).from_unit(1.0) == 9
    assert not Int(1, 10, step=4).contains(10)


def test_steps_stay_in_the_range() -> None:
    parameter = Float(1 / 3, 2.0, step=0.1)
    assert parameter.contains(parameter.from_unit(0.0))


def test_integers_are_equally_likely() -> None:
    values = [Int(1, 4).from_unit(u) for u in (np.arange(400) + 0.5) / 400]
    assert [values.count(v) for v in (1, 2, 3, 4)] == [100] * 4


@pytest.mark.parametrize(
    ("parameter", "value", "clamped"),
    [
        (Float(0.0, 1.0), 7, 1.0),
        (Float(0.0, 1.0), -math.inf, 0.0),
        (Float(0.0, 1.0, step=0.25), math.inf, 1.0),
        (Float(0.0, 1.0), "fast", 0.5),
        (Float(0.0, 1.0), True, 0.5),
        (Int(1, 9), 3.4, 3),
        (Int(1, 9), math.inf, 9),
        (Int(1, 9, step=4), 8, 9),
        (Choice(["a", "b"], default="b"), "c", "b"),
        (Choice([1, True, 1.0]), True, True),
    ],
)
def test_clamp(parameter: Float | Int | Choice, value: object, clamped: object) -> None:
    assert parameter.clamp(value) == clamped
    assert type(parameter.clamp(value)) is type(clamped)


def test_equal_options_of_different_types_differ() -> None:
    choice = Choice([1, True, 1.0, "1", [1, 2]])
    assert [choice.index(option) for option in choice.options] == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="must differ"):
        Choice(["a", "a"])


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: Float(1.0, 0.9), "low"),
        (lambda: Float(0.0, 1.0, log=True), "low"),
        (lambda: Float(0.0, math.inf), "high"),
        (lambda: Float(0.0, 1.0, step=0.0), "step"),
        (lambda: Float(0.1, 1.0, step=0.1, log=True), "step"),
        (lambda: Int(1, 2.5), "high"),  # type: ignore[arg-type]
        (lambda: Int(0, 5, log=True), "low"),
        (lambda: Int(2, 1), "low"),
        (lambda: Choice([]), "options"),
        (lambda: Choice("abc"), "options"),
        (lambda: Choice(["a"], default="b"), "default"),
        (lambda: Int(1, 2, inactive="drop"), "inactive"),  # type: ignore[arg-type]
    ],
)
def test_invalid_parameters_are_refused(make: object, key: str) -> None:
    with pytest.raises(InputError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.keys == (key,)


def test_order_is_topological() -> None:
    assert OPTIMIZERS.order.index("optimizer") < OPTIMIZERS.order.index("momentum")
    assert OPTIMIZERS.decode([0.5, 0.9, 0.0]) == {"momentum": 0.495, "optimizer": "sgd", "layers": 1}
    assert OPTIMIZERS.decode([0.5, 0.1, 0.0]) == {"optimizer": "adam", "layers": 1}
    assert np.isnan(OPTIMIZERS.encode({"optimizer": "adam", "layers": 1})[0])


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"optimizer": "adam", "layers": 1}, None),
        ({"optimizer": "adam"}, "'layers' is missing."),
        ({"optimizer": "adam", "layers": 1, "momentum": 0.5}, "'momentum' is inactive here."),
        ({"optimizer": "sgd", "layers": 1}, "'momentum' is missing."),
        ({"optimizer": "adam", "layers": 5}, "this combination is forbidden."),
        (
            {"optimizer": "adam", "layers": 1, "optimiser": 1},
            "unknown parameter 'optimiser'. Did you mean 'optimizer'?",
        ),
        ({"optimizer": "adam", "layers": 7}, "'layers' must be a whole number from 1 to 6, got 7."),
    ],
)
def test_faults(parameters: dict[str, object], fault: str | None) -> None:
    assert OPTIMIZERS.fault(parameters) == fault
    assert OPTIMIZERS.contains(parameters) == (fault is None)


def test_complete() -> None:
    assert OPTIMIZERS.complete({"optimizer": "sgd", "layers": 99, "x": 1}) == {
        "momentum": 0.9,
        "optimizer": "sgd",
        "layers": 6,
    }
    assert "momentum" not in OPTIMIZERS.complete({"optimizer": "adam", "momentum": 0.1})


def test_samples_are_never_forbidden() -> None:
    rng = np.random.default_rng(0)
    assert all(OPTIMIZERS.contains(OPTIMIZERS.sample(rng)) for _ in range(200))
    with pytest.raises(SpaceExhausted):
        SearchSpace({"x": Int(1, 3)}, [{"x": [1, 2, 3]}]).sample(rng)


def test_configurations_of_a_finite_space() -> None:
    space = SearchSpace({"kind": Choice(["a", "b"]), "depth": Int(1, 3, when={"kind": "b"})}, [{"depth": 2}])
    assert list(space.configurations()) == [{"kind": "a"}, {"kind": "b", "depth": 1}, {"kind": "b", "depth": 3}]


@pytest.mark.parametrize(
    ("tables", "keys"),
    [
        ({"lr": {"type": "flaot", "low": 0, "high": 1}}, ("lr",)),
        ({"lr": {"type": "float", "low": 0}}, ("lr",)),
        ({"lr": {"type": "float", "low": 0, "high": 1, "lgo": True}}, ("lr", "lgo")),
        ({"lr": {"type": "float", "low": "0", "high": 1}}, ("lr", "low")),
        ({"lr": {"type": "int", "low": 0, "high": 1, "when": {"x": 1}}}, ("lr", "when", "x")),
        *(
            (
                {
                    "a": {"type": "int", "low": 2, "high": 8},
                    "b": {"type": "int", "low": 0, "high": 1, "when": {"a": clause}},
                },
                ("b", "when", "a", *place),
            )
            for clause, place in [
                ({"low": 9}, ()),
                ({"high": 1}, ()),
                ({"low": 5, "high": 4}, ()),
                ([], ()),
                ({"low": "x"}, ("low",)),
                ({"low": {}}, ("low",)),
                ({"low": math.nan}, ("low",)),
                ({"least": 3}, ("least",)),
            ]
        ),
        ({"a": {"type": "choice", "options": ["x"]}, "b": {"type": "int", "low": 0, "high": 1, "when": {"a": "y"}}},
         ("b", "when", "a")),
    ],
)  # fmt: skip
def test_errors_in_tables_have_keys(tables: dict[str, object], keys: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        SearchSpace.from_tables(tables)
    assert caught.value.keys == keys


def test_conditions_must_not_form_a_cycle() -> None:
    with pytest.raises(InputError, match="must not form a cycle"):
        SearchSpace({"a": Int(0, 1, when={"b": 1}), "b": Int(0, 1, when={"a": 1})})


def test_forbidden_combinations() -> None:
    options = {"a": Choice([1, 2, True]), "b": Float(0, 1)}
    assert SearchSpace(options, [{"a": [1, 2], "b": {"low": 0.5}}]).is_forbidden({"a": 2, "b": 0.5})
    assert not SearchSpace(options, [{"a": 1}]).is_forbidden({"a": True, "b": 0.5})
    assert not SearchSpace(options, [{"b": {"high": 3}}]).is_forbidden({})


def test_float_written_as_integer() -> None:
    space = SearchSpace(
        {"a": Float(0, 1, step=0.5, default=1), "b": Int(1, 3, when={"a": 0}), "c": Choice([1, 1.0])},
        [{"a": 1, "c": 1}],
    )
    assert space.decode([0.0, 0.5, 0.0]) == {"a": 0.0, "b": 2, "c": 1}
    assert space.is_forbidden({"a": 1.0, "c": 1})
    assert not space.is_forbidden({"a": 1.0, "c": 1.0})
    assert space.key({"a": 1, "c": 1}) == space.key({"a": 1.0, "c": 1}) != space.key({"a": 1.0, "c": 1.0})
    assert type(space.complete({})["a"]) is float


def test_describe() -> None:
    assert describe(Float(0.0, 0.5, step=0.1)) == "a number from 0.0 to 0.5 in steps of 0.1"
    assert describe(Choice(["a", 1])) == "one of 'a', 1"


@pytest.mark.parametrize("option", [object(), dict, {"a": 1}, float("nan"), [1, object()]])
def test_options_must_be_plain_values(option: Any) -> None:
    with pytest.raises(InputError, match="Use a name, and look it up in your code"):
        Choice(["a", option])


def test_numpy_scalars_and_tuples_become_plain_options() -> None:
    choice = Choice([np.int64(3), np.float32(0.5), (64, 32)])
    assert choice.options == (3, 0.5, [64, 32])
    assert [type(option) for option in choice.options] == [int, float, list]
    assert choice.contains([64, 32])


def test_infinitely_wide_range_is_refused() -> None:
    with pytest.raises(InputError, match="high - low must be finite"):
        Float(-1.7e308, 1.7e308)
    assert Float(-8e307, 8e307).from_unit(0.5) == 0.0
