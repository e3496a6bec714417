"""The trained models of a fit, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.trial import State
from ..ensembles.ensemble import Ensemble
from ..study.study import Study

if TYPE_CHECKING:
    import pandas as pd


def leaderboard(study: Study, ensemble: Ensemble | None = None) -> pd.DataFrame:
    """Return one row for each complete trial, the best first.

    Args:
        study: The study of a fit.
        ensemble: The combination of its models, for their weights; None before there is one.

    Returns:
        The columns `trial`, `family`, `recipe`, one for each metric of the trials, `seconds`, `feasible` (whether the
        limits hold) and `weight` (0 for a model that is not in the ensemble).
    """
    import pandas as pd

    weights = {} if ensemble is None else {member.trial: member.weight for member in ensemble.members}
    metric = study.objective.primary
    complete = [trial for trial in study.trials if trial.state is State.COMPLETE]
    complete.sort(key=lambda t: (bool(study.objective.violation(t.metrics)), metric.sign * t.metrics[metric.name]))
    return pd.DataFrame(
        [
            {
                "trial": trial.number,
                "family": trial.parameters["family"],
                "recipe": trial.parameters.get("recipe"),
                **trial.metrics,
                "seconds": trial.seconds,
                "feasible": not study.objective.violation(trial.metrics),
                "weight": weights.get(trial.number, 0.0),
            }
            for trial in complete
        ]
    )
