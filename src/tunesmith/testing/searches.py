"""Complete searches on test problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.trial import TrialFailed
from ..history.history import History
from ..proposers.base import Proposer
from ..study.study import Study
from .problems import Problem


def search(problem: Problem, proposer: str | Mapping[str, Any] | Proposer, *, trials: int, seed: int = 0) -> History:
    """Return the history of a serial study without repeats.

    Args:
        problem: The problem to minimise.
        proposer: A name, a table of a name and options, or a proposer.
        trials: The number of trials; the first is the default configuration, as in every study.
        seed: The seed of the study and of each evaluation.

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
