from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.errors import InputError
from tunesmith.training.schedules import SCHEDULES, schedule_named


@given(name=st.sampled_from(sorted(SCHEDULES)), progress=st.floats(0, 1))
def test_a_factor_is_between_0_and_1(name: str, progress: float) -> None:
    assert 0 <= schedule_named(name)(progress) <= 1


@pytest.mark.parametrize("progress", [0.0, 1 / 15, 3 / 15, 7 / 15, 1.0])
def test_coslog4_returns_to_0_after_each_of_four_cycles(progress: float) -> None:
    coslog4 = schedule_named("coslog4")
    assert coslog4(progress) == pytest.approx(0, abs=1e-9)
    assert coslog4((2**0.5 - 1) / 15) == pytest.approx(1)


@pytest.mark.parametrize("name", ["linear", "cosine", "flat_cosine"])
def test_a_falling_schedule_ends_at_0(name: str) -> None:
    values = [schedule_named(name)(step / 20) for step in range(21)]
    assert values == sorted(values, reverse=True)
    assert (values[0], values[-1]) == (1.0, pytest.approx(0))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match=r"got 'cosin'\. Did you mean 'cosine'"):
        schedule_named("cosin")
