"""Fit models to a table."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Literal, overload

from ..core.budget import Budget
from ..core.objective import Constraint
from .asked_task import task_options_of
from .forecasting.options import ForecastOptions
from .forecasting.result import ForecastResult
from .forecasting.session import ForecastSession
from .options import listed, parse_budget, parse_limits, target_names
from .result import FitResult
from .session import FitSession


@overload
def fit(
    data: Any,
    *,
    task: Literal["forecasting"],
    target: str | int | Sequence[str | int] | None = None,
    time: str | None = None,
    id: str | Sequence[str] = (),
    horizon: int | str | None = None,
    known: str | Sequence[str] = (),
    country: str | None = None,
    season: int | Sequence[int] = (),
    exclude: str | Sequence[str] = (),
    test: Any = None,
    windows: int | None = None,
    stride: int | None = None,
    request: str | None = None,
    interpretable: bool = False,
    minutes: float | None = None,
    budget: Budget | str | None = None,
    metric: str | None = None,
    folder: Path | str | None = None,
    families: str | Sequence[str] = (),
    limits: str | Sequence[str | Constraint] = (),
    model: Any = None,
    parallel: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> ForecastResult: ...


@overload
def fit(
    data: Any,
    *,
    target: str | int | Sequence[str | int] | None = None,
    request: str | None = None,
    task: str | None = None,
    minutes: float | None = None,
    budget: Budget | str | None = None,
    metric: str | None = None,
    folder: Path | str | None = None,
    id: str | Sequence[str] = (),
    time: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    exclude: str | Sequence[str] = (),
    as_given: bool = False,
    positive: Any = None,
    test: Any = None,
    families: str | Sequence[str] = (),
    recipe: Any = None,
    limits: str | Sequence[str | Constraint] = (),
    interpretable: bool = False,
    model: Any = None,
    parallel: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> FitResult: ...


def fit(
    data: Any,
    *,
    target: str | int | Sequence[str | int] | None = None,
    request: str | None = None,
    task: Any = None,
    minutes: float | None = None,
    budget: Budget | str | None = None,
    metric: str | None = None,
    folder: Path | str | None = None,
    id: str | Sequence[str] = (),
    time: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    exclude: str | Sequence[str] = (),
    as_given: bool = False,
    positive: Any = None,
    test: Any = None,
    families: str | Sequence[str] = (),
    recipe: Any = None,
    limits: str | Sequence[str | Constraint] = (),
    interpretable: bool = False,
    model: Any = None,
    parallel: int | None = None,
    seed: int = 0,
    horizon: int | str | None = None,
    known: str | Sequence[str] = (),
    country: str | None = None,
    season: int | Sequence[int] = (),
    windows: int | None = None,
    stride: int | None = None,
    progress: bool = True,
) -> FitResult | ForecastResult:
    """Find a good model of a table within some minutes, or continue an earlier call with the same folder.

    With `task="forecasting"` time series are continued: `target`, `time` and `id` name their values, their times and
    the series of each row, and `horizon`, `known`, `windows` and `stride` are for them alone.

    Args:
        data: A path of a CSV or Parquet file, or a frame of pandas, polars, Arrow or NumPy.
        target: The column to predict, or several; may be left out if the request names it. Of an array, its number.
        request: What is wanted, in plain words, as `"predict churn, must be explainable, under 5 ms"` or
            `"forecast sales for the next 28 days, daily per store"`. Rules read it, and with `model` a language model
            reads the rest. Options take precedence; `result.request` shows what was understood.
        task: What the target's values are: `"classification"` (also `"binary"` or `"multiclass"`), `"multilabel"` or
            `"regression"`; found out by default. Or `"forecasting"`: they are a time series, which is to be continued.
        minutes: The time for everything, over all sessions, reading and saving included; 5 by default.
        budget: Instead: a time such as `"10m"`, or a `Budget` with further limits.
        metric: What to improve; log loss, RMSE, or for forecasts MASE by default.
        folder: The study's folder; a new temporary folder by default.
        id: Columns that name a row: no model sees them, and predictions keep them. Of time series, those that name the
            series of a row.
        time: The column with the time of each row: models are validated on rows later than those they are trained on.
        group: The column whose equal values belong together: no group is trained on and validated on at once.
        weight: The column with the weight of each row.
        exclude: Columns that no model sees.
        as_given: Whether to use all columns and to split at random, whatever the analyst finds.
        positive: The positive class of two.
        test: Rows that are kept for one last test: what `data` may be.
        families: The families to choose from, as `["lightgbm", "linear"]`; all by default.
        recipe: How columns are prepared: a TOML file with a table `[[steps]]` for each step, or a `Recipe`; chosen by
            default.
        limits: What every model must keep, as `["model_mb <= 5", "predict_ms_per_1000_rows <= 20"]`.
        interpretable: Whether the result must be one model that a person can read.
        model: A language model that advises the search, as for `tune`.
        parallel: The number of trials that run at once; by default the number of cores.
        seed: The seed of all randomness.
        horizon: The number of steps to forecast, for time series, or a time such as `"28 days"`.
        known: Columns beside time series that are known ahead, as prices. Those with values after the last one of the
            target, and those that never change within a series, are, too.
        country: The country whose holidays matter to time series, as `"DE"` or `"US-CA"`.
        season: The length of a season of time series in steps, or several, the most important first; found by default.
        windows: The most windows of the backtest of time series; as many as they need by default.
        stride: The steps from one window to the next; the horizon by default.
        progress: Whether to draw the progress, on a terminal or in a notebook. Elsewhere nothing is drawn.

    Returns:
        The fitted model and its study.

    Raises:
        InputError: The table or an option is wrong.
        StudyFailed: Nothing worked; the message shows why.
        KeyboardInterrupt: It was interrupted; what was trained so far is kept, and the same call continues.
    """
    started = monotonic()
    limits_of_time = parse_budget(budget, minutes)
    is_timed = minutes is not None or isinstance(budget, str) or (budget is not None and budget.minutes is not None)
    asked = {
        "request": request,
        "target": target_names(target, data),
        "task": task,
        "metric": metric,
        "id": id,
        "time": time,
        "group": group,
        "weight": weight,
        "exclude": exclude,
        "as_given": as_given,
        "positive": positive,
        "test": test,
        "families": listed(families),
        "recipe": recipe,
        "limits": parse_limits(limits),
        "interpretable": interpretable,
        "model": model,
        "parallel": parallel,
        "seed": seed,
        "minutes": limits_of_time.minutes if is_timed else None,
        "trials": limits_of_time.trials,
        "memory_gb": limits_of_time.memory_gb,
        "usd": limits_of_time.usd,
    }
    asked |= {"horizon": horizon, "known": known, "country": country, "season": season}
    asked |= {"windows": windows, "stride": stride}
    place = Path(tempfile.mkdtemp(prefix="tunesmith-") if folder is None else folder).absolute()
    options = task_options_of(data, asked, budget=limits_of_time, folder=place)
    if isinstance(options, ForecastOptions):
        with ForecastSession(data, options, place, started=started) as forecasting:
            return forecasting.run(progress=progress)
    with FitSession(data, options, place, started=started) as session:
        return session.run(progress=progress)
