"""The trained models of a fit, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.trial import State
from ..diagnosis.leaderboard import Estimate, estimate, stratified_blocks
from ..ensembles.ensemble import Ensemble
from ..errors import InputError
from ..study.study import Study
from .assess import fitted_of

if TYPE_CHECKING:
    import pandas as pd


def leaderboard(study: Study, ensemble: Ensemble | None = None) -> pd.DataFrame:
    """Return one row for each complete trial, the best first.

    Args:
        study: The study of a fit.
        ensemble: The combination of its models, for their weights; None before there is one.

    Returns:
        The columns `trial`, `family`, `recipe`, one for each metric of the trials, `low` and `high` (the 95 % interval
        of the first metric, from its spread over rows; NaN where unknown), `seconds`, `feasible` (whether the limits
        hold) and `weight` (0 for a model that is not in the ensemble).
    """
    import pandas as pd

    weights = {} if ensemble is None else {member.trial: member.weight for member in ensemble.members}
    metric = study.objective.primary
    complete = [trial for trial in study.trials if trial.state is State.COMPLETE]
    complete.sort(key=lambda t: (bool(study.objective.violation(t.metrics)), metric.sign * t.metrics[metric.name]))
    scores = _scores(study, ensemble)
    frame = pd.DataFrame(
        [
            {
                "trial": trial.number,
                "family": trial.parameters["family"],
                "recipe": trial.parameters.get("recipe"),
                **trial.metrics,
                "low": scores[trial.number].low,
                "high": scores[trial.number].high,
                "seconds": trial.seconds,
                "feasible": not study.objective.violation(trial.metrics),
                "weight": weights.get(trial.number, 0.0),
            }
            for trial in complete
        ]
    )
    return frame if frame.empty else frame.astype({"low": float, "high": float})


def _scores(study: Study, ensemble: Ensemble | None) -> dict[int, Estimate]:
    """Return the first metric of each trial with its interval; without one where predictions are gone."""
    unknown = {trial.number: Estimate(value=float("nan")) for trial in study.trials}
    if ensemble is None:
        return unknown
    try:
        fitted = fitted_of(study, ensemble.combination)
    except InputError:
        return unknown
    blocks = stratified_blocks(fitted.target[:, 0])
    return unknown | {number: estimate(fitted, predicted, blocks) for number, predicted in fitted.out_of_fold.items()}
