"""Optuna: `tpe` (define by run, its defaults), `tpe-multivariate` (with groups), `gp` (on the flat space), `random`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from protocol import Dimension, Space, serve

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")

SAMPLERS = {
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "tpe-multivariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}


class Optuna:
    """One study, in memory."""

    def __init__(
        self, space: Space, default: Mapping[str, Any], seed: int, trials: int, method: str, options: Mapping[str, Any]
    ) -> None:
        self.space, self.flat = space, method == "gp"
        self.study = optuna.create_study(sampler=SAMPLERS[method](seed), pruner=_pruner(**options))
        first = space.flat(default)
        names = first if self.flat else default
        self.study.enqueue_trial({name: first[name] for name in names})
        self.running: dict[int, optuna.Trial] = {}

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        trial = self.study.ask()
        self.running[trial.number] = trial
        chosen: dict[str, Any] = {}
        for dimension in self.space.dimensions:
            active = self.space.active(dimension, chosen)
            if active or self.flat:
                raw = _suggest(trial, dimension)
                if active:
                    chosen[dimension.name] = dimension.value(raw)
        return trial.number, chosen

    def tell(self, number: int, loss: float, seconds: float) -> None:
        self.study.tell(self.running.pop(number), loss)

    def report(self, number: int, step: int, loss: float) -> bool:
        self.running[number].report(loss, step)
        return bool(self.running[number].should_prune())  # The median pruner returns NumPy's bool.

    def prune(self, number: int, loss: float) -> None:
        self.study.tell(self.running.pop(number), state=optuna.trial.TrialState.PRUNED)


def _suggest(trial: optuna.Trial, dimension: Dimension) -> Any:
    if dimension.kind == "float":
        return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)
    if dimension.kind == "int":
        return trial.suggest_int(
            dimension.name, int(dimension.low), int(dimension.high), log=dimension.log, step=dimension.step
        )
    return trial.suggest_categorical(dimension.name, list(range(len(dimension.options))))


def _pruner(pruner: str = "none", steps: int = 1) -> optuna.pruners.BasePruner:
    return {
        "none": lambda: optuna.pruners.NopPruner(),
        "median": lambda: optuna.pruners.MedianPruner(),
        "halving": lambda: optuna.pruners.SuccessiveHalvingPruner(),
        "hyperband": lambda: optuna.pruners.HyperbandPruner(max_resource=steps),
    }[pruner]()


if __name__ == "__main__":
    serve(Optuna)
