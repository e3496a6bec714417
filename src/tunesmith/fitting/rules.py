"""Which trials may be combined, and how many of them, so that a fit's limits hold for the result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from ..core.trial import State, Trial
from ..study.study import Study
from .files import KeptOptions

PREDICTION_TIME = "predict_ms_per_1000_rows"
ADDED_UP = ("model_mb", PREDICTION_TIME)
"""What an ensemble of models of a table costs is the sum of what its members cost."""
ADDED_UP_OF_FORECASTS = ("model_mb", "forecast_seconds")
"""The same for forecasting models."""


@dataclass(frozen=True, kw_only=True)
class EnsembleRules:
    """The rules of an ensemble of the models of all folds.

    Args:
        study: The study of a fit.
        interpretable: Whether the result must be one model.
        added_up: The metrics that cost an ensemble the sum of what they cost its members.
    """

    study: Study
    interpretable: bool = False
    added_up: Sequence[str] = ADDED_UP

    @classmethod
    def of(cls, study: Study, *, added_up: Sequence[str] = ADDED_UP) -> Self:
        """Return the rules of the study in a folder."""
        kept = None if study.folder is None else KeptOptions.load(study.folder)
        return cls(study=study, interpretable=kept is not None and kept.interpretable, added_up=added_up)

    def metrics(self, trial: Trial) -> Mapping[str, float]:
        """Return a trial's metrics; among them is what its models cost in the ensemble."""
        return trial.metrics

    @property
    def complete(self) -> Sequence[Trial]:
        """The trials that have models."""
        return [trial for trial in self.study.trials if trial.state is State.COMPLETE]

    @cached_property
    def feasible(self) -> Sequence[Trial]:
        """The complete trials that keep all limits."""
        return [trial for trial in self.complete if not self._violation(trial)]

    @property
    def candidates(self) -> Sequence[Trial]:
        """The complete trials that keep all limits; if none does, the one that comes nearest."""
        return self.feasible or sorted(self.complete, key=self._violation)[:1]

    @property
    def costs(self) -> dict[int, float]:
        """The prediction time of each candidate, by which one is left out that adds little."""
        return {trial.number: max(self.metrics(trial).get(PREDICTION_TIME, 1.0), 1e-3) for trial in self.candidates}

    def allow(self, members: Collection[int]) -> bool:
        """Return whether some trials may be combined."""
        if self.interpretable and len(members) > 1:
            return False
        metrics = [self.metrics(self.study.trials[number]) for number in members]
        totals = {name: sum(one.get(name, 0.0) for one in metrics) for name in self.added_up}
        limits = [limit for limit in self.study.objective.constraints if limit.metric in totals]
        return not any(limit.violation(totals) for limit in limits)

    def allow_in_export(self, members: Collection[int]) -> bool:
        """Return whether some trials may be combined anew for an export: they keep all limits, unless none does."""
        numbers = {trial.number for trial in self.feasible}
        return not numbers or (numbers.issuperset(members) and self.allow(members))

    def _violation(self, trial: Trial) -> float:
        return self.study.objective.violation(self.metrics(trial))
