"""Patterns in what predictions get wrong: a bias along a column, uneven spread, outliers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Flags, Floats
from ..text import wording
from .conditions import Condition, in_words
from .diagnosis import Diagnosis
from .evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd

_LEAST_ROWS = 25
_BINS = 8
_MOST_CATEGORIES = 15
_MOST_COLUMNS = 300
_MOST_TOLD = 3
_MOST_P_VALUE = 1e-3
_LEAST_EFFECT = 0.01
"""The share of the residuals' variance that a column must explain to matter."""
_LEAST_SHARE = 0.01
"""The mean error of a probability that matters."""
_UNEVEN = 3.0
_LEAST_Z = 4.0
_MOST_FROM_FEW = 0.4
_FEW = 0.01


@dataclass(frozen=True, kw_only=True)
class Bias:
    """A column along which predictions are wrong on average.

    Args:
        column: Its name.
        output: The class whose probability it is about; empty for a number.
        effect: The share of the residuals' variance that the column explains.
        p_value: Corrected for the number of columns tested.
        worst: The conditions of the rows that are off most clearly.
        residual: Their mean residual: positive where predictions are too low.
        rows: Their number.
    """

    column: str
    output: str
    effect: float
    p_value: float
    worst: tuple[Condition, ...]
    residual: float
    rows: int


def biases(evidence: Evidence) -> list[Bias]:
    """Return the columns along which the mean residual clearly changes, the largest effect first."""
    from scipy.special import chdtrc

    names = list(evidence.features.columns[:_MOST_COLUMNS])
    outputs = evidence.problem.classes if evidence.problem.kind == "multiclass" else evidence.problem.classes[1:]
    tests = max(len(names) * evidence.residuals.shape[1], 1)
    found = []
    for name in names:
        groups = [(conditions, mask) for conditions, mask in _groups(evidence.features, name)]
        groups = [(conditions, mask) for conditions, mask in groups if mask.sum() >= _LEAST_ROWS]
        for position in range(evidence.residuals.shape[1] if groups else 0):
            residuals = evidence.residuals[:, position] - evidence.residuals[:, position].mean()
            variance = max(float(residuals.var()), 1e-300)
            sizes = np.array([mask.sum() for _, mask in groups])
            means = np.array([residuals[mask].mean() for _, mask in groups])
            variances = np.array([residuals[mask].var(ddof=1) for _, mask in groups])
            # A group with hardly any variance of its own must not count for more than it can.
            z = means / np.sqrt(np.maximum(variances, 0.1 * variance) / sizes)
            effect = float((sizes * means**2).sum() / (len(evidence) * variance)) - len(groups) / len(evidence)
            p_value = min(1.0, float(chdtrc(len(groups), (z**2).sum())) * tests)
            worst = int(np.argmax(np.abs(z)))
            matters = not evidence.problem.is_classification or abs(means[worst]) >= _LEAST_SHARE
            if matters and p_value <= _MOST_P_VALUE and effect >= _LEAST_EFFECT:
                found.append(
                    Bias(
                        column=name,
                        output=outputs[position] if outputs else "",
                        effect=effect,
                        p_value=p_value,
                        worst=groups[worst][0],
                        residual=float(means[worst]),
                        rows=int(sizes[worst]),
                    )
                )
    return sorted(found, key=lambda bias: -bias.effect)


def diagnose_residuals(evidence: Evidence) -> list[Diagnosis]:
    """Return a diagnosis of each pattern in the residuals."""
    found = [_bias(evidence, bias) for bias in biases(evidence)[:_MOST_TOLD]] or _shift(evidence)
    if evidence.problem.kind == "regression" and len(evidence) >= 10 * _LEAST_ROWS:
        found += [*_uneven_spread(evidence), *_outliers(evidence)]
    return found


def _bias(evidence: Evidence, bias: Bias) -> Diagnosis:
    what = f"the probability of {bias.output}" if bias.output else "the prediction"
    way = "low" if bias.residual > 0 else "high"
    rows = wording.count(bias.rows, "row")
    size = wording.rounded(abs(bias.residual))
    return Diagnosis(
        kind="bias",
        severity="warning",
        columns=(bias.column,),
        text=f"{in_words(bias.worst)}: {what} is too {way} by {size} on average, {rows}. The column explains"
        f" {wording.share(bias.effect)} of what predictions get wrong.",
        remedy="Let the model use this column better: more capacity, or combinations with other columns.",
        actions=("more_capacity", "recipe:engineered"),
        target=evidence.problem.target,
        values={"effect": bias.effect, "residual": bias.residual, "rows": bias.rows, "p_value": bias.p_value},
    )


