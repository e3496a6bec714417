"""Rows whose label is probably wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..text import wording
from ..text.cleaning import short
from .calibration import tempered
from .diagnosis import Diagnosis
from .evidence import Evidence

_LEAST_SUSPECTS = 5
_LEAST_RATIO = 8.0
"""Of the log-likelihoods: far beyond chance for one more parameter."""
_SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25)
_MOST_ROWS = 4000
_MOST_TOLD = 5


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
        likelihood_ratio: How much more likely the labels are with that share than with none, as a logarithm.
    """

    suspects: tuple[Suspect, ...]
    share: float
    likelihood_ratio: float


def label_noise(evidence: Evidence) -> LabelNoise | None:
    """Return the suspects if some labels are clearly wrong; None if not.

    The labels are explained in two ways: by the predicted probabilities, sharpened or flattened as fits best; and by
    the same with a share of labels drawn at random (the noise model of Natarajan et al. 2013). Only if the second is
    far more likely are there suspects, so neither classes that overlap nor a model that is too confident make any.
    """
    if not evidence.problem.is_classification or len(evidence) < 100:
        return None
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
    rows = rows[np.argsort(own[rows], kind="stable")]
    suspects = tuple(
        Suspect(
            row=int(evidence.rows[row]),
            label=classes[evidence.labels[row]],
            likely=classes[likely[row]],
            probability=float(own[row]),
        )
        for row in rows
    )
    return LabelNoise(suspects=suspects, share=share * (len(classes) - 1) / len(classes), likelihood_ratio=float(ratio))


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
                "likelihood_ratio": noise.likelihood_ratio,
                "worst_rows": [suspect.row for suspect in noise.suspects[:100]],
            },
        )
    ]
