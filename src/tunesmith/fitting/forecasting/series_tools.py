"""The tools with which a language model that advises a fit looks at its time series, families and forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...agents.family_selection import Needs, Wish
from ...agents.tool_results import Tool, ToolResults
from ...errors import InputError, nearest
from ...series.panel import Panel
from ...series.traits import SeriesTraits
from ...study.study import Study
from ...tasks.forecast import ForecastTask
from ...text.cleaning import short
from .advice import diagnosed_forecasts, suggested_forecasters, suggested_setup, temporal_patterns
from .combine import chosen_forecasts
from .report import assess

_LONGEST_NAME = 80
_MOST_VALUES = 12  # Of the end of one series.


class SeriesTools:
    """The tools for one question: each method without an underscore is one. They look and train nothing.

    They tell what the MCP tools of the same names do. Each result is short, as those of `tunesmith.agents.tools`.

    Args:
        study: The study of a fit of time series.
        results: Where results are collected.
    """

    def __init__(self, study: Study, results: ToolResults) -> None:
        self._study, self._results = study, results

    @property
    def tools(self) -> list[Tool]:
        """All tools."""
        return [self.analyse, self.suggest_families, self.suggest_setup, self.diagnose]

    def analyse(self, series: str | None = None) -> str:
        """Say which patterns the series have: seasons, trend, stationarity, zeros, jumps; and what is wrong with them.

        Args:
            series: The name of one series; all of them by default.
        """
        panel, horizon = self._panel, self._task.horizon
        if series is None:
            facts = temporal_patterns(panel, horizon)
            return self._results.add(lambda limit: {**facts, "findings": facts["findings"][:limit]})
        names = {short(name, _LONGEST_NAME): index for index, name in enumerate(panel.names)}
        if series not in names:
            raise InputError(f"there is no series '{short(series, _LONGEST_NAME)}'.{nearest(series, names)}")
        index = names[series]
        history = np.asarray(panel.history(index), dtype=np.float64)
        traits = SeriesTraits.of(history, panel.seasons).to_table() if len(history) > 1 else {}
        last = [float(f"{value:.4g}") for value in history[-_MOST_VALUES:]]
        return self._results.add(lambda limit: {"series": series, "traits": traits, "last_values": last[-limit:]})

    def suggest_families(
        self,
        interpretable: bool = False,
        small: bool = False,
        fast: bool = False,
        quick: bool = False,
        seconds: float | None = None,
    ) -> str:
        """Say which families of models suit the series and some needs, what each is good for, and what one gives up.

        Args:
            interpretable: A person must be able to read the model.
            small: It must be small on disk.
            fast: It must be fast to forecast.
            quick: It must be quick to train.
            seconds: The most processor seconds for one trial.
        """
        named: list[tuple[Wish, bool]] = [("small", small), ("fast", fast), ("quick", quick)]
        wishes = tuple(wish for wish, wanted in named if wanted)
        needs = Needs(interpretable=interpretable, wishes=wishes, seconds=seconds)
        facts = suggested_forecasters(self._panel, self._task.horizon, needs, windows=self._task.windows)
        tried = {str(name) for name in getattr(self._study.space.parameters["family"], "options", ())}
        rows = [{**row, "in_this_search": row["family"] in tried} for row in facts["families"]]
        rows.sort(key=lambda row: not row["in_this_search"])  # Only these can be proposed, and not all rows may fit.
        return self._results.add(lambda limit: {"series": len(self._panel), "families": rows[:limit]})

    def suggest_setup(self, field: str | None = None) -> str:
        """Say how series of a field are usually forecast: families, other columns, calendar, metric, horizon.

        Args:
            field: retail, finance or energy; told by the names of the columns by default.
        """
        facts: dict[str, Any] = suggested_setup(self._panel, field)
        return self._results.add(lambda limit: facts)

    def diagnose(self) -> str:
        """Say where the best combination of models so far is weak, how severe it is, and what helps."""
        facts = diagnosed_forecasts(assess(self._study, *chosen_forecasts(self._study, self._task)))
        return self._results.add(lambda limit: {"diagnoses": facts["diagnoses"][:limit]})

    @property
    def _task(self) -> ForecastTask:
        task = self._study.task
        assert isinstance(task, ForecastTask)
        return task

    @property
    def _panel(self) -> Panel:
        return self._task.loaded
