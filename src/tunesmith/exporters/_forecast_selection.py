"""The best combination of the forecasting models that can be exported."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from ..ensembles.forecast_combination import ForecastCombination
from ..ensembles.forecast_ensemble import ForecastEnsemble, ForecastMember
from ..errors import InputError
from ..series.scores import forecast_score
from ..text import wording
from .base import ForecastSource

_MOST_SUBSTITUTES = 5


def exportable_forecasts(
    source: ForecastSource, refusal: Callable[[ForecastMember], str | None], *, form: str, by_series: bool
) -> tuple[ForecastEnsemble, Sequence[str]]:
    """Return the ensemble, or what comes closest of what can be exported, and sentences about it.

    Where a member cannot be exported, the others and the best other trials are combined anew on the backtest.

    Args:
        source: The models.
        refusal: Returns why a member cannot be exported; None if it can.
        form: What it is exported as.
        by_series: Whether series may have weights of their own.

    Raises:
        InputError: Nothing can be exported.
    """
    ensemble = source.ensemble
    reasons = {trial: refusal(member) for trial, member in ensemble.members.items()}
    refused = {trial: reason for trial, reason in reasons.items() if reason is not None}
    told = "; ".join(f"{ensemble.members[trial].family} (trial {trial}): {why}" for trial, why in refused.items())
    if not refused:
        if ensemble.combination.by_series is None or by_series:
            return ensemble, []
        chosen = _combined(source, ensemble.members, by_series=False)
        note = f"The weights of the models are the same for all series: {_scores(chosen, ensemble)}."
        return chosen, [note]
    families = {ensemble.members[trial].family for trial in refused}
    members = {trial: member for trial, member in ensemble.members.items() if trial not in refused}
    members |= _substitutes(source, families, refusal)
    if not members:
        raise InputError(f"at least one model must be exportable, but none is ({told}).")
    chosen = _combined(source, members, by_series=by_series)
    note = (
        f"Without {wording.count(len(refused), 'model')} that {form} cannot express ({told}). "
        f"{wording.count(len(chosen.members), 'other model')} combined anew: {_scores(chosen, ensemble)}."
    )
    return chosen, [note]


def _scores(chosen: ForecastEnsemble, before: ForecastEnsemble) -> str:
    return f"{chosen.metric} {wording.number(chosen.score)} instead of {wording.number(before.score)}"


def _combined(source: ForecastSource, members: Mapping[int, ForecastMember], *, by_series: bool) -> ForecastEnsemble:
    """Return the best combination of some models."""
    ensemble, backtest = source.ensemble, source.backtest
    score = forecast_score(ensemble.metric)
    kinds = {trial: member.family for trial, member in members.items()}
    forecasts = {trial: source.backtested(trial) for trial in members}
    combination, backtested = ForecastCombination.fit(
        backtest, forecasts, score, kinds=kinds, fits=source.allows, own_weights=by_series
    )
    return dataclasses.replace(
        ensemble,
        members={trial: members[trial] for trial in combination.weights},
        score=score.mean(backtest.actual, backtested, backtest.scales),
        combination=combination,
        backtested=backtested,
    )


def _substitutes(
    source: ForecastSource, families: set[str], refusal: Callable[[ForecastMember], str | None]
) -> dict[int, ForecastMember]:
    """Return the best other trials that can be exported, of families that have not been refused."""
    metric = source.ensemble.metric
    others = [
        trial
        for trial in source.history.trials
        if trial.number in source.backtest_files
        and trial.number not in source.ensemble.members
        and trial.parameters["family"] not in families
        and source.allows({trial.number})
    ]
    found: dict[int, ForecastMember] = {}
    for trial in sorted(others, key=lambda trial: trial.metrics[metric]):
        if len(found) == _MOST_SUBSTITUTES:
            break
        member = source.member(trial.number)
        if refusal(member) is None:
            found[trial.number] = member
    return found
