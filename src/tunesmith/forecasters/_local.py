"""Models that are fitted to each series by itself, anew for each forecast."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import orjson
from scipy.special import ndtri

from ..core.arrays import Floats
from ..core.parameters import Parameter
from ..core.trial import Value
from ..series.levels import LEVELS
from ..series.panel import Panel
from .base import ForecastPart, ForecastProfile

_FILE = "options.json"
_LOGGER = logging.getLogger(__name__)
NORMAL = np.asarray(ndtri(LEVELS))
"""The quantiles of the standard normal distribution, shape `(levels,)`."""


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """What is known before a series is seen: the seasons, and the hyperparameters.

    Args:
        seasons: The lengths of the seasons, in steps, the most important first.
        parameters: The hyperparameters.
        least_length: The least number of values that the model needs.
        most_length: The most recent values that are looked at; None for all.
    """

    seasons: tuple[int, ...]
    parameters: Mapping[str, Value]
    least_length: int = 1
    most_length: int | None = None

    def forecast(self, panel: Panel, horizon: int) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`.

        Where a series is too short for the model or breaks it, the last season is repeated.
        """
        forecasts = np.empty((len(panel), horizon, len(LEVELS)))
        replaced = 0
        for index in range(len(panel)):
            history = np.ascontiguousarray(panel.history(index)[-(self.most_length or 0) :], dtype=np.float64)
            seasons = tuple(season for season in self.seasons if len(history) >= 2 * season)
            forecast = None if len(history) < self.least_length else self._tried(history, horizon, seasons)
            replaced += forecast is None
            if forecast is None:
                forecast = repeat_season(history, horizon, seasons[0] if seasons else 1)
            forecasts[index] = forecast
        if replaced:
            _LOGGER.info("%d of %d series are forecast by their last season instead", replaced, len(panel))
        return forecasts

    def _tried(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats | None:
        """Return the forecast of one series; None if it breaks the model."""
        if not history.std():
            return np.full((horizon, len(LEVELS)), history[-1])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # What libraries say about one of many series.
                forecast = self.forecast_one(history, horizon, seasons)
        except Exception as error:  # Whatever a library may do on some series.
            _LOGGER.debug("a series cannot be forecast: %s", error)
            return None
        return forecast if np.isfinite(forecast).all() else None

    def forecast_one(self, history: Floats, horizon: int, seasons: tuple[int, ...]) -> Floats:
        """Return quantiles of the steps after the end of one series, shape `(horizon, levels)`.

        Args:
            history: Its values, not all the same, shape `(length,)`.
            horizon: The number of steps.
            seasons: The seasons that occur twice in it, the most important first.
        """
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write it to a folder as JSON."""
        table = {**vars(self), "parameters": dict(self.parameters)}
        (folder / _FILE).write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        table = orjson.loads((folder / _FILE).read_bytes())
        return cls(**{**table, "seasons": tuple(map(int, table["seasons"]))})


class LocalForecaster:
    """What families have in common whose models are fitted to each series by itself."""

    profile: ClassVar[ForecastProfile]
    model: ClassVar[type[LocalModel]]
    space: ClassVar[Mapping[str, Parameter]] = {}
    libraries: ClassVar[Sequence[str]] = ()
    seconds_per_value: ClassVar[float] = 1e-7
    """The processor seconds that a value of a series costs."""
    seconds_per_series: ClassVar[float] = 1e-4
    """Those that each series costs besides."""

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters that are worth trying first, the best first."""
        return [{}]

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one forecast."""
        lengths = np.minimum(panel.lengths, self.profile.most_length or panel.lengths)
        per_value = self.seconds_for_value(panel.seasons, parameters)
        return float(self.seconds_per_series * len(panel) + per_value * lengths.sum())

    def seconds_for_value(self, seasons: tuple[int, ...], parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds that a value of a series with some seasons costs."""
        return self.seconds_per_value

    def fit(self, part: ForecastPart, parameters: Mapping[str, Value]) -> LocalModel:
        """Return the model, which is fitted when it is asked for a forecast."""
        return self.model(
            seasons=part.panel.seasons,
            parameters=parameters,
            least_length=self.profile.least_length,
            most_length=self.profile.most_length,
        )


def repeat_season(history: Floats, horizon: int, season: int) -> Floats:
    """Return the last season again and again, with normal quantiles; shape `(horizon, levels)`.

    The variance grows by that of a seasonal difference with each season (Hyndman and Athanasopoulos, Forecasting:
    Principles and Practice, 3rd edition, section 5.5).

    Args:
        history: The values of a series, shape `(length,)`.
        horizon: The number of steps.
        season: The length of the season.
    """
    season = min(season, len(history))
    steps = np.arange(horizon)
    point = history[len(history) - season + steps % season]
    return normal(point, deviation(history, season) * np.sqrt(steps // season + 1))


def deviation(history: Floats, season: int) -> float:
    """Return the root of the mean squared difference of values a season apart, or of neighbours in a short series."""
    lag = season if len(history) > season else 1
    differences = history[lag:] - history[:-lag]
    return float(np.sqrt(np.mean(differences**2))) if len(differences) else 0.0


def normal(point: Floats, deviations: Floats) -> Floats:
    """Return the quantiles of normal distributions, shape `(horizon, levels)`.

    Args:
        point: The means, shape `(horizon,)`.
        deviations: The standard deviations, shape `(horizon,)`.
    """
    quantiles: Any = point[:, None] + np.asarray(deviations)[:, None] * NORMAL
    return np.asarray(quantiles)
