import numpy as np
import pytest

from tunesmith.data.problem import Problem
from tunesmith.data.scores import score_named
from tunesmith.ensembles.combination import Combination
from tunesmith.ensembles.greedy import most_members, select, thin

NUMBER = (Problem(target="n", kind="regression"),)
SCORE = score_named("rmse", NUMBER)
RNG = np.random.default_rng(0)


def rmse(target: np.ndarray):
    return lambda predicted, rows: float(np.sqrt(np.mean((target[rows] - predicted[rows, 0]) ** 2)))


def test_errors_that_cancel_are_combined() -> None:
    target = RNG.normal(size=4000)
    noise = RNG.normal(size=4000)
    predictions = {3: (target + noise)[:, None], 5: (target - noise)[:, None], 7: (target + 3 * noise)[:, None]}
    weights = select(predictions, rmse(target))
    assert weights == pytest.approx({3: 0.5, 5: 0.5})


def test_with_few_rows_equals_are_averaged_and_worse_ones_are_not() -> None:
    target = RNG.normal(size=200)
    equals = {number: (target + RNG.normal(size=200))[:, None] for number in range(3)}
    weights = select({**equals, 8: (target + 5 * RNG.normal(size=200))[:, None]}, rmse(target))
    assert min(weights[number] for number in equals) > 0.25
    assert weights.get(8, 0.0) < 0.05
    outstanding = {number: predicted * 10 for number, predicted in equals.items()} | {9: target[:, None] + 0.01}
    assert select(outstanding, rmse(target)) == {9: 1.0}


def test_members_that_change_little_are_left_out_the_costly_first() -> None:
    predictions = {number: np.eye(3)[[number - 1]] for number in (1, 2, 3)}

    def loss(predicted, rows):
        """Grow by 0.15 % without the first or the second member, and double without the third."""
        return float(1 + (predicted[0] == 0) @ [0.0015, 0.0015, 1])

    for costly, cheap in ((1, 2), (2, 1)):
        weights = thin({1: 0.2, 2: 0.2, 3: 0.6}, predictions, loss, costs={costly: 5.0, cheap: 4.0, 3: 9.0})
        assert weights == pytest.approx({cheap: 0.25, 3: 0.75})


def test_more_rows_allow_more_members() -> None:
    assert [most_members(rows) for rows in (10, 100, 2500, 1_000_000)] == [4, 4, 15, 40]


def test_the_combination_of_out_of_fold_predictions_is_what_it_says() -> None:
    target = RNG.normal(size=(3000, 1))
    predictions = {number: target + RNG.normal(size=(3000, 1)) for number in range(4)}
    combination = Combination.fit(NUMBER, target, predictions, SCORE)
    combined = combination.apply(NUMBER, predictions)
    np.testing.assert_allclose(combined, sum(weight * predictions[n] for n, weight in combination.weights.items()))
    assert SCORE.mean(NUMBER, target, combined) < 0.6
    assert sum(combination.weights.values()) == pytest.approx(1)


def test_averaged_probabilities_are_sharpened() -> None:
    problem = (Problem(target="c", kind="binary", classes=("no", "yes")),)
    log_loss = score_named("log_loss", problem)
    positive = RNG.random(3000)
    target = (RNG.random(3000) < positive).astype(float)[:, None]
    logits = np.log(positive / (1 - positive))
    timid = {number: 1 / (1 + np.exp(-0.5 * logits + RNG.normal(scale=0.2, size=3000))) for number in range(3)}
    predictions = {number: np.column_stack([1 - share, share]) for number, share in timid.items()}
    combination = Combination.fit(problem, target, predictions, log_loss)
    best = min(log_loss.loss(problem, target, predicted) for predicted in predictions.values())
    assert all(exponents[0] > 1.5 for exponents in combination.sharpness.values())
    assert log_loss.loss(problem, target, combination.apply(problem, predictions)) < best - 0.02
