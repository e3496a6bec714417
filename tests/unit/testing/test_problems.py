import math

import numpy as np
import pytest

from tunesmith.core.trial import TrialFailed
from tunesmith.testing import problems

OPTIMA = [
    (problems.sphere(3), {"x1": 1.0, "x2": 1.0, "x3": 1.0}),
    (problems.rosenbrock(3), {"x1": 1.0, "x2": 1.0, "x3": 1.0}),
    (problems.branin(), {"x1": math.pi, "x2": 2.275}),
    (
        problems.hartmann6(),
        dict(
            zip(
                ["x1", "x2", "x3", "x4", "x5", "x6"],
                [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573],
                strict=True,
            )
        ),
    ),
    (
        problems.mixed(),
        {"lr": 3e-3, "layers": 3, "units": 256, "dropout": 0.1, "activation": "gelu", "size": "medium"},
    ),
    (problems.conditional(), {"family": "boosting", "lr": 0.03, "depth": 6, "trees": 300}),
    (problems.learning_curves(), {"lr": 0.01, "width": 128}),
]


@pytest.mark.parametrize(("problem", "optimum"), OPTIMA, ids=[problem.name for problem, _ in OPTIMA])
def test_the_optimum_is_what_it_says_and_nothing_is_better(
    problem: problems.Problem, optimum: dict[str, object]
) -> None:
    assert problem.space.contains(optimum)
    assert problem.evaluate(optimum, 0)["y"] == pytest.approx(problem.optimum, abs=1e-6)
    rng = np.random.default_rng(0)
    drawn = [problem.evaluate(problem.space.sample(rng), 0)["y"] for _ in range(300)]
    assert min(drawn) >= problem.optimum - 1e-9


def test_noise_depends_on_the_seed_alone() -> None:
    noisy, point = problems.noisy(problems.branin(), 0.5), {"x1": 0.0, "x2": 0.0}
    values = [noisy.evaluate(point, seed)["y"] for seed in range(200)]
    assert values[3] == noisy.evaluate(point, 3)["y"]
    assert 0.4 < np.std(values) < 0.6


def test_failing_fails_where_it_is_told_to() -> None:
    problem = problems.failing(problems.sphere(2), lambda p: p["x1"] > 0)
    assert problem.evaluate({"x1": -1.0, "x2": 1.0}, 0) == {"y": 4.0}
    with pytest.raises(TrialFailed, match="memory"):
        problem.evaluate({"x1": 1.0, "x2": 1.0}, 0)


def test_learning_curves_end_at_the_final_value_and_cross() -> None:
    problem = problems.learning_curves()
    assert problem.curve is not None
    slow, fast = {"lr": 0.003, "width": 128}, {"lr": 0.3, "width": 128}
    assert problem.curve(slow, 0, problem.steps) == problem.evaluate(slow, 0)
    assert problem.curve(fast, 0, 1)["y"] < problem.curve(slow, 0, 1)["y"]
    assert problem.evaluate(fast, 0)["y"] > problem.evaluate(slow, 0)["y"]
