"""How the trained models of a fit are best combined."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np

from ..data.scores import score_named
from ..ensembles.combination import Combination
from ..errors import InputError
from ..tasks.table import PREDICTIONS_FILE, TableTask
from ..trial_folder.names import ARTIFACTS_FOLDER
from .rules import EnsembleRules


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The best combination that some rules allow.

    Args:
        combination: The members and how they are combined.
        score: The metric of its out-of-fold predictions.
        seconds: The time that it took to find.
    """

    combination: Combination
    score: float
    seconds: float


def choose(task: TableTask, rules: EnsembleRules) -> Choice:
    """Return how the complete trials of a study are best combined.

    Args:
        task: The study's task.
        rules: Which of them may be combined.

    Raises:
        InputError: No trial is complete.
    """
    started = monotonic()
    table, score = task.loaded, score_named(task.metric, task.loaded.problems)
    predictions = {
        trial.number: np.load(trial.folder / ARTIFACTS_FOLDER / PREDICTIONS_FILE)
        for trial in rules.candidates
        if trial.folder is not None
    }
    if not predictions:
        raise InputError("no model was trained in time. Allow more minutes.")
    target, weight = table.held_out_target, table.held_out_weight
    combination = Combination.fit(
        table.problems, target, predictions, score, weight=weight, fits=rules.allow, costs=rules.costs
    )
    reached = combination.score(table.problems, target, predictions, score, weight)
    return Choice(combination=combination, score=reached, seconds=monotonic() - started)
