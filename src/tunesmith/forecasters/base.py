"""The protocols of a family of forecasting models and of a trained one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, Self

from ..core.arrays import Floats
from ..core.parameters import Parameter
from ..core.trial import State, Trial, Value
from ..families.base import Profile
from ..series.panel import Panel

BASELINE = "seasonal_naive"
"""The family that repeats the last season: what every model must beat."""


def baseline_trial(trials: Iterable[Trial]) -> Trial | None:
    """Return the first complete trial that repeats the last season."""
    of_family = (trial for trial in trials if trial.parameters.get("family") == BASELINE)
    return next((trial for trial in of_family if trial.state is State.COMPLETE), None)


@dataclass(frozen=True, kw_only=True)
class ForecastProfile(Profile):
    """What a family is good for, and what it needs.

    Args:
        is_local: Whether it fits each series by itself, anew for each forecast.
        least_length: The least number of values of a series.
        most_length: The most recent values of a series that it looks at; None for all.
        intermittent_only: Whether it is of use only where most values are 0.
        uses_covariates: Whether it looks at columns beside the target.
    """

    is_local: bool = False
    least_length: int = 2
    most_length: int | None = None
    intermittent_only: bool = False
    uses_covariates: bool = False


@dataclass(frozen=True, kw_only=True)
class ForecastPart:
    """What a model is trained on.

    Args:
        panel: The series, up to the origin of the first forecast.
        horizon: The number of steps to forecast.
        seed: The seed of the fit.
        threads: The number of threads that it may use.
        deadline: When it must have ended, by `time.monotonic()`; None for no limit. A family that trains in rounds
            stops adding them in time; others ignore it.
        memory_bytes: The most that its process may hold; None for no limit. A family that knows what it needs refuses
            to start with less.
        checkpoint: A folder where a family that trains in epochs keeps its state after each, and goes on from it.
        on_epoch: Called by such a family after each epoch with what all epochs so far came to, and with the model at
            this point, whose quantiles are all its median. What it raises ends the training.
    """

    panel: Panel
    horizon: int
    seed: int
    threads: int = 1
    deadline: float | None = None
    memory_bytes: int | None = None
    checkpoint: Path | None = None
    on_epoch: Callable[[Sequence[Mapping[str, float]], ForecastModel], None] | None = None


class ForecastModel(Protocol):
    """A trained model."""

    def forecast(self, panel: Panel, horizon: int) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`.

        Args:
            panel: The series up to the origin: those that it was trained on, as long as then or longer, or others.
            horizon: At most the horizon that it was trained for.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write it to an existing folder, without pickle."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        ...


class Forecaster(Protocol):
    """A family of forecasting models.

    Attributes:
        profile: What it is good for.
        model: The class of its trained models.
        space: Its hyperparameters.
        libraries: The modules that training imports; a worker imports them once, before it forks trials.
    """

    profile: ClassVar[ForecastProfile]
    model: ClassVar[type[ForecastModel]]
    space: ClassVar[Mapping[str, Parameter]]
    libraries: ClassVar[Sequence[str]]

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters that are worth trying first, the best first; none if the series do not suit it."""
        ...

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds to train once and to forecast once, on one core of 2020."""
        ...

    def fit(self, part: ForecastPart, parameters: Mapping[str, Value]) -> ForecastModel:
        """Train on the series of a part."""
        ...
