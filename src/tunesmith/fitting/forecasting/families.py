"""The families of forecasting models that suit some series, their search space, and what is tried first."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import plugins
from ...core.parameters import Choice
from ...core.space import SearchSpace
from ...errors import MissingExtra
from ...forecasters.base import BASELINE, Forecaster
from ...series.backtest import Backtest
from ...series.panel import Panel
from ..plan import PlannedTrial

_FASTEST_SECONDS = 0.2  # A trial takes at least this long.
_FEW_VALUES = 4  # In these no window can be held out.
_INTERMITTENT = 0.5  # The share of zeros from which values are intermittent.
_SLOW = ("arima",)
"""Families that wait a turn, because they are slow for what they add."""
_FOR_ONE_SEASON, _FOR_MANY_SEASONS = ("ces", "ets", "theta"), ("mstl", "tbats")
"""The same where the series have more seasons than the one that these know, or not the several that those are for."""
_LONG, _NETWORKS_WAIT = 200, 2
"""Networks wait so many turns where series are shorter, as statistical models are better then."""


def forecasters(panel: Panel, horizon: int, names: Sequence[str] = ()) -> dict[str, Forecaster]:
    """Return the families by name; by default all that are installed and suit the series.

    Raises:
        MissingExtra: A family that is named cannot be used before something is installed or set.
    """
    kinds = {name: plugins.load("forecasters", name)() for name in (names or plugins.names("forecasters"))}
    if names:
        for name in names:
            if (lack := kinds[name].profile.missing()) is not None:
                raise MissingExtra(f"the family {name} cannot be used: {lack}")
        return kinds
    return {
        name: family
        for name, family in kinds.items()
        if family.profile.missing() is None and _suits(family, panel) and family.configurations(panel, horizon)
    }


def absent_forecasters() -> list[str]:
    """Return which families would be tried if their libraries were installed; a sentence for each extra."""
    titles: dict[str, list[str]] = {}
    for name in plugins.names("forecasters"):
        profile = plugins.load("forecasters", name).profile
        if profile.lacks_modules and not profile.checkpoint:
            titles.setdefault(profile.extra, []).append(profile.title)
    return [
        f"{', '.join(sorted(names))} would be tried, too, with: pip install 'tunesmith[{extra}]'"
        for extra, names in sorted(titles.items())
    ]


def _suits(family: Forecaster, panel: Panel) -> bool:
    profile = family.profile
    scored = panel.lengths[panel.lengths > _FEW_VALUES]  # Shorter ones repeat their last values in any family.
    lengths = scored if len(scored) else panel.lengths
    long_enough = (lengths >= profile.least_length).mean() > 0.5
    return bool(long_enough) and (not profile.intermittent_only or _zeros(panel) >= _INTERMITTENT)


def _zeros(panel: Panel) -> float:
    return float(np.mean(panel.values[:1_000_000] == 0))


def forecast_space(chosen: Mapping[str, Forecaster]) -> SearchSpace:
    """Return the space: a family, and the hyperparameters of each, active where it is chosen."""
    parameters: dict[str, Any] = {"family": Choice(list(chosen))}
    for name, family in chosen.items():
        for key, parameter in family.space.items():
            own = {f"{name}.{other}": wanted for other, wanted in (parameter.when or {}).items()}
            parameters[f"{name}.{key}"] = dataclasses.replace(parameter, when={"family": name, **own})
    return SearchSpace(parameters)


def first_forecasts(chosen: Mapping[str, Forecaster], panel: Panel, horizon: int, windows: int) -> list[PlannedTrial]:
    """Return the configurations to be tried first.

    The first choices of the families come first, then the second ones, and so on; within a turn the cheapest is first.

    Args:
        chosen: The families by name.
        panel: The series.
        horizon: The steps to forecast.
        windows: The windows of the backtest.
    """
    turns: dict[int, list[PlannedTrial]] = defaultdict(list)
    short = float(np.median(panel.lengths)) < _LONG
    trainings = len(set(Backtest(panel=panel, horizon=horizon, windows=windows).trainings))
    waiting = (*_SLOW, *(_FOR_ONE_SEASON if len(panel.seasons) > 1 else _FOR_MANY_SEASONS))
    for name, family in chosen.items():
        later = _NETWORKS_WAIT if short and family.profile.extra == "torch" else int(name in waiting)
        for turn, choice in enumerate(family.configurations(panel, horizon), later):
            if name == BASELINE and turn == 0:
                continue  # It is trial 0.
            times = 1 + (windows if family.profile.is_local else trainings)
            seconds = max(_FASTEST_SECONDS, times * family.seconds(panel, horizon, choice))
            own = {f"{name}.{key}": value for key, value in choice.items()}
            turns[turn].append(PlannedTrial(parameters={"family": name, **own}, seconds=seconds))
    return [trial for turn in sorted(turns) for trial in sorted(turns[turn], key=lambda trial: trial.seconds)]
