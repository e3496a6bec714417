"""A language model's look at a table while models are trained: one question in the background, findings at the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..agents.roles.analyst import Analyst
from ..agents.roles.model import Model
from ..data.analysis import Analysis
from ..data.analysis.analyst import examine
from ..data.findings import Finding
from ..data.limits import Limits
from ..data.problem import Problem
from ..data.read import read_table

_MOST_BYTES = 1e8  # Of a file: parts of it are enough for the figures of a suspicion.
_LOGGER = logging.getLogger(__name__)


@dataclass(kw_only=True)
class SecondLook:
    """What a language model suspects and remarks about the table of a fit, measured and only told.

    Args:
        data: The table, as the user gave it.
        problems: What is predicted.
        folder: The table's folder, with its analysis.
        exclude: Columns that no model sees.
        seed: The seed of samples and of small models.
    """

    data: Any
    problems: Sequence[Problem]
    folder: Path
    exclude: Sequence[str] = ()
    seed: int = 0
    _found: list[Finding] = field(default_factory=list, init=False)

    def ask(self, model: Model, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Ask the model and measure what it suspects.

        Args:
            model: The language model.
            should_stop: Says whether the fit is to end.

        Raises:
            ModelUnavailable: No model answered.
        """
        if (analysis := Analysis.load(self.folder)) is None:
            return
        analyst = Analyst(model)
        suspicions, remarks = analyst.suspect(analysis)
        for refusal in analyst.refused:
            _LOGGER.info("the analyst's suspicion is not followed: %s", refusal)
        self._found += remarks
        raw = read_table(self.data, Limits(memory_bytes=_MOST_BYTES)) if suspicions and not should_stop() else None
        for suspicion in suspicions:
            if raw is not None and not should_stop():
                self._found += examine(raw, self.problems, [suspicion], exclude=self.exclude, seed=self.seed)

    def save(self) -> None:
        """Add what was found to the analysis of the table."""
        if self._found and (analysis := Analysis.load(self.folder)) is not None:
            analysis.with_findings(self._found).save(self.folder)
