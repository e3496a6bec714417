"""The analyst: looks at a table, and with a language model also says what names and findings mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from ...data.analysis import Analysis, analyse
from ...data.analysis.analyst import examine
from ...data.analysis.digest import digest
from ...data.analysis.suspicions import Suspicion
from ...data.findings import Finding
from ...data.problem import Problem
from ...errors import ModelUnavailable
from ...text.cleaning import short
from .model import Model, ask, unanswered

_ROLE = "analyst"
_BY = "the language model"
_MOST_SUSPICIONS = 5
_MOST_REMARKS = 5


class SuspectedColumn(BaseModel):
    """What a column is likely to be, by its name and what was found."""

    kind: Literal["group", "time", "leak", "identifier"] = Field(description="what it is taken for")
    column: str = Field(description="its name")
    reason: str = Field(description="why, in one sentence")


class AnalystAnswer(BaseModel):
    """The analyst's answer."""

    suspicions: list[SuspectedColumn] = Field(default_factory=list, max_length=_MOST_SUSPICIONS)
    remarks: list[str] = Field(
        default_factory=list, max_length=_MOST_REMARKS, description="what else matters, a sentence each"
    )


class Analyst:
    """Looks at a table before anything is trained; by rules, where there is no language model.

    What a language model says is a finding more, and never acted upon: a group, a time, a leak or a key that it
    suspects is measured, and the finding says whether figures support it. Column names come with the data, so anybody
    may write them; and a fit must not depend on whether a model was asked.

    Args:
        model: The language model; None for rules alone.

    Attributes:
        refused: What the last answer of the language model said that is not followed, and why.
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model
        self.refused: tuple[str, ...] = ()

    def analyse(
        self,
        data: Any,
        target: str | Problem | Sequence[str | Problem] = (),
        *,
        test: Any = None,
        exclude: Sequence[str] = (),
        seed: int = 0,
    ) -> Analysis:
        """Return what was noticed about a table; see `tunesmith.data.analysis.analyse`.

        Args:
            data: A path, or a frame of any library.
            target: The column or columns to predict.
            test: A table that predictions are wanted for.
            exclude: Columns that are not used.
            seed: The seed of the samples and models.

        Raises:
            InputError: A table cannot be read, or a target cannot be predicted.
        """
        analysis = analyse(data, target, test=test, exclude=exclude, seed=seed)
        self.refused = ()
        if self.model is None:
            return analysis
        try:
            suspicions, remarks = self.suspect(analysis)
        except ModelUnavailable as error:
            self.refused = (unanswered(error),)
            return analysis
        found = examine(data, target, suspicions, exclude=exclude, seed=seed) if suspicions else ()
        return analysis.with_findings([*found, *remarks])

    def suspect(self, analysis: Analysis) -> tuple[list[Suspicion], list[Finding]]:
        """Return what the language model suspects of columns, to be measured, and its remarks; nothing without a model.

        Args:
            analysis: What rules have found.

        Raises:
            ModelUnavailable: No model answered.
        """
        self.refused = ()
        if self.model is None:
            return [], []
        answer = ask(self.model, _ROLE, json.dumps({"table": digest(analysis)}, ensure_ascii=False), AnalystAnswer)
        suspicions = [suspicion for one in answer.suspicions if (suspicion := self._suspicion(analysis, one))]
        return list({(one.kind, one.column): one for one in suspicions}.values()), list(map(_remark, answer.remarks))

    def _suspicion(self, analysis: Analysis, suspected: SuspectedColumn) -> Suspicion | None:
        """Return a suspicion that can be measured; None, with the reason in `refused`, for any other."""
        name = next((facts.name for facts in analysis.columns if short(facts.name, 40) == suspected.column), None)
        why = ""
        if name is None:
            why = f"the table has no column '{short(suspected.column, 60)}'"
        elif not analysis.targets:
            why = f"without a target nothing about '{short(name, 60)}' can be measured"
        elif any(name in finding.columns for finding in analysis.of_kind(suspected.kind)):
            why = f"the rules have found '{short(name, 60)}' to be that"
        if why or name is None:
            self.refused += (f"{why}: {suspected.kind}, {short(suspected.reason, 200)}",)
            return None
        return Suspicion(kind=suspected.kind, column=name, reason=suspected.reason, by=_BY)


def _remark(words: str) -> Finding:
    return Finding(kind="remark", severity="info", text=f"The language model remarks: {short(words, 300)}")
