"""The space that every contender searches: eight parameters, mixed and conditional."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOMENTS: list[float] = []
"""When each trial in this process ran, in seconds since 1970."""


def nothing(parameters: Mapping[str, Any]) -> float:
    """Record the time and return a number that depends on the parameters, without training."""
    MOMENTS.append(time.time())
    return abs(math.log10(parameters["lr"]) + 3) + parameters["dropout"] + parameters["layers"] / 10


def tunesmith_space() -> dict[str, Any]:
    import tunesmith as ts

    return {
        "lr": ts.Float(1e-5, 1e-1, log=True),
        "dropout": ts.Float(0.0, 0.5),
        "layers": ts.Int(1, 8),
        "width": ts.Int(16, 1024, log=True),
        "activation": ts.Choice(["relu", "gelu", "tanh"]),
        "optimizer": ts.Choice(["adam", "sgd"]),
        "momentum": ts.Float(0.0, 0.99, when={"optimizer": "sgd"}),
        "beta": ts.Float(0.8, 0.999, when={"optimizer": "adam"}),
    }


def optuna_parameters(trial: Any) -> dict[str, Any]:
    """Ask an Optuna trial for the same parameters."""
    chosen = {
        "lr": trial.suggest_float("lr", 1e-5, 1e-1, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        "layers": trial.suggest_int("layers", 1, 8),
        "width": trial.suggest_int("width", 16, 1024, log=True),
        "activation": trial.suggest_categorical("activation", ["relu", "gelu", "tanh"]),
        "optimizer": trial.suggest_categorical("optimizer", ["adam", "sgd"]),
    }
    if chosen["optimizer"] == "sgd":
        return chosen | {"momentum": trial.suggest_float("momentum", 0.0, 0.99)}
    return chosen | {"beta": trial.suggest_float("beta", 0.8, 0.999)}


def optuna_sampler(name: str) -> Any:
    import optuna

    return {
        "random": lambda: optuna.samplers.RandomSampler(seed=0),
        "gp": lambda: optuna.samplers.GPSampler(seed=0),
        "tpe": lambda: optuna.samplers.TPESampler(seed=0),
        "tpe, multivariate": lambda: optuna.samplers.TPESampler(seed=0, multivariate=True, group=True),
    }[name]()


def optuna_study(folder: Path, sampler: str, storage: str) -> Any:
    import warnings

    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    where = {
        "memory": lambda: None,
        "journal": lambda: JournalStorage(JournalFileBackend(str(folder / "optuna.log"))),
        "sqlite": lambda: f"sqlite:///{folder / 'optuna.db'}",
    }[storage]()
    return optuna.create_study(study_name="study", storage=where, sampler=optuna_sampler(sampler), load_if_exists=True)
