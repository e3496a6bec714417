"""A study or one of its trials in plain words."""

from __future__ import annotations

from ..reports.explain_trial import explain_trial
from ..reports.explanation import Explanation
from ..study.study import Study
from .process import running_process


def explanation_of(study: Study, trial: int | None) -> Explanation:
    """Return the explanation of a study, or of one of its trials.

    Raises:
        InputError: The trial does not exist.
    """
    history = study.history
    if trial is not None:
        return explain_trial(history, study.engine.trial(trial))
    from ..reports.explain_study import explain_study  # Imports scikit-learn, which takes two seconds.

    return explain_study(
        history,
        name=study.name,
        budget=study.budget,
        proposer=study.engine.proposer,
        at_work=running_process(history) is not None,
    )
