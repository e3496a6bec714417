"""Problems of which a third fails, problems with a bound on a second metric, and problems with two objectives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Int, Parameter
from tunesmith.core.space import SearchSpace
from tunesmith.testing.problems import Problem, failing, mixed

from .problems import BenchProblem

Parameters = Mapping[str, Any]
Encoded = Mapping[str, float]
Floats = NDArray[np.float64]

_TRAINING: dict[str, Parameter] = {
    "batch_size": Int(16, 1024, log=True),
    "width": Int(16, 2048, log=True),
    "learning_rate": Float(1e-5, 1e-1, log=True),
    "dropout": Float(0.0, 0.6),
}
_CORNER = 2 - math.sqrt(2 / 3)  # Two numbers in [0, 1] have a larger sum in a third of all cases.


def out_of_memory() -> list[Problem]:
    """Return problems of which a third of the volume runs out of memory, each a different third.

    The `optimum` is the lowest loss of trials that do not fail.
    """
    return [
        failing(_training("corner, best at its edge", 0.6, 0.95, 2 / 3 * (1.55 - _CORNER) ** 2), _is_large),
        failing(_training("corner, best elsewhere", 0.4, 0.5, 0.0), _is_large),
        _band(),
        _option(),
        _conditional(),
        _three_of_eight(),
    ]


def bounded(real: BenchProblem | None = None) -> list[Problem]:
    """Return problems with bounds that a third of the volume or more violates; each metric is reported as a number.

    The `optimum` is the lowest loss within the bounds.

    Args:
        real: A table; the fastest third of its trainings is feasible.
    """
    memory = _training("memory", 0.6, 0.95, 2 / 3 * (1.55 - _CORNER) ** 2)
    problems = [replace(memory, objective=_within(memory=_CORNER)), _two_bounds()]
    if real is not None:
        drawn = _drawn(real)
        bound = float(np.quantile(drawn[:, 1], 1 / 3))
        optimum = float(drawn[drawn[:, 1] <= bound, 0].min())
        problems.append(_with_seconds(real, optimum=optimum, objective=_within(seconds=bound)))
    return problems


def two_metrics(real: BenchProblem | None = None) -> list[Problem]:
    """Return problems with a Pareto front. Their `optimum` is unused.

    Args:
        real: A table; loss and duration of a training are both minimised.
    """
    both = Objective.parse("minimize y, minimize seconds")
    sizes = {"small": 1.0, "medium": 2.0, "large": 4.0}

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        seconds = math.log(p["layers"] * p["units"] * sizes[p["size"]])
        return {"y": mixed().evaluate(p, seed)["y"], "seconds": seconds}

    problems = [_zdt2(), replace(mixed(), name="loss and size", evaluate=evaluate, objective=both)]
    return problems if real is None else [*problems, _with_seconds(real, optimum=0.0, objective=both)]


def _training(name: str, batch: float, width: float, optimum: float) -> Problem:
    """Return a training with the given best batch size and width, in units of their ranges."""
    space = SearchSpace(_TRAINING)

    def evaluate(parameters: Parameters, seed: int) -> dict[str, float]:
        u = _encoded(space, parameters)
        size = 2 * (u["width"] - width) ** 2 + (u["batch_size"] - batch) ** 2
        rate = 2 * (u["learning_rate"] - 0.5 - 0.2 * (u["batch_size"] - 0.5)) ** 2
        return {"y": size + rate + 0.3 * (u["dropout"] - 0.3) ** 2, "memory": u["width"] + u["batch_size"]}

    return Problem(name=name, space=space, evaluate=evaluate, optimum=optimum)


def _is_large(parameters: Parameters) -> bool:
    u = _encoded(SearchSpace(_TRAINING), parameters)
    return u["batch_size"] + u["width"] > _CORNER


def _band() -> Problem:
    space = SearchSpace({"chunk": Float(0.0, 1.0), **{f"x{index}": Float(0.0, 1.0) for index in range(3)}})

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        return {"y": 2 * (p["chunk"] - 0.62) ** 2 + sum((p[f"x{index}"] - 0.3 * index) ** 2 for index in range(3))}

    optimum = 2 * (0.4 + 1 / 3 - 0.62) ** 2
    problem = Problem(name="band, best at its edge", space=space, evaluate=evaluate, optimum=optimum)
    return failing(problem, lambda p: 0.4 < p["chunk"] < 0.4 + 1 / 3)


def _option() -> Problem:
    space = SearchSpace({"optimizer": Choice(["second_order", "adam", "sgd"]), **_TRAINING})
    inner = _training("", 0.5, 0.6, 0.0)

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        rest = {name: value for name, value in p.items() if name != "optimizer"}
        return {"y": inner.evaluate(rest, seed)["y"] + (0.1 if p["optimizer"] == "sgd" else 0.0)}

    problem = Problem(name="one option of three", space=space, evaluate=evaluate, optimum=0.0)
    return failing(problem, lambda p: p["optimizer"] == "second_order")


def _conditional() -> Problem:
    when = {"family": "network"}
    space = SearchSpace(
        {
            "family": Choice(["linear", "network"]),
            "penalty": Float(1e-4, 1e2, log=True, when={"family": "linear"}),
            "batch_size": Int(16, 1024, log=True, when=when),
            "width": Int(16, 2048, log=True, when=when),
            "learning_rate": Float(1e-5, 1e-1, log=True, when=when),
        }
    )
    edge = math.sqrt(2 / 3)

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        u = _encoded(space, p)
        if p["family"] == "linear":
            return {"y": 0.3 + 0.3 * (u["penalty"] - 0.6) ** 2}
        return {"y": (u["width"] - 0.7) ** 2 + (u["batch_size"] - 0.3) ** 2 + 2 * (u["learning_rate"] - 0.4) ** 2}

    def fails(p: Parameters) -> bool:
        u = _encoded(space, p)
        return p["family"] == "network" and u["width"] + u["batch_size"] > edge

    problem = Problem(name="two thirds of a family", space=space, evaluate=evaluate, optimum=(1 - edge) ** 2 / 2)
    return failing(problem, fails)


def _three_of_eight() -> Problem:
    space = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(8)})
    best = np.array([0.8, 0.7, 0.6, 0.3, 0.5, 0.7, 0.2, 0.4])
    bound = 1.7155

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        return {"y": float(np.sum((np.array(list(p.values())) - best) ** 2))}

    optimum = (2.1 - bound) ** 2 / 3
    problem = Problem(name="three of eight, best at the edge", space=space, evaluate=evaluate, optimum=optimum)
    return failing(problem, lambda p: p["x0"] + p["x1"] + p["x2"] > bound)


def _two_bounds() -> Problem:
    """Return a linear objective with two constraints, one of them oscillating.

    Gramacy et al. 2016, "Modeling an augmented Lagrangian for blackbox constrained optimization", section 2.
    """

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        a, b = p["a"], p["b"]
        wave = 1.5 - a - 2 * b - 0.5 * math.sin(2 * math.pi * (a**2 - 2 * b))
        return {"y": a + b, "wave": wave, "circle": a**2 + b**2}

    space = SearchSpace({"a": Float(0.0, 1.0), "b": Float(0.0, 1.0)})
    objective = _within(wave=0.0, circle=1.5)
    return Problem(name="two bounds", space=space, evaluate=evaluate, optimum=0.5998, objective=objective)


def _zdt2() -> Problem:
    """Return ZDT2 (Zitzler et al. 2000) with six parameters: a concave front; weighted sums find only its ends."""
    space = SearchSpace({f"x{index}": Float(0.0, 1.0) for index in range(6)})

    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        first, *others = p.values()
        ground = 1 + 9 * sum(others) / len(others)
        return {"y": first, "seconds": ground * (1 - (first / ground) ** 2)}

    objective = Objective.parse("minimize y, minimize seconds")
    return Problem(name="zdt2", space=space, evaluate=evaluate, optimum=0.0, objective=objective)


def _with_seconds(real: BenchProblem, *, optimum: float, objective: Objective) -> Problem:
    def evaluate(p: Parameters, seed: int) -> dict[str, float]:
        return {"y": real.evaluate(p), "seconds": real.seconds(p)}

    return Problem(name=real.name, space=real.space, evaluate=evaluate, optimum=optimum, objective=objective)


def _drawn(real: BenchProblem, count: int = 3000) -> Floats:
    """Return losses and seconds of random trainings, shape `(count, 2)`."""
    rng = np.random.default_rng(0)
    drawn = [real.space.sample(rng) for _ in range(count)]
    return np.array([(real.evaluate(p), real.seconds(p)) for p in drawn])


def _within(**bounds: float) -> Objective:
    """Return `minimize y`, with the largest value allowed of other metrics."""
    constraints = {name: {"high": high} for name, high in bounds.items()}
    return Objective.parse({"metrics": {"y": {}}, "constraints": constraints})


def _encoded(space: SearchSpace, parameters: Parameters) -> Encoded:
    return dict(zip(space.names, space.encode(parameters).tolist(), strict=True))
