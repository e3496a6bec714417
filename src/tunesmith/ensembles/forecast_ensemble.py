"""An ensemble of forecasting models, on disk and in memory."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import orjson

from .. import plugins
from ..core.arrays import Floats
from ..core.trial import Value
from ..errors import InputError, message_of
from ..forecasters.base import ForecastModel
from ..series.bounds import bounded
from ..series.columns import SeriesColumns
from ..series.frequency import Frequency
from ..series.panel import Panel
from .ensemble import link_or_copy
from .forecast_combination import ForecastCombination
from .inspection import inspect, read_json
from .manifest import MANIFEST

_FORMAT = 1
_KIND = "forecast"
_FORECAST = "forecast.npy"
_BACKTEST = "backtest.npy"
_WEIGHTS = "weights.npy"


@dataclass(frozen=True, kw_only=True)
class ForecastMember:
    """A trained model of an ensemble.

    Args:
        trial: The number of its trial.
        parameters: Its configuration; `family` names the family.
        folder: Where the model lies.
    """

    trial: int
    parameters: Mapping[str, Value]
    folder: Path

    @property
    def family(self) -> str:
        """The name of its family."""
        return str(self.parameters["family"])

    @cached_property
    def model(self) -> ForecastModel:
        """The model.

        Raises:
            InputError: A file is missing or damaged, or none that a model of ours has.
        """
        try:
            inspect(self.folder)
            kind: type[ForecastModel] = plugins.load("forecasters", self.family).model
            return kind.load(self.folder)
        except InputError:
            raise
        except Exception as error:  # Malformed files can raise anything.
            raise InputError(f"the model in {self.folder} is damaged: {message_of(error)}. Fit again.") from None


@dataclass(frozen=True, kw_only=True)
class ForecastEnsemble:
    """A combination of forecasting models.

    Args:
        columns: The columns of the table that the series came from.
        names: The names of the series that it was trained on.
        frequency: Their grid.
        seasons: The lengths of their seasons, in steps.
        horizon: The most steps to forecast.
        metric: The metric that it was chosen by.
        score: That metric in the backtest.
        combination: How the members are combined.
        members: By trial.
        trained: The forecasts after the ends of the series that it was trained on, shape `(series, horizon, levels)`.
        backtested: The forecasts of the windows of the backtest, shape `(rows, steps, levels)`.
    """

    columns: SeriesColumns
    names: tuple[str, ...]
    frequency: Frequency
    seasons: tuple[int, ...]
    horizon: int
    metric: str
    score: float
    combination: ForecastCombination
    members: Mapping[int, ForecastMember]
    trained: Floats
    backtested: Floats

    def forecast(self, panel: Panel, horizon: int | None = None) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`.

        Args:
            panel: The series up to the origin.
            horizon: The number of steps; at most that of the ensemble, which is the default.
        """
        steps = self.horizon if horizon is None else horizon
        forecasts = {
            trial: bounded(member.model.forecast(panel, steps), panel) for trial, member in self.members.items()
        }
        numbers = {name: number for number, name in enumerate(self.names)}
        series = np.array([numbers.get(name, -1) for name in panel.names])
        return bounded(self.combination.apply(forecasts, series), panel)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the ensemble that `save_forecast_ensemble` wrote.

        Raises:
            InputError: The folder holds none.
        """
        path = folder / MANIFEST
        if not path.exists():
            raise InputError(f"the folder of a model must hold {MANIFEST}, but {folder} has none.")
        table = read_json(path)
        if not isinstance(table, dict) or (table.get("kind"), table.get("format")) != (_KIND, _FORMAT):
            raise InputError(f"{path} must describe forecasting models of format {_FORMAT}. Fit again.")
        try:
            return cls._of(table, folder)
        except InputError:
            raise
        except Exception as error:  # A malformed table can raise anything.
            raise InputError(
                f"the manifest of a model must be complete, but {path} is not: {message_of(error)}"
            ) from None

    @classmethod
    def _of(cls, table: Mapping[str, Any], folder: Path) -> Self:
        members = {}
        for row in table["members"]:
            trial, weight, family = row["trial"], row["weight"], row["parameters"]["family"]
            if type(trial) is not int or not 0 <= trial < 10**9:
                raise InputError(f"the trial of a model's member must be a number from 0, got {trial!r:.40}.")
            if not isinstance(weight, int | float) or not math.isfinite(weight) or not 0 <= weight <= 1:
                raise InputError(f"the weight of a model's member must be from 0 to 1, got {weight!r:.40}.")
            if family not in plugins.names("forecasters"):
                raise InputError(f"the family of a model's member must be known, got {family!r:.40}.")
            members[trial] = ForecastMember(trial=trial, parameters=row["parameters"], folder=folder / str(trial))
        return cls(
            columns=SeriesColumns.from_table(table["columns"]),
            names=tuple(map(str, table["names"])),
            frequency=Frequency.from_table(table["frequency"]),
            seasons=tuple(map(int, table["seasons"])),
            horizon=int(table["horizon"]),
            metric=str(table["metric"]),
            score=float(table["score"]),
            combination=ForecastCombination(
                weights={row["trial"]: float(row["weight"]) for row in table["members"]},
                width=float(table["width"]),
                median_share=float(table.get("median_share", 0.0)),
                by_series=_weights(folder / _WEIGHTS, (len(members), len(table["names"]))),
            ),
            members=members,
            trained=np.load(folder / _FORECAST, allow_pickle=False),
            backtested=np.load(folder / _BACKTEST, allow_pickle=False),
        )


def _weights(path: Path, shape: tuple[int, int]) -> Floats | None:
    """Return the weights of members for each series; None if they are equal for all.

    Raises:
        InputError: They are not of this shape.
    """
    if not path.exists():
        return None
    weights = np.load(path, allow_pickle=False)
    if weights.shape != shape or not np.isfinite(weights).all():
        raise InputError(f"{path} must hold {shape[0]} weights of {shape[1]} series, but does not. Fit again.")
    return np.asarray(weights, dtype=np.float64)


def save_forecast_ensemble(
    folder: Path,
    panel: Panel,
    *,
    horizon: int,
    metric: str,
    score: float,
    combination: ForecastCombination,
    parameters: Mapping[int, Mapping[str, Value]],
    models: Mapping[int, Path],
    forecasts: Mapping[int, Floats],
    backtested: Floats,
) -> None:
    """Write an ensemble to a folder, which it replaces at once.

    Args:
        folder: Where to.
        panel: The series that its members were trained on.
        horizon: The most steps to forecast.
        metric: The metric that it was chosen by.
        score: That metric in the backtest.
        combination: How the members are combined.
        parameters: The configuration of each trial.
        models: The folder of the model of each member.
        forecasts: The forecasts of each member after the ends of the series.
        backtested: The forecasts of the ensemble of the windows of the backtest.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    rows = []
    for trial, weight in combination.weights.items():
        rows.append({"trial": trial, "weight": weight, "parameters": dict(parameters[trial])})
        shutil.copytree(models[trial], partial / str(trial), copy_function=link_or_copy)
    trained = bounded(combination.apply(forecasts, np.arange(len(panel))), panel)
    np.save(partial / _FORECAST, trained.astype(np.float32))
    np.save(partial / _BACKTEST, backtested.astype(np.float32))
    if combination.by_series is not None:
        np.save(partial / _WEIGHTS, combination.by_series)
    manifest = {
        "kind": _KIND,
        "format": _FORMAT,
        "columns": panel.columns.to_table(),
        "names": list(panel.names),
        "frequency": panel.frequency.to_table(),
        "seasons": list(panel.seasons),
        "horizon": horizon,
        "metric": metric,
        "score": score,
        "width": combination.width,
        "median_share": combination.median_share,
        "members": rows,
    }
    (partial / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
