"""Every problem by name, and the two sets: one to choose between designs, one to measure them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .architectures import nas
from .problem import BenchProblem
from .surrogates import glmnet, lcbench
from .tables import grids, oboe, taskset
from .trainings import trainings

__all__ = ["GROUPS", "SETS", "BenchProblem", "problems"]

GROUPS = ("lcbench", "glmnet", "taskset", "grids", "oboe", "nas", "sklearn")

_SETS = {
    "tuning": {
        "lcbench": "3945 34539 126026 146212 167104 167161 168329 189354",
        "glmnet": "40981 1489",
        "taskset": "GRU128 IRNN64_relu_avg LSTM128 VRNN64_tanh_avg",
        "grids": "svm",
        "oboe": "866 870 895 1139 1050",
        "nas": "nb201_cifar10 graph_cora graph_cs",
        "sklearn": "svc_digits forest_wine boosting_diabetes sgd_breast_cancer neighbours_digits family_classes",
    },
    "judging": {
        "lcbench": "7593 126029 167168 167200 168910 189906",
        "glmnet": "41146 1067",
        "taskset": "GRU64_avg LSTM128_E128 VRNN64_relu_avg",
        "grids": "lda",
        "oboe": "720 717 947 40671 387",
        "nas": "nb201_imagenet16_120 graph_citeseer graph_pubmed",
        "sklearn": "svr_diabetes network_digits elastic_net_friedman extra_trees_imbalanced family_friedman "
        "pipeline_moons",
    },
}

SETS = {
    name: tuple(f"{group}_{task}" for group, tasks in chosen.items() for task in tasks.split())
    for name, chosen in _SETS.items()
}
"""Names by set: `tuning` to choose between designs, `judging` to measure them; both cover every group."""


@cache
def problems(data: Path) -> dict[str, BenchProblem]:
    """Return every problem by name.

    Args:
        data: The folder of tables, with `hpo_yahpo`, `hpo_taskset` and so on. Large tables are read on first use.

    Returns:
        The problems, group by group.
    """
    datasets = [name.removeprefix("oboe_") for chosen in SETS.values() for name in chosen if name.startswith("oboe_")]
    found = [*lcbench(data), *glmnet(data), *taskset(data), *grids(data), *oboe(data, datasets), *nas(data)]
    return {problem.name: problem for problem in [*found, *trainings()]}
