"""SMAC3's facade for hyperparameters: random forest, logarithmic expected improvement, conditions as they are."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ConfigSpace
from protocol import Dimension, Space, serve
from smac import HyperparameterOptimizationFacade, Scenario
from smac.main.exceptions import ConfigurationSpaceExhaustedException
from smac.runhistory import TrialInfo, TrialValue

warnings.simplefilter("ignore")
FOLDER = Path(tempfile.mkdtemp(prefix="smac-"))


class Smac:
    """One optimisation. The default is reported as an external result, before the initial design."""

    def __init__(
        self, space: Space, default: Mapping[str, Any], seed: int, trials: int, method: str, options: Mapping[str, Any]
    ) -> None:
        self.space, self.default, self.asked, self.exhausted = space, default, 0, False
        self.configurations = _configurations(space, default, seed)
        scenario = Scenario(
            self.configurations, deterministic=True, n_trials=trials, seed=seed, output_directory=FOLDER
        )
        self.facade = HyperparameterOptimizationFacade(
            scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=logging.ERROR
        )
        self.running: dict[int, TrialInfo] = {}

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        number, self.asked = self.asked, self.asked + 1
        if number == 0:
            first = self.configurations.get_default_configuration()
            self.running[0] = TrialInfo(first, seed=0)
            return 0, self.default
        info = self._next()
        self.running[number] = info
        raw = dict(info.config)
        return number, {d.name: d.value(raw[d.name]) for d in self.space.dimensions if d.name in raw}

    def _next(self) -> TrialInfo:
        """Return SMAC's next configuration; a random one if it declares a space with few points left exhausted."""
        if not self.exhausted:
            try:
                return self.facade.ask()
            except (ConfigurationSpaceExhaustedException, StopIteration):
                self.exhausted = True
        return TrialInfo(self.configurations.sample_configuration(), seed=0)

    def tell(self, number: int, loss: float, seconds: float) -> None:
        self.facade._optimizer.tell(self.running.pop(number), TrialValue(cost=loss, time=seconds), save=False)


def _configurations(space: Space, default: Mapping[str, Any], seed: int) -> ConfigSpace.ConfigurationSpace:
    configurations = ConfigSpace.ConfigurationSpace(seed=seed)
    first = space.flat(default)
    known = {dimension.name: _hyperparameter(dimension, first[dimension.name]) for dimension in space.dimensions}
    configurations.add(list(known.values()))
    for dimension in space.dimensions:
        for parent, values in (dimension.when or {}).items():
            raw = [next(d for d in space.dimensions if d.name == parent).raw(value) for value in values]
            configurations.add(ConfigSpace.InCondition(known[dimension.name], known[parent], raw))
    return configurations


def _hyperparameter(dimension: Dimension, first: Any) -> Any:
    if dimension.kind == "category":
        return ConfigSpace.CategoricalHyperparameter(dimension.name, range(len(dimension.options)), default_value=first)
    if dimension.kind == "float":
        return ConfigSpace.UniformFloatHyperparameter(
            dimension.name, dimension.low, dimension.high, log=dimension.log, default_value=first
        )
    if dimension.step > 1 or dimension.options:
        levels = range(int(dimension.low), int(dimension.high) + 1, dimension.step)
        return ConfigSpace.OrdinalHyperparameter(dimension.name, list(levels), default_value=first)
    return ConfigSpace.UniformIntegerHyperparameter(
        dimension.name, int(dimension.low), int(dimension.high), log=dimension.log, default_value=first
    )


if __name__ == "__main__":
    serve(Smac)
