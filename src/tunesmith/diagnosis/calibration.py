"""Whether predicted probabilities come true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats, Indices
from ..text import wording
from .diagnosis import Diagnosis
from .evidence import Evidence

_BINS = 10
_LEAST_ROWS = 100
_SIMULATIONS = 200
_LEAST_ERROR = 0.015
_GRAVE_ERROR = 0.05
_MOST_P_VALUE = 0.005


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Rows with about the same predicted probability.

    Args:
        predicted: The mean probability.
        observed: The share in which it came true.
        low: The lower end of the interval of `observed` (Wilson, 95 %).
        high: The upper end.
        rows: The number of rows.
    """

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The calibration of probabilities: of the positive class of two, or of the most likely class of several.

    Args:
        bins: With about the same number of rows each, by probability.
        error: The expected calibration error: the mean distance of the bins from the truth, weighted by rows.
        error_low: The lower end of its interval (bootstrap, 90 %).
        error_high: The upper end.
        chance_error: What a perfectly calibrated model would have with so few rows, on average.
        p_value: The probability of such an error under perfect calibration.
        brier: The Brier score, summed over classes, from 0 (perfect) to 2; for two classes half of that.
        temperature: What the logarithms of the probabilities are best divided by: above 1 for over-confidence.
        gain: The log loss that dividing by it would save.
    """

    bins: tuple[Bin, ...]
    error: float
    error_low: float
    error_high: float
    chance_error: float
    p_value: float
    brier: float
    temperature: float
    gain: float


def calibration(evidence: Evidence, *, seed: int = 0) -> Calibration | None:
    """Return the calibration of out-of-fold probabilities; None for numbers, and for too few rows."""
    if not evidence.problem.is_classification or len(evidence) < _LEAST_ROWS:
        return None
    probabilities = evidence.probabilities
    if evidence.problem.kind == "binary":
        predicted, came_true = probabilities[:, 1], evidence.labels == 1
    else:
        predicted, came_true = probabilities.max(axis=1), probabilities.argmax(axis=1) == evidence.labels
    bins = _bin_of(predicted)
    outcomes = came_true.astype(np.float64)
    error = _error(bins, predicted, outcomes)
    rng = np.random.default_rng(seed)
    chance = [
        _error(bins, predicted, (rng.random(len(bins)) < predicted).astype(np.float64)) for _ in range(_SIMULATIONS)
    ]
    redrawn = []
    for _ in range(_SIMULATIONS):
        rows = rng.integers(0, len(bins), len(bins))
        redrawn.append(_error(bins[rows], predicted[rows], outcomes[rows]))
    # A bootstrap sample adds the noise of a sample once more, so its errors are too large by the same ratio.
    shrunk = np.array(redrawn) * error / max(float(np.mean(redrawn)), 1e-12)
    temperature, gain = _temperature(evidence)
    squared = np.square(probabilities - np.eye(probabilities.shape[1])[evidence.labels]).sum(axis=1)
    return Calibration(
        bins=_bins(bins, predicted, outcomes),
        error=error,
        error_low=float(np.quantile(shrunk, 0.05)),
        error_high=float(np.quantile(shrunk, 0.95)),
        chance_error=float(np.mean(chance)),
        p_value=float((1 + np.sum(np.array(chance) >= error)) / (1 + _SIMULATIONS)),
        brier=float(squared.mean()) / (2 if evidence.problem.kind == "binary" else 1),
        temperature=temperature,
        gain=gain,
    )


def diagnose_calibration(evidence: Evidence, result: Calibration | None) -> list[Diagnosis]:
    """Return a diagnosis if probabilities are off by more than chance, and by enough to matter."""
    if result is None or result.p_value > _MOST_P_VALUE or result.error - result.chance_error < _LEAST_ERROR:
        return []
    if result.temperature > 1.05:
        how = "too confident: likely classes come true less often than their probabilities say"
    elif result.temperature < 0.95:
        how = "too cautious: likely classes come true more often than their probabilities say"
    else:
        how = "off, though neither too confident nor too cautious as a whole"
    return [
        Diagnosis(
            kind="calibration",
            severity="warning" if result.error > _GRAVE_ERROR else "info",
            text=f"The probabilities are {how}. They are wrong by {wording.share(result.error)} on average"
            f" ({wording.share(result.chance_error)} would be chance).",
            remedy="Calibrate the probabilities on out-of-fold predictions"
            + (f"; a temperature of {wording.number(result.temperature, 3)} saves " if result.gain > 0.001 else ".")
            + (f"{wording.number(result.gain, 2)} of log loss." if result.gain > 0.001 else ""),
            actions=("calibrate",),
            target=evidence.problem.target,
            values={
                "calibration_error": result.error,
                "chance_error": result.chance_error,
                "temperature": result.temperature,
                "log_loss_gain": result.gain,
            },
        )
    ]


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Return probabilities whose logarithms are divided by a temperature (Guo et al. 2017, section 4.2)."""
    logits = np.log(probabilities) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _temperature(evidence: Evidence) -> tuple[float, float]:
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(evidence))

    def loss(log_temperature: float) -> float:
        scaled = tempered(evidence.probabilities, float(np.exp(log_temperature)))[rows, evidence.labels]
        return float(-np.log(np.maximum(scaled, 1e-300)).mean())

    found = minimize_scalar(loss, bounds=(-1.6, 1.6), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x)), max(loss(0.0) - float(found.fun), 0.0)


def _bin_of(predicted: Floats) -> Indices:
    """Return the bin of each row, by quantiles; equal probabilities share a bin."""
    count = min(_BINS, max(2, len(predicted) // 50))
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, count + 1)[1:-1]))
    return np.searchsorted(edges, predicted, side="left")


def _error(bins: Indices, predicted: Floats, outcomes: Floats) -> float:
    return float(np.abs(np.bincount(bins, weights=outcomes - predicted)).sum() / len(bins))


def _bins(bins: Indices, predicted: Floats, outcomes: Floats) -> tuple[Bin, ...]:
    result = []
    for number in np.unique(bins):
        inside = bins == number
        rows, observed = int(inside.sum()), float(outcomes[inside].mean())
        low, high = wilson(observed, rows)
        result.append(Bin(predicted=float(predicted[inside].mean()), observed=observed, low=low, high=high, rows=rows))
    return tuple(result)


def wilson(share: float, rows: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson(0.5, 100)]
    [0.404, 0.596]
    """
    centre = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * float(np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def bins_as_rows(bins: Sequence[Bin]) -> list[tuple[str, ...]]:
    """Return bins as lines of a table, header first."""
    lines = [("predicted", "observed", "from", "to", "rows")]
    for one in bins:
        shares = [wording.share(value) for value in (one.predicted, one.observed, one.low, one.high)]
        lines.append((shares[0], shares[1], shares[2], shares[3], f"{one.rows:,}"))
    return list(lines)
