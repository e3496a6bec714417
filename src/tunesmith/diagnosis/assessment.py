"""Everything that is known about a fitted model, as values: what the report and the terminal show."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..data.findings import SEVERITIES
from ..data.problem import Problem
from ..families.base import BASELINE
from .calibration import Calibration, calibration, diagnose_calibration
from .confusion import Confusion, confusion, diagnose_confusion
from .dependence import Dependence, dependence
from .diagnosis import Diagnosis
from .evidence import Evidence
from .fitted import Fitted, FoldModels
from .generalisation import NOTHING_TRAINED, Generalisation, diagnose_generalisation, generalisations
from .importance import Importances, importances
from .labels import LabelNoise, diagnose_labels, label_noise
from .leaderboard import Cost, LeaderboardRow, leaderboard
from .limits import LearningCurve, agreement, diagnose_limits, learning_curve
from .metrics import MetricRow, metric_rows
from .residuals import diagnose_residuals
from .segments import Segment, diagnose_segments, weak_segments


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much work an assessment may cost.

    Args:
        seconds: For everything that loads or trains models; what needs predictions only is always done.
        members: The number of members, the heaviest first, whose models are loaded.
        folds: The number of folds.
        rows: The number of rows to predict for importance; dependence and training scores take fewer.
        repeats: How often a column is shuffled.
        columns: The number of columns whose dependence is computed.
        evidence_rows: The number of out-of-fold predictions to look at.
        model_bytes: The largest model, all its folds together, that may be loaded.
    """

    seconds: float
    members: int
    folds: int
    rows: int
    repeats: int
    columns: int
    evidence_rows: int
    model_bytes: float = math.inf


QUICK = Effort(seconds=0.7, members=2, folds=1, rows=300, repeats=2, columns=6, evidence_rows=4000, model_bytes=5e7)
"""For the end of `fit`."""
THOROUGH = Effort(seconds=40.0, members=12, folds=10, rows=1500, repeats=5, columns=9, evidence_rows=20_000)
"""For `tunesmith report`."""
BRIEF = Effort(seconds=4.0, members=4, folds=1, rows=500, repeats=2, columns=0, evidence_rows=20_000)
"""For `tunesmith explain`."""
NO_MODELS = Effort(seconds=0.0, members=0, folds=0, rows=0, repeats=0, columns=0, evidence_rows=20_000)
"""Out-of-fold predictions only."""


