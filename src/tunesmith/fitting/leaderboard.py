"""The trained models of a fit, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.trial import State
from ..diagnosis.leaderboard import Estimate, trial_rows
from ..ensembles.ensemble import Ensemble
from ..errors import InputError
from ..study.study import Study
from .assess import fitted_of
from .whole import measured_costs

if TYPE_CHECKING:
    import pandas as pd


def leaderboard(study: Study, ensemble: Ensemble) -> pd.DataFrame:
    """Return one row for each complete trial, the best first.

    Args:
        study: The study of a fit.
        ensemble: The combination of its models.

    Returns:
        The columns `trial`, `family`, `recipe`, one for each metric of the trials, `low` and `high` (the 95 % interval
        of the first metric, from its spread over rows; NaN where unknown, as for all but the best trials), `seconds`,
        `feasible` (whether the limits hold) and `weight` (0 for a model that is not in the ensemble). Size and
        prediction time are those of the models of all folds, or of the model of all rows if that is in the ensemble.
    """
    import pandas as pd

    metric = study.objective.primary
    whole = {member.trial for member in ensemble.members if member.whole}
    complete = [
        (trial, {**trial.metrics, **((measured_costs(trial) or {}) if trial.number in whole else {})})
        for trial in study.trials
        if trial.state is State.COMPLETE
    ]
    complete.sort(key=lambda pair: (bool(study.objective.violation(pair[1])), metric.sign * pair[1][metric.name]))
    intervals, weights = _intervals(study, ensemble), ensemble.combination.weights
    unknown = Estimate(value=float("nan"))
    frame = pd.DataFrame(
        [
            {
                "trial": trial.number,
                "family": trial.parameters["family"],
                "recipe": trial.parameters.get("recipe"),
                **metrics,
                "low": intervals.get(trial.number, unknown).low,
                "high": intervals.get(trial.number, unknown).high,
                "seconds": trial.seconds,
                "feasible": not study.objective.violation(metrics),
                "weight": weights.get(trial.number, 0.0),
            }
            for trial, metrics in complete
        ]
    )
    return frame if frame.empty else frame.astype({"low": float, "high": float})


def _intervals(study: Study, ensemble: Ensemble) -> dict[int, Estimate]:
    """Return the first metric of trials with its interval, of those whose predictions are kept."""
    try:
        rows = trial_rows(fitted_of(study, ensemble.combination), {})
    except InputError:
        return {}
    return {row.trial: row.score for row in rows if row.trial is not None}
