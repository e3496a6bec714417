"""A session of `fit` for time series: the series, the study over them, and the combination of its models."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ...core.machine_faults import writing
from ...core.objective import Metric, Objective
from ...core.trial import Proposal, State
from ...forecasters.base import BASELINE, Forecaster
from ...journal.events import ModelCalled
from ...series.panel import Panel
from ...series.scores import SCORES, forecast_score
from ...study.study import Study
from ...tasks.forecast import ForecastTask
from ..agreed import agreed_families, named_limits
from ..ordered_study import RESERVED_SECONDS, run_first, seconds_before, study_options
from .combine import combine_forecasts
from .families import forecast_space, forecasters
from .options import COSTS, ForecastOptions
from .prepare import PANEL_FOLDER, checked_horizon, default_windows, prepare_series
from .report import write_forecasts_quickly
from .result import ForecastResult
from .second_look import SecondLookAtSeries
from .selection import about_series, asked_forecasters, planned_forecasts
from .series_tools import SeriesTools
from .workflow import write_forecast_workflow

_SAVING_SECONDS = 0.5  # For a trial that has trained until its end.
_FIRST_PROPOSAL = Proposal(
    parameters={"family": BASELINE, f"{BASELINE}.season": 1}, proposer="baseline", reason="repeats the last season"
)


class ForecastSession:
    """Series that are ready to be forecast, in a folder where an earlier session may have begun. A context manager.

    Args:
        data: The series, as `prepare_series` takes them.
        options: What the user asks for.
        folder: The study's folder.
        started: When the time began to run, by `time.monotonic`.

    Attributes:
        panel: The series.
        families: The families to choose from, by name.
        study: The study over them.

    Raises:
        InputError: The data or an option is wrong, or the folder holds another study.
    """

    def __init__(self, data: Any, options: ForecastOptions, folder: Path, *, started: float) -> None:
        self.options, self.folder, self._data = options, folder, data
        with writing(folder):
            self.panel: Panel = prepare_series(data, options.series, folder / PANEL_FOLDER)
        self.score = forecast_score(options.metric)
        self.limits = named_limits(
            options.limits, costs=COSTS, scores=[*SCORES], name=lambda name: forecast_score(name).name
        )
        horizon = checked_horizon(self.panel, options.series.horizon)
        windows = options.series.windows or default_windows(self.panel)
        series = options.series
        allowed = asked_forecasters(self.panel, horizon, windows, options)
        allowed = allowed if BASELINE in allowed else [BASELINE, *allowed]
        names = agreed_families(folder, options, allowed, data=data, test=series.test, ids=series.ids)
        self.families: dict[str, Forecaster] = forecasters(self.panel, horizon, names)
        self.task = ForecastTask(
            panel=PANEL_FOLDER,
            folder=str(folder),
            horizon=horizon,
            windows=windows,
            stride=options.series.stride,
            metric=self.score.name,
            families=list(self.families),
            also=[limit.metric for limit in self.limits if limit.metric not in (*COSTS, self.score.name)],
            ends=started + options.minutes * 60 - RESERVED_SECONDS - _SAVING_SECONDS - seconds_before(folder),
        )
        self.study = Study(
            task=self.task,
            **study_options(
                options,
                space=forecast_space(self.families),
                objective=Objective((Metric(self.score.name, "minimize"),), tuple(self.limits)),
                folder=folder,
                planned=planned_forecasts(self.families, self.panel, horizon, windows, options),
                started=started,
            ),
        )
        if self.study.adviser is not None:
            self.study.adviser.about = about_series(self.panel, horizon, self.families, options.request)
            self.study.adviser.more_tools = lambda results: SeriesTools(self.study, results).tools
        self._second_look = self._prepared_look(horizon)

    def _prepared_look(self, horizon: int) -> SecondLookAtSeries | None:
        """Return a language model's look at the series, to be asked when a new study begins; None without one."""
        adviser = self.study.adviser
        if adviser is None or self.study.history.trials:
            return None
        look = SecondLookAtSeries(panel=self.panel, horizon=horizon, folder=self.folder / PANEL_FOLDER)
        adviser.first_question = lambda model: look.ask(model, adviser.gateway.should_cancel)
        return look

    def run(self, *, progress: bool = True) -> ForecastResult:
        """Run trials until the time is up, and combine the best; also of those before an interruption.

        Args:
            progress: Whether to draw the progress, on a terminal or in a notebook.

        Raises:
            StudyFailed: Nothing worked; the message shows why.
            KeyboardInterrupt: It was interrupted. The combination of what was trained is saved.
        """
        self.study.recorder.hold()
        self.study.recorder.emit(*(ModelCalled(call=call) for call in self.options.calls))
        try:
            if not self.study.history.trials:
                run_first(self.study, self.task, _FIRST_PROPOSAL)
            self.study.run(progress=progress)
        finally:
            if self.study.history.counts[State.COMPLETE]:
                combine_forecasts(self.study, self.task)
        looked = self._second_look is not None and self._second_look.save()
        result = ForecastResult.load(self.folder)
        write_forecast_workflow(self.study, result.ensemble)
        write_forecasts_quickly(result.study if looked else self.study, result.ensemble)
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.study.close()