@dataclass(frozen=True, kw_only=True)
class ProblemAssessment:
    """What is known about the predictions of one column.

    Args:
        problem: What is predicted.
        evidence: The out-of-fold predictions, or a sample of them.
        calibration: Of probabilities; None for numbers and few rows.
        confusion: Of classes; None for numbers.
        segments: Rows in which predictions are clearly worse than elsewhere.
        label_noise: Labels that are probably wrong; None without evidence for any.
        diagnoses: All weaknesses found.
    """

    problem: Problem
    evidence: Evidence
    calibration: Calibration | None
    confusion: Confusion | None
    segments: tuple[Segment, ...]
    label_noise: LabelNoise | None
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What is known about a fitted model.

    Args:
        metric: The name of the metric.
        maximize: Whether a larger metric is better.
        leaderboard: The ensemble, then every trial, the best first.
        problems: What is known for each column predicted.
        generalisations: Training beside validation scores of the heaviest members.
        importances: Of the columns; None if there was no time.
        dependences: On the most important columns.
        learning_curve: None if there was no time, or no trend.
        metrics: Every metric that applies, of the ensemble, the best trial and the prior.
        diagnoses: All weaknesses, the most severe first.
        whole: Whether the members were trained again on all rows.
    """

    metric: str
    maximize: bool
    leaderboard: tuple[LeaderboardRow, ...]
    problems: tuple[ProblemAssessment, ...]
    generalisations: tuple[Generalisation, ...]
    importances: Importances | None
    dependences: tuple[Dependence, ...]
    learning_curve: LearningCurve | None
    metrics: tuple[MetricRow, ...]
    diagnoses: tuple[Diagnosis, ...]
    whole: bool = False

    @property
    def ensemble(self) -> LeaderboardRow:
        """The ensemble's row."""
        return self.leaderboard[0]

    @property
    def best_single(self) -> LeaderboardRow:
        """The best trial."""
        return self.leaderboard[1]

    @property
    def prior(self) -> LeaderboardRow | None:
        """The trial that knows only the target; None if there is none."""
        return next((row for row in self.leaderboard if row.family == BASELINE), None)

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON, without the predictions."""
        return {
            "metric": self.metric,
            "maximize": self.maximize,
            "metrics": [asdict(row) for row in self.metrics],
            "leaderboard": [asdict(row) for row in self.leaderboard],
            "diagnoses": [diagnosis.to_table() for diagnosis in self.diagnoses],
            "importances": None if self.importances is None else asdict(self.importances),
            "dependences": [asdict(one) for one in self.dependences],
            "generalisations": [asdict(one) for one in self.generalisations],
            "learning_curve": None if self.learning_curve is None else asdict(self.learning_curve),
            "problems": [
                {
                    "problem": one.problem.to_table(),
                    "calibration": None if one.calibration is None else asdict(one.calibration),
                    "confusion": None if one.confusion is None else asdict(one.confusion),
                    "segments": [asdict(segment) for segment in one.segments],
                }
                for one in self.problems
            ],
        }


def assess(fitted: Fitted, costs: Mapping[int, Cost], effort: Effort, *, seed: int = 0) -> Assessment:
    """Return everything that is known about a fitted model.

    Args:
        fitted: The fit.
        costs: What the models cost, by trial.
        effort: How much work it may be.
        seed: Of all samples.
    """
    started = time.monotonic()
    rows = leaderboard(fitted, costs)
    problems = [assess_problem(evidence, seed=seed) for evidence in fitted.evidence(effort.evidence_rows)]
    by_heart: list[Generalisation] = []
    worth, depends, curve = None, [], None
    if effort.seconds > 0:
        deadline = max(started, time.monotonic()) + effort.seconds
        sizes = {number: costs.get(number, Cost()).model_bytes or 0 for number in fitted.stored}
        usable = [number for number, size in sizes.items() if size <= effort.model_bytes]
        models = FoldModels(fitted, effort.members, effort.folds, usable)
        share = effort.seconds / 4
        worth = importances(
            models, most_rows=effort.rows, most_repeats=effort.repeats, deadline=deadline - 2 * share, seed=seed
        )
        names = [one.column for one in worth.columns][: effort.columns] if worth is not None else []
        depends = dependence(models, names, most_rows=max(50, effort.rows // 8), deadline=deadline - share, seed=seed)
        by_heart = generalisations(fitted, models, most_rows=max(100, effort.rows // 2), deadline=deadline, seed=seed)
        if effort.folds > 1:
            curve = learning_curve(fitted, deadline=deadline, seed=seed)
    diagnoses = diagnose_generalisation(by_heart, rows, maximize=fitted.score.maximize)
    if not any(diagnosis.kind == NOTHING_TRAINED for diagnosis in diagnoses):
        diagnoses += [diagnosis for one in problems for diagnosis in one.diagnoses]
        diagnoses += diagnose_limits(fitted, rows, curve, agreement(fitted, rows))
    return Assessment(
        metric=fitted.score.name,
        maximize=fitted.score.maximize,
        leaderboard=tuple(rows),
        problems=tuple(problems),
        generalisations=tuple(by_heart),
        importances=worth,
        dependences=tuple(depends),
        learning_curve=curve,
        metrics=tuple(metric_rows(fitted, rows)),
        diagnoses=tuple(sorted(diagnoses, key=lambda one: -SEVERITIES.index(one.severity))),
        whole=fitted.whole,
    )


def assess_problem(evidence: Evidence, *, seed: int = 0) -> ProblemAssessment:
    """Return what out-of-fold predictions tell about one problem."""
    calibrated, confused = calibration(evidence, seed=seed), confusion(evidence)
    segments, noise = weak_segments(evidence, seed=seed), label_noise(evidence)
    return ProblemAssessment(
        problem=evidence.problem,
        evidence=evidence,
        calibration=calibrated,
        confusion=confused,
        segments=tuple(segments),
        label_noise=noise,
        diagnoses=(
            *diagnose_labels(evidence, noise),
            *diagnose_residuals(evidence),
            *diagnose_segments(evidence, segments),
            *diagnose_calibration(evidence, calibrated),
            *diagnose_confusion(evidence, confused),
        ),
    )
