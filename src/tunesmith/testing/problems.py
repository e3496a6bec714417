"""Small test problems with known optima.

Every problem minimises the metric `y`. `noisy` and `failing` wrap any other problem.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..core.arrays import Floats
from ..core.objective import Objective
from ..core.parameters import Choice, Float, Int
from ..core.space import SearchSpace
from ..core.trial import Failure, TrialFailed, Value

Metrics = Mapping[str, float]
Evaluate = Callable[[Mapping[str, Value], int], Metrics]
Curve = Callable[[Mapping[str, Value], int, int], Metrics]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem to minimise that is cheap to evaluate.

    Args:
        name: The name for messages and tables.
        space: The search space.
        evaluate: Returns the final metrics for parameters and a seed, or raises `TrialFailed`.
        optimum: The least possible loss, without noise.
        objective: The objective.
        curve: Returns the metrics that a trial reports, for parameters, a seed and a step from 1 to `steps`.
        steps: The number of reports of a whole trial, the last of which equals `evaluate`; 0 without a curve.

    >>> branin().evaluate({"x1": math.pi, "x2": 2.275}, 0)
    {'y': 0.39788735772973816}
    """

    name: str
    space: SearchSpace
    evaluate: Evaluate
    optimum: float
    objective: Objective = field(default_factory=lambda: Objective.parse("minimize y"))
    curve: Curve | None = None
    steps: int = 0


def sphere(dimensions: int = 2) -> Problem:
    """Return a sphere function on [-5, 5] with its minimum at (1, 1, ...), off the middle of the space."""
    return _continuous(f"sphere{dimensions}", [(-5.0, 5.0)] * dimensions, lambda x: float(np.sum((x - 1.0) ** 2)), 0.0)


def rosenbrock(dimensions: int = 4) -> Problem:
    """Return the function of Rosenbrock (1960) on [-2, 2]: a curved valley with minimum 0 at (1, 1, ...)."""

    def valley(x: Floats) -> float:
        return float(np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2))

    return _continuous(f"rosenbrock{dimensions}", [(-2.0, 2.0)] * dimensions, valley, 0.0)


def branin() -> Problem:
    """Return the function of Branin (1972) on [-5, 10] x [0, 15]: three equal minima."""

    def function(x: Floats) -> float:
        trough = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
        return float(trough**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10)

    return _continuous("branin", [(-5.0, 10.0), (0.0, 15.0)], function, 0.39788735772973816)


def hartmann6() -> Problem:
    """Return the six-dimensional function of Hartmann (1972) on the unit cube: one narrow minimum among others."""
    alpha = np.array([1.0, 1.2, 3.0, 3.2])
    widths = np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    )
    centres = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )

    def wells(x: Floats) -> float:
        return -float(alpha @ np.exp(-np.sum(widths * (x - centres) ** 2, axis=1)))

    return _continuous("hartmann6", [(0.0, 1.0)] * 6, wells, -3.322368011415515)


def mixed() -> Problem:
    """Return a synthetic training with every type of parameter and scale; the minimum is 0."""
    space = SearchSpace(
        {
            "lr": Float(1e-5, 1e-1, log=True),
            "layers": Int(1, 8),
            "units": Int(16, 1024, log=True),
            "dropout": Float(0.0, 0.5, step=0.05),
            "activation": Choice(["relu", "gelu", "tanh", "selu"]),
            "size": Choice(["small", "medium", "large"], ordered=True),
        }
    )
    cost = {"relu": 0.3, "gelu": 0.0, "tanh": 1.0, "selu": 0.5}

    def evaluate(p: Mapping[str, Value], seed: int) -> Metrics:
        rate = 3e-3 / (1 + 0.1 * (p["layers"] - 3))
        loss = (math.log10(p["lr"] / rate)) ** 2 + 0.15 * (p["layers"] - 3) ** 2 + cost[p["activation"]]
        loss += (math.log2(p["units"] / 256)) ** 2 / 8 + 8 * (p["dropout"] - 0.1) ** 2
        return {"y": loss + 0.3 * ("medium", "small", "large").index(p["size"])}

    return Problem(name="mixed", space=space, evaluate=evaluate, optimum=0.0)


