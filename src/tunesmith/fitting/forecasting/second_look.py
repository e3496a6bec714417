"""A language model's look at time series while models are trained: one question, whose answer is told at the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...agents.roles.model import Model
from ...agents.roles.series_analyst import SeriesAnalyst
from ...data.findings import Finding
from ...series.panel import Panel
from ...series.suspicions import examine_series

_LOGGER = logging.getLogger(__name__)


@dataclass(kw_only=True)
class SecondLookAtSeries:
    """What a language model suspects and remarks about the series of a fit, measured and only told.

    Args:
        panel: The series.
        horizon: The steps to forecast.
        folder: The folder of the series.
    """

    panel: Panel
    horizon: int
    folder: Path
    _found: list[Finding] = field(default_factory=list, init=False)

    def ask(self, model: Model, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Ask the model and measure what it suspects.

        Args:
            model: The language model.
            should_stop: Says whether the fit is to end.

        Raises:
            ModelUnavailable: No model answered.
        """
        analyst = SeriesAnalyst(model)
        suspicions, remarks = analyst.suspect(self.panel, self.horizon)
        for refusal in analyst.refused:
            _LOGGER.info("the analyst's suspicion is not followed: %s", refusal)
        self._found += remarks
        for suspicion in suspicions:
            if not should_stop():
                self._found += examine_series(self.panel, [suspicion])

    def save(self) -> bool:
        """Add what was found to the findings of the series; return whether there was anything."""
        if self._found:
            Panel.add_findings(self.folder, self._found)
        return bool(self._found)
