from __future__ import annotations

import numpy as np
import pytest

from tunesmith.data.folds import assign_folds
from tunesmith.data.problem import Problem
from tunesmith.errors import InputError

NUMBER = Problem(target="y", kind="regression")
RANDOM = np.random.default_rng(0)


def classes(count: int) -> Problem:
    return Problem(target="y", kind="multiclass", classes=tuple(f"c{index}" for index in range(count)))


def test_classes_and_sizes_are_even() -> None:
    target = RANDOM.choice(3, 1003, p=[0.1, 0.3, 0.6]).astype(float)[:, None]
    (folds,) = assign_folds([classes(3)], target, seed=0)
    assert np.ptp(np.bincount(folds)) <= 1
    for name in range(3):
        assert np.ptp(np.bincount(folds[target[:, 0] == name])) <= 1


def test_numbers_are_even_over_their_range() -> None:
    target = RANDOM.lognormal(size=(500, 1))
    (folds,) = assign_folds([NUMBER], target, seed=0)
    above = target[:, 0] > np.quantile(target, 0.9)
    assert np.bincount(folds[above]).tolist() == [10] * 5


def test_a_class_of_one_row_is_never_held_out_and_one_of_two_is_in_two_folds() -> None:
    target = np.array([0.0] * 50 + [1.0] * 2 + [2.0])[:, None]
    folds = assign_folds([classes(3)], target, seed=0, repeats=20)
    assert (folds[:, 52] == -1).all()
    assert (folds[:, 50] != folds[:, 51]).all()
    assert (folds[:, :52] >= 0).all()


def test_no_class_of_several_targets_is_held_out_as_a_whole() -> None:
    target = (RANDOM.random((60, 8)) < 0.04).astype(float)
    target[:2] = 1
    folds = assign_folds([classes(2)] * 8, target, seed=0, repeats=10)
    for assigned in folds:
        for column in target.T:
            for name in (0, 1):
                assert len(set(assigned[column == name])) > 1


def test_repeats_differ_and_the_same_seed_gives_the_same() -> None:
    target = RANDOM.normal(size=(100, 1))
    first, second = assign_folds([NUMBER], target, seed=3, repeats=2)
    assert (first != second).any()
    np.testing.assert_array_equal(assign_folds([NUMBER], target, seed=3, repeats=2), [first, second])


@pytest.mark.parametrize("problem", [NUMBER, classes(3)])
def test_of_many_rows_one_part_is_held_out(problem: Problem) -> None:
    target = (np.arange(60_000) % 3).astype(float)[:, None]
    (folds,) = assign_folds([problem], target, seed=0, repeats=3)
    assert np.bincount(folds + 1).tolist() == [54_000, 6_000]
    assert np.bincount(target[folds == 0, 0].astype(int)).tolist() == [2000] * 3


def test_of_a_million_rows_ten_thousand_are_held_out() -> None:
    (folds,) = assign_folds([NUMBER], np.arange(1e6)[:, None], seed=0)
    assert (folds == 0).sum() == 10_000


@pytest.mark.parametrize("rows", [200, 60_000])
def test_groups_are_whole_and_even(rows: int) -> None:
    groups = RANDOM.integers(0, rows // 8, rows)
    target = (groups % 2).astype(float)[:, None]
    (folds,) = assign_folds([classes(2)], target, seed=0, groups=groups)
    for group in np.unique(groups):
        assert len(set(folds[groups == group])) == 1
    held_out = np.bincount(folds[folds >= 0])
    assert len(held_out) == (5 if rows == 200 else 1)
    assert np.abs(held_out / (rows / (5 if rows == 200 else 10)) - 1).max() < 0.1
    for fold in range(len(held_out)):
        assert abs(target[folds == fold].mean() - target.mean()) < 0.1


def test_fewer_groups_than_folds() -> None:
    (folds,) = assign_folds([NUMBER], np.arange(9.0)[:, None], seed=0, groups=np.repeat([5, 6, 7], 3))
    assert sorted(folds.tolist()) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("rows", [100, 60_000])
def test_folds_of_time_follow_each_other(rows: int) -> None:
    (folds,) = assign_folds([NUMBER], RANDOM.normal(size=(rows, 1)), seed=0, times=np.arange(rows))
    assert (np.diff(folds) >= 0).all()
    assert np.bincount(folds + 1).tolist() == ([50, 10, 10, 10, 10, 10] if rows == 100 else [54_000, 6_000])


def test_rows_of_one_time_stay_together() -> None:
    times = np.sort(RANDOM.integers(0, 12, 100))
    (folds,) = assign_folds([NUMBER], RANDOM.normal(size=(100, 1)), seed=0, times=times)
    for time in np.unique(times):
        assert len(set(folds[times == time])) == 1


def test_a_class_that_appears_late_is_trained_on_first() -> None:
    target = np.array([0.0] * 60 + [1.0, 0.0] * 20)[:, None]
    (folds,) = assign_folds([classes(2)], target, seed=0, times=np.arange(100))
    assert np.flatnonzero(folds >= 0)[0] > 60


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (1, {}, "more rows"),
        (4, {"groups": np.zeros(4)}, "two or more values"),
        (4, {"times": np.zeros(4)}, "more different values"),
    ],
)
def test_what_cannot_be_split_is_refused(rows: int, options: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        assign_folds([classes(4)], np.arange(float(rows))[:, None], seed=0, **options)
