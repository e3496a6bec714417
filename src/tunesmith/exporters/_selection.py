"""The best ensemble of the members that can be exported."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from ..data.scores import score_named
from ..ensembles.combination import Combination
from ..ensembles.ensemble import Ensemble, Member
from ..errors import InputError
from ..text import wording
from .base import ExportSource

_MOST_SUBSTITUTES = 5


def exportable_ensemble(
    source: ExportSource, refusal: Callable[[Member], str | None], *, form: str
) -> tuple[Ensemble, Sequence[str]]:
    """Return the ensemble, or what comes closest of what can be exported, and sentences about it.

    Where a member cannot be exported, the others and the best other trials are combined anew on their out-of-fold
    predictions.

    Args:
        source: The model.
        refusal: Returns why a member cannot be exported; None if it can.
        form: What it is exported as.

    Raises:
        InputError: Nothing can be exported.
    """
    ensemble = source.ensemble
    reasons = {member.trial: refusal(member) for member in ensemble.members}
    refused = {trial: reason for trial, reason in reasons.items() if reason is not None}
    if not refused:
        return ensemble, []
    families = {member.family for member in ensemble.members if member.trial in refused}
    members = {member.trial: member for member in ensemble.members if member.trial not in refused}
    members |= _substitutes(source, families, set(reasons), refusal)
    told = "; ".join(f"trial {trial}: {reason}" for trial, reason in refused.items())
    if not members:
        raise InputError(f"at least one model must be exportable, but none is ({told}).")
    table, score = source.table, score_named(ensemble.metric, ensemble.problems)
    target, weight = table.held_out_target, table.held_out_weight
    predictions = {trial: source.out_of_fold(trial) for trial in members}
    combination = Combination.fit(ensemble.problems, target, predictions, score, weight=weight, fits=source.allows)
    reached = combination.score(ensemble.problems, target, predictions, score, weight)
    kept = [dataclasses.replace(members[trial], weight=weight) for trial, weight in combination.weights.items()]
    note = (
        f"Without {wording.count(len(refused), 'model')} that {form} cannot express ({told}). "
        f"{wording.count(len(kept), 'other model')} combined anew: {ensemble.metric} {wording.number(reached)} instead "
        f"of {wording.number(ensemble.score)}."
    )
    return dataclasses.replace(ensemble, members=kept, score=reached, combination=combination), [note]


def _substitutes(
    source: ExportSource, families: set[str], known: set[int], refusal: Callable[[Member], str | None]
) -> Mapping[int, Member]:
    """Return the best other trials that can be exported, of families that have not been refused."""
    table, score = source.table, score_named(source.ensemble.metric, source.ensemble.problems)
    target, weight = table.held_out_target, table.held_out_weight
    others = [
        trial
        for trial in source.history.trials
        if trial.number in source.prediction_files
        and trial.number not in known
        and trial.parameters["family"] not in families
        and source.allows({trial.number})
    ]
    losses = {t.number: score.loss(table.problems, target, source.out_of_fold(t.number), weight) for t in others}
    found: dict[int, Member] = {}
    for trial in sorted(others, key=lambda trial: losses[trial.number]):
        if len(found) == _MOST_SUBSTITUTES:
            break
        member = source.member(trial.number)
        if refusal(member) is None:
            found[trial.number] = member
    return found
