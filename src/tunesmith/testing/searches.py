"""A whole search on a problem, to see what a proposer finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.trial import TrialFailed
from ..history.history import History
from ..proposers.base import Proposer
from ..study.study import Study
from .problems import Problem


def search(problem: Problem, proposer: str | Mapping[str, Any] | Proposer, *, trials: int, seed: int = 0) -> History:
    """Return what a study of so many trials, one after the other and none repeated, has come to.

    Args:
        problem: What to make small.
        proposer: Its name, a table of its name and options, or the proposer itself.
        trials: How many; the first is the default configuration, as in every study.
        seed: Of the study, and of each evaluation.

    >>> from tunesmith.testing.problems import branin
    >>> len(search(branin(), "quasirandom", trials=8).losses)
    8
    """
    judge = {"name": "rules", "repeats": 0}
    study = Study(space=problem.space, objective=problem.objective, judge=judge, proposer=proposer, seed=seed)
    for _ in range(trials):
        trial = study.ask()
        try:
            study.tell(trial.number, problem.evaluate(trial.parameters, seed))
        except TrialFailed as failed:
            study.tell(trial.number, failed.failure)
    return study.history