def _shift(evidence: Evidence) -> list[Diagnosis]:
    """Return a diagnosis if predictions of numbers are too high or too low as a whole."""
    residuals = evidence.residuals[:, 0]
    mean, deviation = float(residuals.mean()), float(residuals.std())
    if evidence.problem.kind != "regression" or abs(mean) < max(0.1, 5 / np.sqrt(len(residuals))) * deviation:
        return []
    return [
        Diagnosis(
            kind="shift",
            severity="info",
            text=f"Predictions are too {'low' if mean > 0 else 'high'} by {wording.rounded(abs(mean))} on average.",
            remedy="Add the difference to the predictions if their mean must be right; a metric such as MAE, or a"
            " transformed target, aims at the middle instead of the mean.",
            actions=("calibrate",),
            target=evidence.problem.target,
            values={"mean_residual": mean},
        )
    ]


def spread_ratio(evidence: Evidence) -> float:
    """Return the median absolute residual of the highest fifth of the predictions over that of the lowest fifth."""
    sizes = np.abs(evidence.residuals[:, 0])[np.argsort(evidence.predictions[:, 0], kind="stable")]
    fifth = len(sizes) // 5
    return float(np.median(sizes[-fifth:]) / max(float(np.median(sizes[:fifth])), 1e-300))


def _uneven_spread(evidence: Evidence) -> list[Diagnosis]:
    ratio = spread_ratio(evidence)
    predicted, sizes = (_ranks(values) for values in (evidence.predictions[:, 0], np.abs(evidence.residuals[:, 0])))
    correlation = float(np.corrcoef(predicted, sizes)[0, 1])
    if max(ratio, 1 / max(ratio, 1e-9)) < _UNEVEN or abs(correlation) * np.sqrt(len(evidence)) < _LEAST_Z:
        return []
    grows = ratio > 1
    positive = bool((evidence.target > 0).all())
    factor = wording.number(ratio if grows else 1 / ratio, 2)
    remedy = "An interval around a prediction must be wider there."
    if grows and positive:
        remedy = f"Predict the logarithm of the target if relative errors matter. {remedy}"
    return [
        Diagnosis(
            kind="uneven_spread",
            severity="info",
            text=f"Errors are {factor} times as large for {'high' if grows else 'low'} predictions as for"
            f" {'low' if grows else 'high'} ones (median absolute error of the outer fifths).",
            remedy=remedy,
            actions=("transform_target",) if grows and positive else (),
            target=evidence.problem.target,
            values={"ratio": ratio, "rank_correlation": correlation},
        )
    ]


def _ranks(values: Floats) -> Floats:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)


def _outliers(evidence: Evidence) -> list[Diagnosis]:
    order = np.argsort(-evidence.losses, kind="stable")
    few = order[: max(3, int(_FEW * len(order)))]
    share = float(evidence.losses[few].sum() / max(evidence.losses.sum(), 1e-300))
    if share < _MOST_FROM_FEW:
        return []
    worst = evidence.rows[order[:5]]
    return [
        Diagnosis(
            kind="outliers",
            severity="warning",
            text=f"{wording.count(len(few), 'row')} ({wording.share(len(few) / len(order))}) make up"
            f" {wording.share(share)} of the squared error; the worst are rows {', '.join(map(str, worst))}.",
            remedy="Check these rows for mistakes. If they are right, a metric such as MAE is less ruled by them.",
            actions=("check_rows", "transform_target"),
            target=evidence.problem.target,
            values={"rows": len(few), "share_of_squared_error": share, "worst_rows": [int(row) for row in worst]},
        )
    ]


def _groups(features: pd.DataFrame, name: str) -> Iterator[tuple[tuple[Condition, ...], Flags]]:
    """Yield groups of rows along a column: quantile bins, frequent categories, missing values."""
    values = features[name]
    missing = values.isna().to_numpy()
    if values.dtype.kind in "fM":
        known = values.to_numpy()[~missing]
        if len(known):
            yield from _bins(name, values.to_numpy(), missing, known)
    elif values.dtype == "category":
        for category in values.value_counts().index[:_MOST_CATEGORIES]:
            yield (Condition(name, "=", str(category)),), (values == category).to_numpy()
    if missing.any():
        yield (Condition(name, "is missing"),), missing


def _bins(name: str, values: Floats, missing: Flags, known: Floats) -> Iterator[tuple[tuple[Condition, ...], Flags]]:
    is_date = known.dtype.kind == "M"
    ordered = np.sort(known)
    marks = ordered[np.linspace(0, len(ordered) - 1, _BINS + 1).astype(int)[1:-1]]
    edges = np.unique(marks.astype("datetime64[D]") if is_date else np.array([float(f"{m:.4g}") for m in marks]))
    for index in range(len(edges) + 1):
        conditions = []
        mask = ~missing
        if index > 0:
            conditions.append(Condition(name, "≥", str(edges[index - 1]) if is_date else float(edges[index - 1])))
            mask = mask & (values >= edges[index - 1])
        if index < len(edges):
            conditions.append(Condition(name, "<", str(edges[index]) if is_date else float(edges[index])))
            mask = mask & (values < edges[index])
        yield tuple(conditions), mask
