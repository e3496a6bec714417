"""The tools for tables and time series: models are fitted in the background, and predict here."""

from __future__ import annotations

import threading
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

from pydantic import Field

from ..data.analysis import analyse
from ..data.read import read_frame
from ..errors import InputError
from ..fitting.asked_task import task_options_of
from ..fitting.forecasting.options import ForecastOptions
from ..fitting.forecasting.prediction import Forecasts
from ..fitting.forecasting.result import ForecastResult
from ..fitting.forecasting.session import ForecastSession
from ..fitting.load import load_fit
from ..fitting.options import DEFAULT_MINUTES, FitOptions
from ..fitting.prediction import Predictions, Written
from ..fitting.session import FitSession
from ..service.background_runs import BackgroundRuns
from ..service.fit_facts import fit_facts
from ..service.forecast_facts import forecast_facts
from ..service.sandbox import Sandbox
from ..service.series_advice import forecast_diagnosis_facts, forecaster_facts, pattern_facts, setup_facts
from ..service.table_advice import diagnosis_facts, family_facts, recipe_facts
from .bounds import bounded

Facts = dict[str, Any]

Data = Annotated[str, Field(description="A CSV or Parquet file; a relative path starts at the server's root.")]
FitFolder = Annotated[str, Field(description="The folder of a fit: `folder` in the answer of `fit`.")]
MaybeTarget = Annotated[str | None, Field(description="The column to predict; not needed if the request names it.")]
Request = Annotated[
    str | None, Field(description='What is wanted, in plain words, as "predict churn, must be explainable".')
]
Task = Annotated[
    str | None, Field(description="What is to be done, as classification, regression or forecasting; found by default.")
]
Horizon = Annotated[
    str | int | None,
    Field(description='Time series: how far to forecast, a number of steps or a time as "28 days".'),
]
Time = Annotated[str | None, Field(description="The column with the time of each row.")]
Ids = Annotated[
    list[str] | None,
    Field(description="Columns that name a row; of time series, those that tell which series a row belongs to."),
]
_PREVIEW_ROWS = 10


