"""tunesmith finds better machine-learning models with less babysitting.

Tune a function here, or any program with `tunesmith run study.toml`:

>>> import tunesmith as ts
>>> def train(parameters, trial):
...     return {"loss": (parameters["x"] - 3) ** 2}
>>> study = ts.tune(train, space={"x": ts.Float(0, 10)}, objective="minimize loss", budget=ts.Budget(trials=30))
>>> study.best.metrics["loss"] < 1
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .core.budget import Budget as Budget
    from .core.objective import Constraint as Constraint
    from .core.objective import Metric as Metric
    from .core.objective import Objective as Objective
    from .core.parameters import Choice as Choice
    from .core.parameters import Float as Float
    from .core.parameters import Int as Int
    from .core.space import SearchSpace as SearchSpace
    from .core.trial import Failure as Failure
    from .core.trial import Measurement as Measurement
    from .core.trial import Proposal as Proposal
    from .core.trial import State as State
    from .core.trial import Trial as Trial
    from .errors import BudgetSpent as BudgetSpent
    from .errors import InputError as InputError
    from .errors import JournalError as JournalError
    from .errors import MissingExtra as MissingExtra
    from .errors import OutputError as OutputError
    from .errors import SpaceExhausted as SpaceExhausted
    from .errors import StudyFailed as StudyFailed
    from .errors import StudyLocked as StudyLocked
    from .errors import TrialPruned as TrialPruned
    from .errors import TunesmithError as TunesmithError
    from .fitting.fit import fit as fit
    from .fitting.forecasting.result import ForecastResult as ForecastResult
    from .fitting.result import FitResult as FitResult
    from .study.study import Study as Study
    from .study.tuning import load as load
    from .study.tuning import tune as tune

__version__ = "0.1.0"

# Names are imported on first use, so that trial processes and `tunesmith --help` start fast.
_NAMES_BY_MODULE = {
    "core.budget": "Budget",
    "core.objective": "Constraint Metric Objective",
    "core.parameters": "Choice Float Int",
    "core.space": "SearchSpace",
    "core.trial": "Failure Measurement Proposal State Trial",
    "errors": "BudgetSpent InputError JournalError MissingExtra OutputError SpaceExhausted StudyFailed StudyLocked"
    " TrialPruned TunesmithError",
    "fitting.fit": "fit",
    "fitting.forecasting.result": "ForecastResult",
    "fitting.result": "FitResult",
    "study.study": "Study",
    "study.tuning": "load tune",
}
_MODULES = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names.split()}

__all__ = sorted(["__version__", *_MODULES])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'tunesmith' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