def conditional() -> Problem:
    """Return a choice of model families with conditional parameters and a forbidden combination; the minimum is 0."""
    space = SearchSpace(
        {
            "family": Choice(["linear", "boosting", "network"]),
            "penalty": Float(1e-4, 1e2, log=True, when={"family": "linear"}),
            "trees": Int(10, 1000, log=True, when={"family": "boosting"}),
            "depth": Int(1, 12, when={"family": "boosting"}),
            "lr": Float(1e-5, 1e-1, log=True, when={"family": ["boosting", "network"]}),
            "optimizer": Choice(["sgd", "adam"], when={"family": "network"}),
            "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}),
        },
        forbidden=[{"family": "boosting", "depth": {"low": 11}, "trees": {"low": 500}}],
    )

    def evaluate(p: Mapping[str, Value], seed: int) -> Metrics:
        if p["family"] == "linear":
            return {"y": 1.0 + 0.1 * math.log10(p["penalty"]) ** 2}
        if p["family"] == "boosting":
            loss = 0.2 * math.log10(p["lr"] / 0.03) ** 2 + 0.05 * (p["depth"] - 6) ** 2
            return {"y": loss + 0.3 * math.log10(p["trees"] / 300) ** 2}
        loss = 0.3 + 0.2 * (math.log10(p["lr"]) + 3) ** 2
        return {"y": loss + (0.0 if p["optimizer"] == "adam" else (p["momentum"] - 0.9) ** 2)}

    return Problem(name="conditional", space=space, evaluate=evaluate, optimum=0.0)


def learning_curves(steps: int = 27) -> Problem:
    """Return a training that reports at each step, with learning curves that cross."""
    space = SearchSpace({"lr": Float(1e-4, 1.0, log=True), "width": Int(8, 512, log=True)})

    def curve(p: Mapping[str, Value], seed: int, step: int) -> Metrics:
        rate, width = math.log10(p["lr"]), math.log2(p["width"])
        floor = 0.2 * (rate + 2) ** 2 + 0.02 * (width - 7) ** 2
        speed = 0.15 * 3 ** (rate + 2)
        rng = np.random.default_rng([seed, step])
        wiggle = 0.01 * rng.standard_normal() if step < steps else 0.0
        return {"y": floor + 2.0 * math.exp(-speed * step) * (step < steps) + wiggle}

    def evaluate(p: Mapping[str, Value], seed: int) -> Metrics:
        return curve(p, seed, steps)

    return Problem(name="learning_curves", space=space, evaluate=evaluate, optimum=0.0, curve=curve, steps=steps)


def noisy(problem: Problem, deviation: float = 0.1) -> Problem:
    """Return the problem with normal noise on `y`; the same seed gives the same noise."""

    def evaluate(parameters: Mapping[str, Value], seed: int) -> Metrics:
        rng = np.random.default_rng([seed, 7])
        return {"y": problem.evaluate(parameters, seed)["y"] + deviation * rng.standard_normal()}

    return replace(problem, name=f"noisy {problem.name}", evaluate=evaluate)


def failing(problem: Problem, where: Callable[[Mapping[str, Value]], bool]) -> Problem:
    """Return the problem with trials that run out of memory if `where(parameters)` is true."""

    def evaluate(parameters: Mapping[str, Value], seed: int) -> Metrics:
        if where(parameters):
            raise TrialFailed(Failure(kind="memory", reason="the process used more memory than the limit."))
        return problem.evaluate(parameters, seed)

    return replace(problem, name=f"failing {problem.name}", evaluate=evaluate)


def _continuous(
    name: str, bounds: list[tuple[float, float]], function: Callable[[Floats], float], optimum: float
) -> Problem:
    space = SearchSpace({f"x{index}": Float(low, high) for index, (low, high) in enumerate(bounds, 1)})

    def evaluate(parameters: Mapping[str, Value], seed: int) -> Metrics:
        return {"y": function(np.array([parameters[name] for name in space.names]))}

    return Problem(name=name, space=space, evaluate=evaluate, optimum=optimum)