class FitTools:
    """The tools for tables and time series.

    Args:
        sandbox: The folder that limits what clients reach.
        runs: The processes that this server has started.
        turn: Held while a study's folder is written to.
    """

    def __init__(self, sandbox: Sandbox, runs: BackgroundRuns, turn: threading.Lock) -> None:
        self._sandbox, self._runs, self._turn = sandbox, runs, turn

    def analyse(
        self,
        data: Data,
        target: Annotated[str | None, Field(description="The column to predict, if there is one.")] = None,
        task: Task = None,
        horizon: Horizon = None,
        time: Time = None,
        id: Ids = None,
    ) -> Facts:
        """Look at a table: what its columns are, what is wrong with it and what to do, and how to split its rows.

        With the task forecasting or a horizon, look at time series: how many and how long they are, their seasons,
        trend, stationarity, zeros and breaks.
        """
        path = self._sandbox.path(data)
        if task == "forecasting" or horizon is not None:
            asked = {"target": target, "task": task, "horizon": horizon, "time": time, "id": tuple(id or ())}
            options = task_options_of(path, asked)
            assert isinstance(options, ForecastOptions)
            return bounded(pattern_facts(path, options))
        return bounded(analyse(path, () if target is None else target).to_table())

    def suggest_families(
        self,
        data: Data,
        target: MaybeTarget = None,
        request: Request = None,
        task: Task = None,
        horizon: Horizon = None,
        time: Time = None,
        id: Ids = None,
    ) -> Facts:
        """Say which families of models suit a table or time series and what is needed, why, and what one gives up."""
        path = self._sandbox.path(data)
        asked = {"target": target, "request": request, "task": task, "horizon": horizon, "time": time}
        options = task_options_of(path, asked | {"id": tuple(id or ())})
        if isinstance(options, ForecastOptions):
            return bounded(forecaster_facts(path, options))
        return bounded(family_facts(path, options))

    def suggest_setup(
        self,
        field: Annotated[str | None, Field(description="retail, finance or energy.")] = None,
        data: Annotated[
            str | None, Field(description="Time series, whose columns tell the field where none is named.")
        ] = None,
    ) -> Facts:
        """Say how time series of a field are usually forecast: families, other columns, calendar, metric, horizon."""
        return bounded(setup_facts(None if data is None else self._sandbox.path(data), field))

    def draft_recipe(
        self,
        data: Annotated[str | None, Field(description="A table, whose findings the draft answers.")] = None,
        target: Annotated[str | None, Field(description="The column to predict.")] = None,
        request: Annotated[str, Field(description="What is wanted, as 'ratios, and mark what is missing'.")] = "",
    ) -> Facts:
        """Draft how columns are prepared, as the steps of a recipe file, with a reason each; lists known recipes."""
        return bounded(recipe_facts(None if data is None else self._sandbox.path(data), target, request))

    def diagnose(self, folder: FitFolder) -> Facts:
        """Say where the model of a fit is weak, how severe it is, and what helps; takes some seconds."""
        result = load_fit(self._sandbox.path(folder))
        if isinstance(result, ForecastResult):
            return bounded(forecast_diagnosis_facts(result))
        return bounded(diagnosis_facts(result))

    def fit(
        self,
        data: Data,
        target: MaybeTarget = None,
        minutes: Annotated[
            float | None,
            Field(description=f"The time for everything, over all sessions; {DEFAULT_MINUTES:g} by default.", gt=0),
        ] = None,
        trials: Annotated[int | None, Field(description="Maximum number of trained configurations.", gt=0)] = None,
        metric: Annotated[
            str | None, Field(description="What to improve: log_loss for classes and rmse for numbers by default.")
        ] = None,
        folder: Annotated[str | None, Field(description="The study's folder; studies/NAME by default.")] = None,
        families: Annotated[list[str] | None, Field(description="The families to choose from; all by default.")] = None,
        limits: Annotated[
            list[str] | None, Field(description='What the model must keep, as ["model_mb <= 5"].')
        ] = None,
        interpretable: Annotated[
            bool, Field(description="The result must be one model that a person can read.")
        ] = False,
        request: Request = None,
        task: Task = None,
        horizon: Horizon = None,
        time: Time = None,
        id: Ids = None,
        known: Annotated[
            list[str] | None, Field(description="Time series: columns that are known ahead, as prices.")
        ] = None,
        country: Annotated[
            str | None, Field(description="Time series: the country whose holidays matter, as DE or US-CA.")
        ] = None,
    ) -> Facts:
        """Fit models to a table or time series in the background, or go on with an earlier fit, and return at once.

        With the task forecasting, a horizon, or a request such as "forecast sales for the next 28 days", time series
        are forecast.

        Poll `status` until `process` is null and `run` shows that it has ended; then call `leaderboard` and `predict`.
        `stop` keeps the best model so far.
        """
        started, path = monotonic(), self._sandbox.path(data)
        place = self._sandbox.path(folder or Path("studies") / path.name.split(".")[0])
        named: Facts = {"target": target, "request": request, "minutes": minutes, "trials": trials, "metric": metric}
        named |= {"task": task, "horizon": horizon, "time": time, "country": country}
        several = {"id": tuple(id or ()), "known": tuple(known or ())}
        asked = named | several | {"families": tuple(families or ()), "limits": limits, "interpretable": interpretable}
        options = task_options_of(path, asked, folder=place)
        words = ["fit", str(path), f"--folder={place}"]
        words += [f"--{name}={value}" for name, value in named.items() if value is not None]
        words += [f"--{name}={value}" for name, values in several.items() for value in values]
        words += [f"--families={','.join(families)}"] if families else []
        words += [f"--limit={limit}" for limit in limits or ()]
        words += ["--interpretable"] if interpretable else []
        with self._turn:
            # Reads the table, so that what is wrong is told at once, and creates the journal.
            with self._session(path, options, place, started) as session, session.study.recorder.exclusive():
                pass
            self._runs.start(place, words)
        told = {} if options.request is None else {"request": options.request.to_facts()}
        return {"folder": str(place), **told, "run": self._runs.state(place)}

    def _session(
        self, path: Path, options: FitOptions | ForecastOptions, folder: Path, started: float
    ) -> FitSession | ForecastSession:
        if isinstance(options, ForecastOptions):
            return ForecastSession(path, options, folder, started=started)
        return FitSession(path, options, folder, started=started)

    def predict(
        self,
        folder: FitFolder,
        data: Annotated[
            str | None,
            Field(description="The rows to predict; time series up to now, by default those of the fit."),
        ] = None,
        to: Annotated[str, Field(description="The file for the predictions, .csv or .parquet.")] = "predictions.csv",
        probabilities: Annotated[bool, Field(description="Also the probability of each class.")] = False,
        keep: Annotated[list[str] | None, Field(description="Columns of the table to keep, such as an id.")] = None,
        trial: Annotated[int | None, Field(description="Use the models of one trial alone.", ge=0)] = None,
        horizon: Annotated[
            int | None, Field(description="Time series: the number of steps; that of the fit by default.", ge=1)
        ] = None,
    ) -> Facts:
        """Predict the rows of a table, or forecast time series after their ends, into a file.

        Returns its path, the first rows, and what differs from training.
        """
        place, target = self._sandbox.path(folder), self._sandbox.path(to)
        path = None if data is None else self._sandbox.path(data)
        result = load_fit(place, trial=trial)
        made: Written
        if isinstance(result, ForecastResult):
            made = Forecasts(result=result, data=path, horizon=horizon)
        elif path is None:
            raise InputError("the rows to predict must be given as data.")
        else:
            made = Predictions(result=result, data=path, proba=probabilities, keep=keep or ())
        rows = made.save(target)
        first = read_frame(target).head(_PREVIEW_ROWS).to_dict("records")
        return bounded({"predictions": str(target), "rows": rows, "first": first, "remarks": made.remarks})

    def leaderboard(self, folder: FitFolder) -> Facts:
        """Return the model of a fit, its score on rows that it was not trained on, and every trained configuration."""
        result = load_fit(self._sandbox.path(folder))
        return bounded(forecast_facts(result) if isinstance(result, ForecastResult) else fit_facts(result))
