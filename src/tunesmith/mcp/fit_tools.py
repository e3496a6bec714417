"""The tools for tables: models are fitted in the background, and predict here."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..data.analysis import analyse
from ..data.read import read_frame
from ..fitting.asked import options_of
from ..fitting.options import DEFAULT_MINUTES
from ..fitting.prediction import Predictions
from ..fitting.result import FitResult
from ..fitting.session import FitSession
from ..service.background_runs import BackgroundRuns
from ..service.fit_facts import fit_facts
from ..service.sandbox import Sandbox
from ..service.table_advice import diagnosis_facts, family_facts, recipe_facts
from .bounds import bounded

Facts = dict[str, Any]

Data = Annotated[str, Field(description="A CSV or Parquet file; a relative path starts at the server's root.")]
FitFolder = Annotated[str, Field(description="The folder of a fit: `folder` in the answer of `fit`.")]
MaybeTarget = Annotated[str | None, Field(description="The column to predict; not needed if the request names it.")]
Request = Annotated[
    str | None, Field(description='What is wanted, in plain words, as "predict churn, must be explainable".')
]
_PREVIEW_ROWS = 10


class FitTools:
    """The tools for tables.

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
    ) -> Facts:
        """Look at a table: what its columns are, what is wrong with it and what to do, and how to split its rows."""
        path = self._sandbox.path(data)
        return bounded(analyse(path, () if target is None else target).to_table())

    def suggest_families(
        self,
        data: Data,
        target: MaybeTarget = None,
        request: Request = None,
    ) -> Facts:
        """Say which families of models suit a table and what is needed of the model, why, and what one gives up."""
        return bounded(family_facts(self._sandbox.path(data), target, request))

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
        return bounded(diagnosis_facts(self._sandbox.path(folder)))

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
    ) -> Facts:
        """Fit models to a table in the background, or go on with an earlier fit, and return at once.

        Poll `status` until `process` is null and `run` shows that it has ended; then call `leaderboard` and `predict`.
        `stop` keeps the best model so far.
        """
        started, path = time.monotonic(), self._sandbox.path(data)
        place = self._sandbox.path(folder or Path("studies") / path.name.split(".")[0])
        asked: Facts = {"target": target, "request": request, "minutes": minutes, "trials": trials, "metric": metric}
        asked |= {"families": tuple(families or ()), "limits": limits, "interpretable": interpretable}
        options = options_of(path, asked, folder=place)
        words = ["fit", str(path), f"--folder={place}"]
        named = {"target": target, "request": request, "minutes": minutes, "trials": trials, "metric": metric}
        words += [f"--{name}={value}" for name, value in named.items() if value is not None]
        words += [f"--families={','.join(families)}"] if families else []
        words += [f"--limit={limit}" for limit in limits or ()]
        words += ["--interpretable"] if interpretable else []
        with self._turn:
            # Reads the table, so that what is wrong is told at once, and creates the journal.
            with FitSession(path, options, place, started=started) as session, session.study.recorder.exclusive():
                pass
            self._runs.start(place, words)
        told = {} if options.request is None else {"request": options.request.to_facts()}
        return {"folder": str(place), **told, "run": self._runs.state(place)}

    def predict(
        self,
        folder: FitFolder,
        data: Data,
        to: Annotated[str, Field(description="The file for the predictions, .csv or .parquet.")] = "predictions.csv",
        probabilities: Annotated[bool, Field(description="Also the probability of each class.")] = False,
        keep: Annotated[list[str] | None, Field(description="Columns of the table to keep, such as an id.")] = None,
        trial: Annotated[int | None, Field(description="Use the models of one trial alone.", ge=0)] = None,
    ) -> Facts:
        """Predict the rows of a table into a file. Returns its path, the first rows, and what differs from training."""
        place, path, target = (self._sandbox.path(name) for name in (folder, data, to))
        made = Predictions(result=FitResult.load(place, trial=trial), data=path, proba=probabilities, keep=keep or ())
        rows = made.save(target)
        first = read_frame(target).head(_PREVIEW_ROWS).to_dict("records")
        return bounded({"predictions": str(target), "rows": rows, "first": first, "remarks": made.remarks})

    def leaderboard(self, folder: FitFolder) -> Facts:
        """Return the model of a fit, its score on rows that it was not trained on, and every trained configuration."""
        return bounded(fit_facts(FitResult.load(self._sandbox.path(folder))))
