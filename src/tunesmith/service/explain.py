"""A study or one of its trials in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..agents.gateway import ModelGateway
from ..agents.roles.explainer import Explainer
from ..core.trial import State
from ..errors import InputError, ModelUnavailable
from ..history.history import History
from ..reports.explain_trial import explain_trial
from ..reports.explanation import Explanation, Part
from ..study.study import Study
from ..tasks.forecast import ForecastTask
from ..tasks.table import TableTask
from ..text.cleaning import short
from .process import running_process
from .report import combination_of

_OF_A_SEARCH = ("goal", "best trial", "noise", "parameter importance", "proposers")
"""Topics that say less about a fit than the model does."""

OnPartial = Callable[[str, str], None]
"""Takes the name of a role and its answer so far."""


def explanation_of(study: Study, trial: int | None) -> Explanation:
    """Return the explanation of a study, or of one of its trials.

    Raises:
        InputError: The trial does not exist.
    """
    history = study.history
    if trial is not None:
        return explain_trial(history, study.engine.trial(trial))
    from ..reports.explain_study import explain_study  # Imports scikit-learn, which takes two seconds.

    explained = explain_study(
        history,
        name=study.name,
        budget=study.budget,
        proposer=study.engine.proposer,
        at_work=running_process(history) is not None,
    )
    return _with_model(study, explained)


def _with_model(study: Study, explained: Explanation) -> Explanation:
    """Return an explanation that begins with the model that a fit has found; unchanged for any other study."""
    topics = _topics_of_series(study) if isinstance(study.task, ForecastTask) else _topics_of_table(study)
    if not topics:
        return explained
    from ..fitting.request import kept_request

    asked = None if study.folder is None else kept_request(study.folder)
    words = () if asked is None else (f"The user said: “{short(asked.words, 500)}”", *asked.lines)
    about = Explanation.of(explained.about, [("request", words), *topics])
    return Explanation(
        explained.about, (*about.parts, *(part for part in explained.parts if part.topic not in _OF_A_SEARCH))
    )


def _topics_of_table(study: Study) -> list[tuple[str, Sequence[str]]]:
    """Return what a fit of a table has found, by topic; nothing for another study, and before the first model."""
    if not isinstance(study.task, TableTask) or (combination := combination_of(study)) is None:
        return []
    from ..diagnosis.assessment import BRIEF
    from ..fitting.assess import assess_study
    from ..reports.fit.words import explanation_topics

    return explanation_topics(assess_study(study, combination, BRIEF))


def _topics_of_series(study: Study) -> list[tuple[str, Sequence[str]]]:
    """Return what a fit of time series has found, by topic; nothing before the first model."""
    from ..fitting.forecasting.report import assess_forecasts
    from ..fitting.forecasting.result import ForecastResult
    from ..reports.forecast.words import explanation_topics

    if study.folder is None or not study.history.counts[State.COMPLETE]:
        return []
    try:
        ensemble = ForecastResult.load(study.folder).ensemble
        return explanation_topics(assess_forecasts(study, ensemble))
    except (InputError, OSError):  # The models or forecasts are gone.
        return []


def with_answer(study: Study, facts: Explanation, question: str, on_partial: OnPartial | None = None) -> Explanation:
    """Return an explanation that begins with the answer to a question, or with the reason why there is none.

    Args:
        study: The study, whose language model is asked.
        facts: The explanation by rules.
        question: The user's question.
        on_partial: Called with the answer so far; see `ModelGateway.on_partial`.

    Raises:
        StudyLocked: The study is running, so that the call cannot be journaled.
    """
    gateway = study.gateway
    if gateway is not None:
        gateway.on_partial = on_partial
    try:
        if gateway is None or gateway.model is None:
            answer = "no answer: the study has no language model, or its API key is missing."
        else:
            with study.recorder.exclusive():  # To journal the cost of the call.
                answer = _explainer(study.history, gateway).explain(facts, question)
    except ModelUnavailable as error:
        answer = f"no answer: {short(error, 600)}"
    return Explanation(facts.about, (Part("answer", (answer,)), *facts.parts))


def _explainer(history: History, gateway: ModelGateway) -> Explainer:
    assert gateway.model is not None
    if not gateway.options.tools:
        return Explainer(gateway.model)
    from ..agents.tools import Analysis  # Imports scikit-learn, which takes two seconds.

    analysis = Analysis(history)
    return Explainer(gateway.model, [*analysis.tools, analysis.rank_parameters], analysis.results)
