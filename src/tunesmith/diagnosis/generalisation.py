"""What the models learn that does not hold on other rows: over-fitting, under-fitting, spread over folds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..families.base import BASELINE
from ..text import wording
from .diagnosis import Diagnosis
from .fitted import Fitted, FoldModels
from .leaderboard import Estimate, LeaderboardRow, family_title

_UNSTABLE = 0.25
_MEMORISED = 0.5
_SIMPLE = ("linear", BASELINE)
NOTHING_TRAINED = "nothing_trained"
"""The kind of the diagnosis that makes all others idle."""


@dataclass(frozen=True, kw_only=True)
class Generalisation:
    """A member's score on rows that it trained on, beside rows that it did not.

    Args:
        trial: The number of its trial.
        family: The name of its family.
        weight: Its weight in the ensemble.
        training: The metric on a sample of the training rows of each fold.
        validation: The metric on the rows that each fold holds out.
    """

    trial: int
    family: str
    weight: float
    training: tuple[float, ...]
    validation: tuple[float, ...]


def generalisations(
    fitted: Fitted, models: FoldModels, *, most_rows: int, deadline: float, seed: int = 0
) -> list[Generalisation]:
    """Return training beside validation scores of the heaviest members, as far as the time allows.

    Args:
        fitted: The fit.
        models: The members and folds to look at.
        most_rows: The number of training rows to predict, for each fold.
        deadline: When to stop, by `time.monotonic()`.
        seed: Of the sample.
    """
    rng = np.random.default_rng(seed)
    families = {trial.number: str(trial.parameters["family"]) for trial in fitted.trials}
    position = np.cumsum(fitted.table.held_out) - 1
    found: list[Generalisation] = []
    for trial, weight in models.members:
        training, validation = [], []
        for fold, (train, held_out) in enumerate(models.splits):
            if time.monotonic() > deadline:
                return found
            rows = np.sort(rng.permutation(train)[:most_rows])
            predictions = models.pipeline(trial, fold).predict(fitted.table.features.iloc[rows])
            try:
                seen = fitted.score_of(rows, predictions)
                unseen = fitted.mean(fitted.out_of_fold[trial][position[held_out]], position[held_out])
            except ValueError:  # A fold without some class, where the metric needs all.
                continue
            training.append(seen)
            validation.append(unseen)
        if training:
            found.append(
                Generalisation(
                    trial=trial,
                    family=families[trial],
                    weight=weight,
                    training=tuple(training),
                    validation=tuple(validation),
                )
            )
    return found


def diagnose_generalisation(
    found: Sequence[Generalisation], rows: Sequence[LeaderboardRow], *, maximize: bool
) -> list[Diagnosis]:
    """Return a diagnosis if the model has learned nothing, or learned its rows by heart to no use.

    A forest or a booster always fits its training rows closely; that alone is no fault. It is one where a simple model
    does as well on other rows.

    Args:
        found: Training beside validation scores.
        rows: The leaderboard.
        maximize: Whether a larger metric is better.
    """
    sign = -1.0 if maximize else 1.0
    whole = next((row for row in rows if row.trial is None), None)
    prior = next((row for row in rows if row.family == BASELINE), None)
    if whole is None or prior is None:
        return []
    if all(row.family in (BASELINE, "ensemble") for row in rows):
        return [_nothing_trained(whole.score)]
    if not _is_clear(whole.score, prior.score, sign):
        return [_learned_nothing(found, whole.score, prior.score, sign)]
    diagnoses = []
    simple = next((row for row in rows if row.family in _SIMPLE and row.trial is not None), prior)
    flexible = next((row for row in rows if row.trial is not None and row.family not in _SIMPLE), None)
    members = [one for one in found if flexible is not None and one.family not in _SIMPLE]
    if flexible is not None and members and sign * simple.score.value <= sign * flexible.score.value:
        heaviest = max(members, key=lambda one: _memorised(one, prior.score.value, sign))
        share = _memorised(heaviest, prior.score.value, sign)
        if share > _MEMORISED and simple.family != BASELINE:
            diagnoses.append(_overfitted(heaviest, share, simple))
    return [*diagnoses, *_spread(found, whole.score, prior.score)]


def _nothing_trained(score: Estimate) -> Diagnosis:
    return Diagnosis(
        kind=NOTHING_TRAINED,
        severity="error",
        text="No model was trained but the one that always predicts the same.",
        remedy="Allow more minutes; if trials failed, their logs say why.",
        actions=("more_capacity",),
        values={"score": score.value},
    )


def _is_clear(better: Estimate, worse: Estimate, sign: float) -> bool:
    gain = sign * (worse.value - better.value)
    return gain > 2 * (better.error or 0.0)


def _memorised(one: Generalisation, prior: float, sign: float) -> float:
    """Return the part of what a model gains over the prior on its training rows that is lost on others, 0 to 1."""
    training, validation = float(np.mean(one.training)), float(np.mean(one.validation))
    learned = sign * (prior - training)
    return float(np.clip(sign * (validation - training) / learned, 0, 1)) if learned > 0 else 0.0


def _learned_nothing(found: Sequence[Generalisation], whole: Estimate, prior: Estimate, sign: float) -> Diagnosis:
    shares = [0.0 if one.family == BASELINE else _memorised(one, prior.value, sign) for one in found]
    score, reference = wording.rounded(whole.value, 4), wording.rounded(prior.value, 4)
    by_heart = max(shares, default=0.0) > _MEMORISED
    text = f"The model is hardly better than always predicting the same: {score} against {reference}."
    if by_heart:
        one = found[int(np.argmax(shares))]
        training = wording.rounded(float(np.mean(one.training)))
        text += (
            f" {family_title(one.family)} (trial {one.trial}) learns its training rows by heart: {training} on them."
        )
    return Diagnosis(
        kind="overfitting" if by_heart else "no_signal",
        severity="error",
        text=text,
        remedy="Add columns that have to do with the target, or more rows. Check that the target belongs to its rows.",
        actions=("raise_regularisation", "add_columns", "collect_rows") if by_heart else ("add_columns",),
        values={"score": whole.value, "prior": prior.value},
    )


def _overfitted(one: Generalisation, share: float, simple: LeaderboardRow) -> Diagnosis:
    training, validation = (wording.rounded(float(np.mean(scores))) for scores in (one.training, one.validation))
    return Diagnosis(
        kind="overfitting",
        severity="warning",
        text=f"{family_title(one.family)} (trial {one.trial}) scores {training} on its training rows and {validation}"
        f" on others: {wording.share(share)} of what it learns is by heart. {simple.title} (trial {simple.trial}), a"
        f" simple model, does as well with {wording.rounded(simple.score.value)}.",
        remedy="Regularise the flexible families more, or rely on the simple one; more rows would help most.",
        actions=("raise_regularisation", "collect_rows"),
        values={"trial": one.trial, "share": share, "simple_trial": simple.trial},
    )


def _spread(found: Sequence[Generalisation], whole: Estimate, prior: Estimate) -> list[Diagnosis]:
    """Return a diagnosis if folds differ by much of what the model gains over the prior."""
    folds = [one.validation for one in found if len(one.validation) >= 3]
    gain = abs(prior.value - whole.value)
    if not folds or not gain:
        return []
    spread = float(np.std(folds[0], ddof=1))
    if spread < _UNSTABLE * gain:
        return []
    low, high = wording.numbers(min(folds[0]), max(folds[0]))
    return [
        Diagnosis(
            kind="unstable",
            severity="info",
            text=f"The score depends on which rows are held out: from {low} to {high} over"
            f" {len(folds[0])} folds, where the gain over the prior is {wording.rounded(gain)}.",
            remedy="Do not read much into small differences between models; more rows would steady the score.",
            actions=("collect_rows",),
            values={"spread": spread, "gain": gain},
        )
    ]
