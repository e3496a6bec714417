"""FLAML's BlendSearch, on the flat space."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from flaml import BlendSearch, tune
from protocol import Dimension, Space, serve

logging.getLogger("flaml").setLevel(logging.ERROR)
optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")


class Flaml:
    """One search."""

    def __init__(
        self, space: Space, default: Mapping[str, Any], seed: int, trials: int, method: str, options: Mapping[str, Any]
    ) -> None:
        self.space, self.asked = space, 0
        self.search = BlendSearch(
            metric="loss",
            mode="min",
            space={dimension.name: _domain(dimension) for dimension in space.dimensions},
            points_to_evaluate=[space.flat(default)],
            num_samples=trials,
            seed=seed + 20,
        )
        self.running: dict[int, dict[str, Any]] = {}

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        for _ in range(1000):
            proposed = self.search.suggest(str(self.asked))
            if proposed is not None:  # None after a local search has ended, or for a known configuration
                break
        else:
            raise RuntimeError("BlendSearch proposed nothing a thousand times in a row.")
        number, self.asked = self.asked, self.asked + 1
        self.running[number] = proposed
        return number, self.space.parameters(proposed)

    def tell(self, number: int, loss: float, seconds: float) -> None:
        result = {"loss": loss, "time_total_s": seconds, "config": self.running.pop(number)}
        self.search.on_trial_complete(str(number), result)


def _domain(dimension: Dimension) -> Any:
    if dimension.kind == "category":
        return tune.choice(list(range(len(dimension.options))))
    if dimension.kind == "float":
        return (tune.loguniform if dimension.log else tune.uniform)(dimension.low, dimension.high)
    low, high = int(dimension.low), int(dimension.high) + 1
    if dimension.step > 1:
        return tune.qrandint(low, high, dimension.step)
    return tune.lograndint(low, high) if dimension.log else tune.randint(low, high)


if __name__ == "__main__":
    serve(Flaml)
