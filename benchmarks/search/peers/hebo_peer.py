"""HEBO on the flat space: `gpy` as in its paper (warped inputs), `gp` its default; no pending trials."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.models import model_factory
from hebo.models.gp.gpy_wgp import GPyGP
from hebo.optimizers.hebo import HEBO
from protocol import Dimension, Space, serve

warnings.simplefilter("ignore")
torch.set_num_threads(1)
model_factory.model_dict["gpy"] = GPyGP  # included in 0.3.6 but not registered by name


class Hebo:
    """One optimisation."""

    def __init__(
        self, space: Space, default: Mapping[str, Any], seed: int, trials: int, method: str, options: Mapping[str, Any]
    ) -> None:
        np.random.seed(seed)  # its evolutionary search uses this generator
        torch.manual_seed(seed)
        self.space, self.asked = space, 0
        self.first = space.flat(default)
        design = DesignSpace().parse([_parameter(dimension) for dimension in space.dimensions])
        self.optimiser = HEBO(design, model_name=method, scramble_seed=seed)
        self.running: dict[int, pd.DataFrame] = {}

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        number, self.asked = self.asked, self.asked + 1
        proposed = pd.DataFrame([self.first]) if number == 0 else self.optimiser.suggest(1)
        self.running[number] = proposed
        return number, self.space.parameters(proposed.iloc[0].to_dict())

    def tell(self, number: int, loss: float, seconds: float) -> None:
        self.optimiser.observe(self.running.pop(number), np.array([[loss]]))


def _parameter(dimension: Dimension) -> dict[str, Any]:
    if dimension.kind == "category":
        return {"name": dimension.name, "type": "cat", "categories": list(range(len(dimension.options)))}
    kind = {("float", False): "num", ("float", True): "pow", ("int", False): "int", ("int", True): "pow_int"}
    return {
        "name": dimension.name,
        "type": kind[dimension.kind, dimension.log],
        "lb": dimension.low,
        "ub": dimension.high,
    } | ({"base": 10} if dimension.log else {})


if __name__ == "__main__":
    serve(Hebo)
