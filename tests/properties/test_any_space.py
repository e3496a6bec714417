"""Properties of search spaces: encoding round trips, and `complete` returns a configuration of the space."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from tunesmith.core.parameters import Choice, Float, Int, Parameter
from tunesmith.core.space import SearchSpace
from tunesmith.core.values import exact
from tunesmith.surrogates.encoding import snap

numbers = st.floats(-1e6, 1e6, allow_nan=False)
options = st.one_of(st.text(max_size=3), st.booleans(), st.none(), st.integers(-9, 9), st.floats(-9, 9))
anything = st.one_of(options, st.floats(), st.integers(), st.lists(st.integers(), max_size=2))


@st.composite
def floats(draw: st.DrawFn) -> Float:
    if draw(st.booleans()):
        low = 10.0 ** draw(st.integers(-9, 3))
        return Float(low, low * 10.0 ** draw(st.integers(1, 6)), log=True)
    low = draw(st.floats(-1e3, 1e3))
    width = draw(st.floats(1e-3, 1e3))
    return Float(low, low + width, step=draw(st.sampled_from([None, width / 7, width / 3.3])))


@st.composite
def ints(draw: st.DrawFn) -> Int:
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -50, 60))
    return Int(low, low + draw(st.integers(0, 300)), log=log, step=1 if log else draw(st.integers(1, 7)))


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    unique: list[Any] = []
    for option in draw(st.lists(options, min_size=1, max_size=6)):
        if exact(option) not in map(exact, unique):  # 0.0 and -0.0 are equal.
            unique.append(option)
    return Choice(unique, ordered=draw(st.booleans()))


@st.composite
def spaces(draw: st.DrawFn) -> SearchSpace:
    """Draw a space with conditions on earlier parameters and forbidden combinations."""
    parameters: dict[str, Parameter] = {}
    for index in range(draw(st.integers(1, 6))):
        parameter = draw(st.one_of(floats(), ints(), choices()))
        if parameters and draw(st.booleans()):
            parent = draw(st.sampled_from(list(parameters)))
            when = {parent: draw(_clauses(parameters[parent]))}
            parameter = type(parameter)(**{**_fields(parameter), "when": when})
        parameters[f"p{index}"] = parameter
    names = st.sampled_from(list(parameters))
    forbidden = [{n: draw(_clauses(parameters[n]))} for n in draw(st.lists(names, max_size=2, unique=True))]
    return SearchSpace(parameters, forbidden)


def _fields(parameter: Parameter) -> dict[str, Any]:
    if isinstance(parameter, Choice):
        return {"options": parameter.options, "ordered": parameter.ordered}
    return {"low": parameter.low, "high": parameter.high, "log": parameter.log, "step": parameter.step}


def _clauses(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Draw a condition that this parameter can satisfy: a value, a list of values, a range."""
    values = st.floats(0, 1).map(parameter.from_unit)
    ranges = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(
        lambda pair: {"low": parameter.from_unit(min(pair)), "high": parameter.from_unit(max(pair))}
    )
    lists = st.lists(values, min_size=1, max_size=3)
    if isinstance(parameter, Choice):
        # A list as a value would be read as a list of values.
        return lists
    return st.one_of(values, lists, ranges)


@given(st.one_of(floats(), ints(), choices()), st.floats(0, 1))
def test_value_round_trip(parameter: Parameter, unit: float) -> None:
    value = parameter.from_unit(unit)
    assert parameter.contains(value)
    there = parameter.to_unit(value)
    assert 0.0 <= there <= 1.0
    again = parameter.from_unit(there)
    if isinstance(parameter, Float) and parameter.step is None:
        assert math.isclose(again, value, rel_tol=1e-9, abs_tol=1e-9 * (parameter.high - parameter.low))
    else:
        assert again == value


@given(st.one_of(floats(), ints()), st.floats(0, 1), st.floats(0, 1))
def test_decoding_is_monotonic(parameter: Float | Int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert parameter.from_unit(low) <= parameter.from_unit(high)


@given(st.one_of(floats(), ints(), choices()), anything)
def test_clamp_returns_a_value_of_the_parameter(parameter: Parameter, value: Any) -> None:
    clamped = parameter.clamp(value)
    assert parameter.contains(clamped)
    if parameter.contains(value):
        assert clamped == value


@given(spaces(), st.data())
def test_point_round_trip(space: SearchSpace, data: st.DataObject) -> None:
    units = data.draw(st.lists(st.floats(0, 1), min_size=len(space.names), max_size=len(space.names)))
    parameters = space.decode(units)
    if not space.is_forbidden(parameters):
        assert space.fault(parameters) is None
    encoded = space.encode(parameters)
    assert [not math.isnan(unit) for unit in encoded] == [name in parameters for name in space.names]
    again = space.decode(encoded)
    assert list(again) == list(parameters)
    for name, value in parameters.items():
        assert again[name] == value or math.isclose(again[name], value, rel_tol=1e-9, abs_tol=1e-6)


@given(spaces(), st.dictionaries(st.sampled_from(["p0", "p1", "p2", "p3", "p4", "p5", "other"]), anything))
def test_complete_returns_a_configuration_of_the_space(space: SearchSpace, values: dict[str, Any]) -> None:
    parameters = space.complete(values)
    assert space.fault(parameters) in (None, "this combination is forbidden.")
    assert space.complete(parameters) == parameters


@given(spaces())
def test_table_round_trip(space: SearchSpace) -> None:
    again = SearchSpace.from_tables(*space.to_tables())
    assert again.to_tables() == space.to_tables()
    assert again.names == space.names


@given(spaces(), st.integers(0, 2**32))
def test_snap_equals_decode_then_encode(space: SearchSpace, seed: int) -> None:
    units = np.random.default_rng(seed).random((8, len(space.names)))
    each = np.array([space.encode(space.decode(point)) for point in units])
    np.testing.assert_allclose(snap(space, units), each, atol=1e-8)


@given(spaces())
def test_every_configuration_of_a_finite_space_comes_once(space: SearchSpace) -> None:
    if not space.size <= 2000:
        return
    found = list(space.configurations())
    assert all(space.contains(parameters) for parameters in found)
    assert len({space.key(parameters) for parameters in found}) == len(found) <= space.size
    rng = np.random.default_rng(0)
    drawn = [space.decode(rng.random(len(space.names))) for _ in range(50)]
    keys = {space.key(parameters) for parameters in found}
    assert all(space.key(parameters) in keys for parameters in drawn if not space.is_forbidden(parameters))


@given(st.one_of(floats(), ints(), choices()), st.floats(0, 1), st.floats(0, 1, exclude_min=True))
def test_prior_is_a_positive_density(parameter: Parameter, unit: float, confidence: float) -> None:
    prior = parameter.from_unit(unit)
    assume(prior is not None)
    space = SearchSpace({"p": replace(parameter, prior=prior, confidence=confidence)})
    even = (np.arange(20_000)[:, None] + 0.5) / 20_000
    density = np.exp(space.log_prior(even))
    assert density.min() >= 0.0999
    assert math.isclose(density.mean(), 1.0, abs_tol=0.01)
    moved = space.from_prior(even)[:, 0]
    assert (np.diff(moved) >= 0).all()
    assert moved[0] >= 0.0
    assert moved[-1] <= 1.0
    assert space.has_prior
    assert SearchSpace.from_tables(*space.to_tables()) == space
