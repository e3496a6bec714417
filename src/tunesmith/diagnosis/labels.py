"""Rows whose label is probably wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats, Indices
from ..text import wording
from ..text.cleaning import short
from .calibration import tempered, wilson
from .diagnosis import Diagnosis
from .evidence import Evidence

_LEAST_SUSPECTS = 5
_LEAST_RATIO = 8.0
"""Of the log-likelihoods: far beyond chance for one more parameter."""
_SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25)
_MOST_ROWS = 4000
_MOST_TOLD = 5
_SUREST = 0.3  # Of the rows predicted as a class.
_LEAST_SURE = 100
_LEAST_SHARE = 0.01
_LEAST_Z = 1.64


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A row whose label is probably wrong.

    Args:
        row: Its number in the training table.
        label: Its class.
        likely: The class that fits better.
        probability: The predicted probability of its class.
    """

    row: int
    label: str
    likely: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """Labels that are probably wrong.

    Args:
        suspects: Rows whose label is more likely wrong than right, the worst first.
        share: The estimated share of labels that are wrong.
    """

    suspects: tuple[Suspect, ...]
    share: float


def label_noise(evidence: Evidence) -> LabelNoise | None:
    """Return the suspects if some labels are clearly wrong; None if not.

    The labels are explained in two ways: by the predicted probabilities, sharpened or flattened as fits best; and by
    the same with a share of labels drawn at random (the noise model of Natarajan et al. 2013). Only if the second is
    far more likely are there suspects, so neither classes that overlap nor a model that is too confident make any. A
    model that has learned how often labels are wrong is seen through by the errors that remain where it is surest.
    """
    if not evidence.problem.is_classification or len(evidence) < 100:
        return None
    found = _beyond_belief(evidence)
    return found if found is not None else _errors_of_the_sure(evidence)


def _beyond_belief(evidence: Evidence) -> LabelNoise | None:
    """Return labels that the probabilities cannot explain, however they are sharpened."""
    part = evidence.sample(_MOST_ROWS)
    fits = [_fitted(part, share) for share in _SHARES]
    best = int(np.argmax([likelihood for likelihood, _ in fits]))
    ratio = (fits[best][0] - fits[0][0]) * len(part)
    if best == 0 or ratio < _LEAST_RATIO:
        return None
    classes, share = evidence.problem.classes, _SHARES[best]
    probabilities = tempered(evidence.probabilities, fits[best][1])
    own = probabilities[np.arange(len(evidence)), evidence.labels]
    drawn = share / len(classes)
    likely = probabilities.argmax(axis=1)
    rows = np.flatnonzero((drawn > (1 - share) * own) & (likely != evidence.labels))
    if len(rows) < _LEAST_SUSPECTS:
        return None
    return LabelNoise(
        suspects=_suspects(evidence, rows, probabilities), share=share * (len(classes) - 1) / len(classes)
    )


def _errors_of_the_sure(evidence: Evidence) -> LabelNoise | None:
    """Return the errors where the model is surest, if their share does not fall as it gets surer still.

    A model that learns from labels of which some are drawn at random never gets surer than they allow. Where outcomes
    are uncertain by nature, the surest predictions are almost always right for one class at least, so two classes must
    show it.
    """
    confidence, chosen = evidence.probabilities.max(axis=1), evidence.probabilities.argmax(axis=1)
    wrong = chosen != evidence.labels
    suspects: list[int] = []
    shares = []
    for index in range(len(evidence.problem.classes)):
        rows = np.flatnonzero(chosen == index)
        order = rows[np.argsort(-confidence[rows], kind="stable")]
        surest = order[: int(_SUREST * len(order))]
        if len(surest) < _LEAST_SURE:
            continue
        share, half = float(wrong[surest].mean()), len(surest) // 2
        halves = [float(wrong[part].mean()) for part in (surest[:half], surest[half:])]
        falls = halves[1] - halves[0] > _LEAST_Z * np.sqrt(share * (1 - share) / half)
        if wilson(share, len(surest))[0] > _LEAST_SHARE and not falls and wrong[rows].mean() > 2 * share:
            suspects += [int(row) for row in surest if wrong[row]]
            shares.append(share)
    if len(shares) < 2 or len(suspects) < _LEAST_SUSPECTS:
        return None
    return LabelNoise(
        suspects=_suspects(evidence, np.array(suspects), evidence.probabilities), share=float(np.mean(shares))
    )


def _suspects(evidence: Evidence, rows: Indices, probabilities: Floats) -> tuple[Suspect, ...]:
    """Return rows as suspects, the least probable label first."""
    classes, own = evidence.problem.classes, probabilities[np.arange(len(evidence)), evidence.labels]
    return tuple(
        Suspect(
            row=int(evidence.rows[row]),
            label=classes[evidence.labels[row]],
            likely=classes[int(probabilities[row].argmax())],
            probability=float(own[row]),
        )
        for row in rows[np.argsort(own[rows], kind="stable")]
    )


def _fitted(evidence: Evidence, share: float) -> tuple[float, float]:
    """Return the mean log-likelihood with a share of random labels, and the temperature that makes it largest."""
    from scipy.optimize import minimize_scalar

    rows, classes = np.arange(len(evidence)), len(evidence.problem.classes)

    def loss(log_temperature: float) -> float:
        own = tempered(evidence.probabilities, float(np.exp(log_temperature)))[rows, evidence.labels]
        return float(-np.log((1 - share) * np.maximum(own, 1e-300) + share / classes).mean())

    found = minimize_scalar(loss, bounds=(-1.6, 1.6), method="bounded", options={"xatol": 0.01})
    return -float(found.fun), float(np.exp(found.x))


def diagnose_labels(evidence: Evidence, noise: LabelNoise | None) -> list[Diagnosis]:
    """Return a diagnosis if labels are probably wrong."""
    if noise is None:
        return []
    worst = [
        f"row {s.row} ({short(s.label, 30)}, more likely {short(s.likely, 30)})" for s in noise.suspects[:_MOST_TOLD]
    ]
    return [
        Diagnosis(
            kind="label_noise",
            severity="warning",
            text=f"About {wording.share(noise.share)} of the labels look wrong, or depend on something that the columns"
            f" do not tell. {wording.count(len(noise.suspects), 'row')} have a label that is more likely wrong than"
            f" right: first {', '.join(worst)}.",
            remedy="Check these rows. Right labels help more than more search.",
            actions=("check_labels",),
            target=evidence.problem.target,
            values={
                "share": noise.share,
                "suspects": len(noise.suspects),
                "worst_rows": [suspect.row for suspect in noise.suspects[:100]],
            },
        )
    ]
