"""The analyst of time series: which patterns they have, and with a language model also what names and dates mean."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from ...data.findings import Finding, by_severity
from ...errors import ModelUnavailable
from ...series.analysis import SeriesAnalysis, analyse_series
from ...series.digest import series_digest
from ...series.panel import Panel
from ...series.suspicions import SeriesSuspicion, examine_series, suspicion_fault
from ...text.cleaning import short
from .model import Model, ask, unanswered

_ROLE = "series_analyst"
_BY = "the language model"
_MOST_SUSPICIONS = 5
_MOST_REMARKS = 5
_MOST_STEPS = 10_000


class SuspectedPattern(BaseModel):
    """A pattern that time series are likely to have, by what they are."""

    kind: Literal["season", "change", "known_ahead"] = Field(description="what it is")
    steps: int = Field(default=0, description="the length of a season, in steps")
    time: str = Field(default="", description="when the level has changed, as 2020-03-15")
    column: str = Field(default="", description="the column that is known ahead")
    reason: str = Field(description="why, in one sentence")


class SeriesAnalystAnswer(BaseModel):
    """The analyst's answer."""

    suspicions: list[SuspectedPattern] = Field(default_factory=list, max_length=_MOST_SUSPICIONS)
    remarks: list[str] = Field(
        default_factory=list, max_length=_MOST_REMARKS, description="what else matters, a sentence each"
    )


class SeriesAnalyst:
    """Looks at time series before anything is trained; by rules, where there is no language model.

    What a language model says is a finding more, and never acted upon: a season or a change of the level that it
    suspects is measured, and the finding says whether figures support it.

    Args:
        model: The language model; None for rules alone.

    Attributes:
        refused: What the last answer of the language model said that is not followed, and why.

    >>> from tunesmith.series.read import read_series
    >>> panel = read_series({"month": [f"2020-{month:02}" for month in range(1, 13)], "sales": list(range(12))})
    >>> SeriesAnalyst().analyse(panel, horizon=3).traits.trend > 0.9
    True
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model
        self.refused: tuple[str, ...] = ()

    def analyse(self, panel: Panel, horizon: int) -> SeriesAnalysis:
        """Return what was noticed about time series: seasons, trend, stationarity, zeros, jumps, and what is wrong.

        Args:
            panel: The series, as `tunesmith.series.read.read_series` returns them.
            horizon: The steps to forecast.
        """
        analysis = analyse_series(panel, horizon)
        self.refused = ()
        if self.model is None:
            return analysis
        try:
            suspicions, remarks = self.suspect(panel, horizon, analysis)
        except ModelUnavailable as error:
            self.refused = (unanswered(error),)
            return analysis
        findings = [*analysis.findings, *examine_series(panel, suspicions), *remarks]
        return replace(analysis, findings=by_severity(findings))

    def suspect(
        self, panel: Panel, horizon: int, analysis: SeriesAnalysis | None = None
    ) -> tuple[list[SeriesSuspicion], list[Finding]]:
        """Return what the language model suspects, to be measured, and its remarks; nothing without a model.

        Args:
            panel: The series.
            horizon: The steps to forecast.
            analysis: What rules have found.

        Raises:
            ModelUnavailable: No model answered.
        """
        self.refused = ()
        if self.model is None:
            return [], []
        question = json.dumps({"series": series_digest(panel, horizon, analysis)}, ensure_ascii=False)
        answer = ask(self.model, _ROLE, question, SeriesAnalystAnswer)
        found = [suspicion for one in answer.suspicions if (suspicion := self._suspicion(panel, one))]
        distinct = {(one.kind, one.steps, one.time, one.column): one for one in found}
        return list(distinct.values()), list(map(_remark, answer.remarks))

    def _suspicion(self, panel: Panel, suspected: SuspectedPattern) -> SeriesSuspicion | None:
        """Return a suspicion that can be measured; None, with the reason in `refused`, for any other."""
        names = {short(name, 40): name for name in panel.covariates}
        suspicion = SeriesSuspicion(
            kind=suspected.kind,
            steps=min(max(suspected.steps, 0), _MOST_STEPS + 1),
            time=suspected.time[:40],
            column=names.get(suspected.column, short(suspected.column, 60)),
            reason=suspected.reason,
            by=_BY,
        )
        if why := suspicion_fault(panel, suspicion):
            self.refused += (f"{why}: {suspected.kind}, {short(suspected.reason, 200)}",)
            return None
        return suspicion


def _remark(words: str) -> Finding:
    return Finding(kind="remark", severity="info", text=f"The language model remarks: {short(words, 300)}")
