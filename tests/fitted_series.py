"""Forecasting models that are trained as `fit` does, of given configurations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.contracts.test_forecasters import seasonal
from tunesmith import plugins
from tunesmith.core.budget import Budget
from tunesmith.core.objective import Metric, Objective
from tunesmith.core.trial import Value
from tunesmith.fitting.forecasting.combine import combine_forecasts
from tunesmith.fitting.forecasting.families import forecast_space
from tunesmith.fitting.forecasting.options import SeriesOptions
from tunesmith.fitting.forecasting.prepare import PANEL_FOLDER, prepare_series
from tunesmith.fitting.forecasting.result import ForecastResult
from tunesmith.forecasters.base import BASELINE
from tunesmith.series.panel import Panel
from tunesmith.study.study import Study
from tunesmith.tasks.forecast import ForecastTask

HORIZON = 6
_QUICK: dict[str, Value] = {"epochs": 3, "rounds": 50, "lookback": 24}
"""Replaces parameters of these names, so that a fit takes a moment."""


def monthly_sales() -> pd.DataFrame:
    """Three shops of different ages, with a gap."""
    parts = []
    for shop, months in enumerate((192, 180, 156)):
        dates = pd.date_range("2004-01-01", periods=192, freq="MS")[192 - months :]
        parts.append(pd.DataFrame({"month": dates, "shop": f"s{shop}", "sales": seasonal(months, seed=shop)}))
    return pd.concat(parts).drop(index=40).reset_index(drop=True)


def monthly_sales_and_more() -> pd.DataFrame:
    """The same with a price that is known ahead, a number of visits that is not, and the town of each shop."""
    frame = monthly_sales()
    later = frame.groupby("shop")["month"].max() + pd.DateOffset(months=1)
    frame = pd.concat([frame, later.reset_index()], ignore_index=True)
    random = np.random.default_rng(0)
    frame["price"] = random.choice([1.0, 2.0, 5.0], len(frame))
    frame["visits"] = np.where(frame["sales"].notna(), random.normal(size=len(frame)), np.nan)
    frame["town"] = frame["shop"].map({"s0": "Ulm", "s1": "Bonn", "s2": "Ulm"})
    frame["sales"] -= 3 * frame["price"]
    return frame


def configuration(family: str, panel: Panel) -> dict[str, Value]:
    """The first configuration of a family, made quick."""
    first = plugins.load("forecasters", family)().configurations(panel, HORIZON)[0]
    parameters = {name: _QUICK.get(name, value) for name, value in first.items()}
    return {"family": family, **{f"{family}.{name}": value for name, value in parameters.items()}}


def fitted_series(folder: Path, data: Any, families: Sequence[str], **options: Any) -> ForecastResult:
    """Run a study of the first configuration of each family, and combine its trials."""
    asked = SeriesOptions(**{"targets": ("sales",), "ids": ("shop",), **options})
    panel = prepare_series(data, asked, folder / PANEL_FOLDER)
    configurations = [configuration(family, panel) for family in families if family != BASELINE]
    chosen = {family: plugins.load("forecasters", family)() for family in {BASELINE, *families}}
    task = ForecastTask(
        panel=PANEL_FOLDER, folder=str(folder), horizon=HORIZON, windows=2, metric="mase", families=list(chosen)
    )
    study = Study(
        task=task,
        space=forecast_space(chosen),
        objective=Objective((Metric("mase", "minimize"),)),
        folder=folder,
        budget=Budget(trials=len(configurations) + 1),
        proposer={"name": "ordered", "configurations": configurations, "then": "random"},
        judge={"name": "rules", "repeats": 0},
        executor="inline",
    )
    study.run()
    combine_forecasts(study, task)
    return ForecastResult.load(folder)
