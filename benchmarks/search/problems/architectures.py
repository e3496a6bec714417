"""Architecture tables: NAS-Bench-201 (Dong and Yang 2020) and NAS-Bench-Graph (Qin et al. 2022)."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tunesmith.core.parameters import Choice
from tunesmith.core.space import SearchSpace

from .problem import BenchProblem, Parameters, lognormal_seconds

_EDGES = ("0_1", "0_2", "1_2", "0_3", "1_3", "2_3")
_CELL_OPERATIONS = ("avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect")
_LINKS = ("0000", "0001", "0011", "0012", "0013", "0111", "0112", "0122", "0123")
_NODE_OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")


def nas(data: Path) -> list[BenchProblem]:
    """Return 3 image and 4 graph data sets: the loss is the negated validation accuracy."""
    return [
        *(_cell_problem(data, name) for name in ("cifar10", "cifar100", "imagenet16_120")),
        *(_graph_problem(data, name) for name in ("cora", "citeseer", "pubmed", "cs")),
    ]


def _statistics(path: Path, task: str) -> tuple[float, float]:
    """Return the best and the median loss of a whole table, from its stats.csv."""
    with path.open() as file:
        row = next(row for row in csv.DictReader(file) if row["task"] == task and row["metric"] != "test_perf")
    return -float(row["best"]), -float(row["median"])


def _cell_problem(data: Path, dataset: str) -> BenchProblem:
    name = f"nas_nb201_{dataset}"
    space = SearchSpace({f"edge_{edge}": Choice(_CELL_OPERATIONS) for edge in _EDGES})
    best, median = _statistics(data / "nas_nb201" / "stats.csv", f"{dataset}_val_12ep")
    return BenchProblem(
        name=name,
        group="nas",
        space=space,
        default=space.complete({}),
        evaluate=lambda p: -_cells(data, dataset)[tuple(p.values())],
        seconds=lognormal_seconds(name, space),
        best=best,
        median=median,
    )


@cache
def _cells(data: Path, dataset: str) -> dict[tuple[str, ...], float]:
    """Return the validation accuracy after 12 epochs by the six operations, in the order of the edges."""
    with gzip.open(data / "nas_nb201" / "nb201.csv.gz", "rt") as file:
        return {
            tuple(re.findall(r"([a-z0-9_]+)~", row["arch"])): float(row[f"{dataset}_val_12ep"])
            for row in csv.DictReader(file)
        }


def _graph_problem(data: Path, dataset: str) -> BenchProblem:
    name = f"nas_graph_{dataset}"
    nodes = {f"op{place}": Choice(_NODE_OPERATIONS) for place in range(1, 5)}
    space = SearchSpace({"link": Choice(_LINKS), **nodes})
    best, median = _statistics(data / "nas_graph" / "stats.csv", dataset)

    def evaluate(parameters: Parameters) -> float:
        link, *operations = parameters.values()
        known = _graphs(data, dataset)
        return -known.get(_signature(link, operations), min(known.values()))  # only skips: not a network

    return BenchProblem(
        name=name,
        group="nas",
        space=space,
        default=space.complete({}),
        evaluate=evaluate,
        seconds=lognormal_seconds(name, space),
        best=best,
        median=median,
    )


@cache
def _graphs(data: Path, dataset: str) -> dict[Any, float]:
    """Return the validation accuracy by signature."""
    from pyarrow.parquet import read_table

    columns = read_table(data / "nas_graph" / f"{dataset}.parquet").to_pydict()
    rows = zip(columns["link"], *(columns[f"op{place}"] for place in range(1, 5)), columns["valid_perf"], strict=True)
    return {_signature(link, operations): accuracy for link, *operations, accuracy in rows}


def _signature(link: str, operations: Sequence[str]) -> Any:
    """Return a signature that two architectures share if and only if they compute the same.

    Node `i` takes its input from node `link[i]`, 0 being the raw data; the leaves together are the output. A skip
    stands for the node that it skips to, the order of siblings does not matter, and raw data is no output.
    """
    inputs = [int(digit) for digit in link]
    stands_for, children = {0: 0}, {0: []}  # type: dict[int, int], dict[int, list[int]]
    for node, (source, operation) in enumerate(zip(inputs, operations, strict=True), 1):
        stands_for[node] = stands_for[source] if operation == "skip" else node
        if operation != "skip":
            children[node] = []
            children[stands_for[source]].append(node)
    outputs = Counter(stands_for[node] for node in range(1, 5) if node not in inputs)

    def form(node: int) -> Any:
        label = (operations[node - 1], outputs[node]) if node else ()
        return label, tuple(sorted(form(child) for child in children[node]))

    return form(0)
