"""Real measurements on grids and pools: `taskset`, `grids` and `oboe`. Losses are looked up, never predicted."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tunesmith.core.parameters import Choice, Float, Parameter
from tunesmith.core.space import SearchSpace

from .problem import BenchProblem, Parameters, lognormal_seconds

# -- TaskSet (Metz et al. 2020): text classifiers trained by Adam with eight parameters -------------------------------

_ADAM = SearchSpace(
    {
        "learning_rate": Float(1e-8, 10.0, log=True),
        "one_minus_beta1": Float(1e-4, 1.0, log=True),
        "one_minus_beta2": Float(1e-6, 1.0, log=True),
        "epsilon": Float(1e-10, 1e3, log=True),
        "l1": Float(1e-8, 10.0, log=True),
        "l2": Float(1e-8, 10.0, log=True),
        "linear_decay": Float(1e-7, 1e-4, log=True),
        "exponential_decay": Float(1e-6, 1e-3, log=True),
    }
)
_ADAM_DEFAULT = {
    "learning_rate": 1e-3,
    "one_minus_beta1": 0.1,
    "one_minus_beta2": 1e-3,
    "epsilon": 1e-8,
    "l1": 1e-8,
    "l2": 1e-8,
    "linear_decay": 1e-7,
    "exponential_decay": 1e-6,
}


def taskset(data: Path) -> list[BenchProblem]:
    """Return the 7 tasks: the nearest of 1,000 configurations on the logarithmic scale, its validation loss."""
    names = sorted(path.stem for path in (data / "hpo_taskset").glob("*.npz"))
    return [_taskset_problem(data / "hpo_taskset" / f"{name}.npz", name) for name in names]


def _taskset_problem(path: Path, name: str) -> BenchProblem:
    with np.load(path) as table:
        tried = table["hp"].astype(float)
        losses = np.where(np.isfinite(table["valid"]), table["valid"], np.nan).astype(float)
    losses[np.isnan(losses)] = np.nanmax(losses)  # diverged: as bad as the worst
    tried[:, 1:3] = 1 - tried[:, 1:3]
    units = np.array([_ADAM.encode(dict(zip(_ADAM.names, row, strict=True))) for row in tried])

    def curve(parameters: Parameters) -> Sequence[float]:
        nearest = np.argmin(np.sum((units - _ADAM.encode(parameters)) ** 2, axis=1))
        return [float(loss) for loss in losses[nearest]]

    name = f"taskset_{name.removeprefix('imdb_patch32_').removesuffix('_bs128')}"
    return BenchProblem(
        name=name,
        group="taskset",
        space=_ADAM,
        default=_ADAM_DEFAULT,
        evaluate=lambda p: curve(p)[-1],
        seconds=lognormal_seconds(name, _ADAM),
        best=float(losses[:, -1].min()),
        median=float(np.median(losses[:, -1])),
        steps=losses.shape[1],
        curve=curve,
    )


# -- structured SVM and online LDA on their grids (Snoek et al. 2012) --------------------------------------------------


def grids(data: Path) -> list[BenchProblem]:
    """Return the 2 grids, every parameter an ordered choice of the measured values."""
    return [
        _grid(data, "svm_on_grid", ("C", "alpha", "epsilon"), "error"),
        _grid(data, "lda_on_grid", ("kappa", "tau", "batchsize"), "perplexity"),
    ]


def _grid(data: Path, name: str, axes: Sequence[str], metric: str) -> BenchProblem:
    with (data / "hpo_grids" / f"{name}.csv").open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    space = SearchSpace({axis: Choice(sorted({row[axis] for row in rows}), ordered=True) for axis in axes})
    cells: dict[tuple[float, ...], Mapping[str, float]] = {
        tuple(row[axis] for axis in axes): row for row in reversed(rows)
    }

    def cell(parameters: Parameters) -> Mapping[str, float]:
        return cells[tuple(parameters[axis] for axis in axes)]

    losses = [row[metric] for row in cells.values()]
    return BenchProblem(
        name=f"grids_{name.removesuffix('_on_grid')}",
        group="grids",
        space=space,
        default=space.complete({}),
        evaluate=lambda p: cell(p)[metric],
        seconds=lambda p: cell(p)["time_s"],
        best=min(losses),
        median=float(np.median(losses)),
    )


# -- OBOE (Yang et al. 2019): which algorithm, and its parameters ------------------------------------------------------

_OBOE_DEFAULT = {"algorithm": "RF", "RF.criterion": "gini", "RF.split_unit": "rows", "RF.min_rows": 2}


def oboe(data: Path, datasets: Sequence[str]) -> list[BenchProblem]:
    """Return one problem for each OpenML data set: 12 algorithms, each with its own parameters; balanced error."""
    with np.load(data / "hpo_cash_oboe" / "oboe.npz") as table:
        ids, errors, seconds = list(table["dataset"]), table["error"].astype(float), table["runtime"].astype(float)
    space, column = _pipelines(data / "hpo_cash_oboe" / "configs.csv")
    rng = np.random.default_rng(0)
    drawn = [column(space.sample(rng)) for _ in range(2000)]
    return [_oboe_problem(f"oboe_{one}", space, column, errors[ids.index(one)], seconds[ids.index(one)], drawn)
            for one in datasets]  # fmt: skip


def _oboe_problem(
    name: str, space: SearchSpace, column: Callable[[Parameters], int], errors: Any, seconds: Any, drawn: list[int]
) -> BenchProblem:
    return BenchProblem(
        name=name,
        group="oboe",
        space=space,
        default=space.complete(_OBOE_DEFAULT),
        evaluate=lambda p: float(errors[column(p)]),
        seconds=lambda p: float(seconds[column(p)]),
        best=float(errors.min()),
        median=float(np.median(errors[drawn])),
    )


@cache
def _pipelines(path: Path) -> tuple[SearchSpace, Callable[[Parameters], int]]:
    """Return the space of all pipelines, and a function from a configuration to its column of the table."""
    with path.open() as file:
        rows = [(row["algorithm"], _renamed(json.loads(row["hyperparameters"]))) for row in csv.DictReader(file)]
    algorithms = list(dict.fromkeys(algorithm for algorithm, _ in rows))
    parameters: dict[str, Parameter] = {"algorithm": Choice(algorithms)}
    for algorithm in algorithms:
        tried = [given for name, given in rows if name == algorithm]
        for key in dict.fromkeys(key for given in tried for key in given):
            options = list(dict.fromkeys(given[key] for given in tried if key in given))
            numbers = all(isinstance(option, int | float) for option in options)
            when: dict[str, Any] = {"algorithm": algorithm}
            if key in ("min_rows", "min_share"):
                when = {f"{algorithm}.split_unit": key.removeprefix("min_")}
            if len(options) > 1:
                parameters[f"{algorithm}.{key}"] = Choice(
                    sorted(options) if numbers else options, ordered=numbers, when=when
                )
    space = SearchSpace(parameters)
    columns: dict[str, int] = {}
    for place, (algorithm, given) in enumerate(rows):
        flat = {"algorithm": algorithm} | {f"{algorithm}.{key}": value for key, value in given.items()}
        columns[space.key({name: flat[name] for name in space.names if name in flat})] = place
    return space, lambda p: columns[space.key(p)]


def _renamed(given: dict[str, Any]) -> dict[str, Any]:
    """Return a pipeline's parameters, with `min_samples_split` split into a number of rows and a share of them."""
    split = given.pop("min_samples_split", None)
    if split is not None:
        unit = "share" if split < 1 else "rows"
        given |= {"split_unit": unit, f"min_{unit}": split}
    return {key: "all" if value is None else value for key, value in given.items()}
