"""The result of a fit in sentences: what was found, how good it is, what it goes by, where it is weak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...diagnosis.assessment import Assessment, ProblemAssessment
from ...diagnosis.leaderboard import Estimate
from ...ensembles.ensemble import TRAINED_ON_ALL_ROWS
from ...text import wording
from ...text.cleaning import short
from ..explanation import listing, named

MOST_COLUMNS = 3
_LEAST_GAIN = 0.0005  # Less is told as none.
METRICS = {
    "log_loss": "log loss",
    "auc": "area under the ROC curve",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "mape": "MAPE",
    "rmsle": "RMSLE",
    "brier": "Brier score",
    "f1": "F1",
    "f1_macro": "mean F1 of the classes",
    "mcc": "Matthews correlation",
    "median_ae": "median absolute error",
}


def metric_words(name: str) -> str:
    """Return a metric's name for people."""
    return METRICS.get(name, name.replace("_", " "))


def interval(estimate: Estimate, digits: int = 4) -> str:
    """Return the interval of a score, as `0.401–0.417`; empty where it is unknown."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{wording.rounded(estimate.low, digits)}–{wording.rounded(estimate.high, digits)}"


def gain_over_prior(assessment: Assessment) -> float | None:
    """Return the part of the prior's loss that the model saves; None where that says nothing."""
    prior = assessment.prior
    if prior is None or assessment.maximize or not prior.score.value > 0:
        return None
    gain = 1 - assessment.ensemble.score.value / prior.score.value
    return gain if abs(gain) >= _LEAST_GAIN else 0.0


def result_sentences(assessment: Assessment) -> list[str]:
    """Return how good the model is."""
    whole, single, prior = assessment.ensemble, assessment.best_single, assessment.prior
    name = metric_words(assessment.metric)
    better = "higher is better" if assessment.maximize else "lower is better"
    spread = f", 95 % interval {interval(whole.score)}" if interval(whole.score) else ""
    value = wording.rounded(whole.score.value, 4)
    sentences = [f"The {name} is {value} ({better}{spread}), on rows that the models were not trained on."]
    members = [row for row in assessment.leaderboard if row.trial is not None and row.weight > 0]
    if len(members) > 1:
        families = _families(assessment)
        sentences.append(
            f"The model averages {wording.count(len(members), 'trial')} ({families}). The best of them alone, trial"
            f" {single.trial} ({named(single.title)}), has {wording.rounded(single.score.value, 4)}."
        )
    elif members:
        sentences.append(f"The model is trial {members[0].trial} ({named(members[0].title)}).")
    if assessment.whole:
        sentences.append(TRAINED_ON_ALL_ROWS)
    if prior is not None:
        text = f"Without any column, always predicting the same gives {wording.rounded(prior.score.value, 4)}"
        gain = gain_over_prior(assessment)
        sentences.append(
            f"{text}." if gain is None or gain <= 0 else f"{text}: the model is {wording.share(gain)} below."
        )
    for problem in assessment.problems:
        sentences += _problem_sentences(problem, several=len(assessment.problems) > 1)
    return sentences


def _families(assessment: Assessment) -> str:
    weights: dict[str, float] = {}
    for row in assessment.leaderboard:
        if row.trial is not None and row.weight > 0:
            weights[row.title] = weights.get(row.title, 0.0) + row.weight
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])
    return listing([f"{named(name)} {wording.share(weight)}" for name, weight in ranked], 6)


def _problem_sentences(assessed: ProblemAssessment, *, several: bool) -> list[str]:
    about = f"{named(assessed.problem.target)}: " if several else ""
    matrix, evidence = assessed.confusion, assessed.evidence
    if matrix is not None:
        text = f"{about}{wording.share(matrix.accuracy)} of the rows get the right class"
        if assessed.problem.kind == "binary":
            name = short(assessed.problem.classes[1], 40)
            found, right = matrix.recall(1), matrix.precision(1)
            if found is not None and right is not None:
                text += f"; {wording.share(found)} of {name} are found, and {wording.share(right)} of those are right"
        return [f"{text}."]
    sizes = np.abs(evidence.residuals[:, 0])
    half = wording.rounded(float(np.median(sizes)))
    explained = 1 - float(np.mean(evidence.losses)) / max(float(np.var(evidence.target)), 1e-300)
    return [
        f"{about}Half of the predictions are off by less than {half}.",
        f"{about}They explain {wording.share(max(explained, 0.0) if explained > -_LEAST_GAIN else explained)} of the"
        " variance.",
    ]


def column_sentences(assessment: Assessment) -> list[str]:
    """Return what the model goes by; nothing where that was not measured."""
    found = assessment.importances
    if found is None or not found.columns:
        return []
    useful = [one for one in found.columns if one.loss > 2 * (one.error or 0.0)]
    if not useful:
        return ["No single column matters clearly more than chance."]
    words = [named(one.column) for one in useful[:MOST_COLUMNS]]
    joined = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    start = "The most important column is" if len(words) == 1 else "The most important columns are"
    idle = len(found.columns) - len(useful)
    rest = (
        f" {wording.count(idle, 'column')} of {len(found.columns)} add nothing that is clear of chance." if idle else ""
    )
    return [f"{start} {joined}.{rest}"]


def weakness_sentences(assessment: Assessment, most: int = 3) -> list[str]:
    """Return the most severe weaknesses, each with its remedy."""
    shown = assessment.diagnoses[:most]
    sentences = [f"{diagnosis.text} {diagnosis.remedy}".strip() for diagnosis in shown]
    hidden = len(assessment.diagnoses) - len(shown)
    return [*sentences, *([f"{hidden} more in the report."] if hidden else [])]


def explanation_topics(assessment: Assessment) -> list[tuple[str, Sequence[str]]]:
    """Return the fit in plain words, by topic."""
    return [
        ("model", result_sentences(assessment)),
        ("columns", column_sentences(assessment)),
        ("weak points", weakness_sentences(assessment, most=6)),
    ]
