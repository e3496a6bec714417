"""The best ensemble of the members that can be exported."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from ...data.scores import score_named
from ...ensembles.ensemble import Ensemble
from ...ensembles.greedy import select
from ...errors import InputError
from ...text import wording
from ..base import ExportSource


def exportable_ensemble(source: ExportSource, refused: Mapping[int, str]) -> tuple[Ensemble, list[str]]:
    """Return the ensemble of the members that are left, weighted anew out of fold, and sentences about it.

    Args:
        source: The model.
        refused: Why a member cannot be exported, by the number of its trial.

    Raises:
        InputError: No member is left.
    """
    ensemble = source.ensemble
    if not refused:
        return ensemble, []
    reasons = "; ".join(f"trial {number}: {reason}" for number, reason in refused.items())
    left = [member for member in ensemble.members if member.trial not in refused]
    if not left:
        raise InputError(f"at least one model of the ensemble must be exportable, but none is ({reasons}).")
    table, score = source.table, score_named(ensemble.metric, ensemble.problems)
    target = table.target[table.held_out]
    known = {member.trial: source.out_of_fold(member.trial) for member in left}
    weights = select(known, lambda predicted: score.loss(ensemble.problems, target, predicted))
    combined = np.asarray(sum(weight * known[number] for number, weight in weights.items()))
    reached = score.mean(ensemble.problems, target, combined)
    members = [dataclasses.replace(m, weight=weights[m.trial]) for m in left if m.trial in weights]
    note = (
        f"Left out, as ONNX cannot express them: {reasons}. The other members were weighted anew: {ensemble.metric} "
        f"{wording.number(reached)} instead of {wording.number(ensemble.score)} out of fold."
    )
    return dataclasses.replace(ensemble, members=members, score=reached), [note]
