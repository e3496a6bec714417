"""`tunesmith explain`: a study, or one of its trials, in plain words."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click
from rich.text import Text

from ..agents.roles.explainer import Explainer
from ..agents.roles.model import Equipped
from ..errors import NoAnswer
from ..llm.language_model import LanguageModel
from ..record import process_at_work
from ..reports.cleaning import short
from ..reports.explain_trial import explain_trial
from ..reports.explanation import Explanation, Part
from ..study import Study
from ..tuning import load
from . import panels
from .options import FOLDER, Output, speaking
from .text import Printable
from .views import Page


@click.command()
@FOLDER
@click.argument("trial", type=click.IntRange(min=0), required=False)
@click.option("--ask", help="A question, for the study's language model to answer from the same facts.")
@speaking
def explain(output: Output, folder: Path, trial: int | None, ask: str | None) -> None:
    """Explain the study in FOLDER, or one TRIAL of it, in plain words."""
    with load(folder) as study:
        explained = explanation_of(study, trial)
        if ask:
            explained = answered(study, explained, ask)
    output.say(Printable(Page(lambda width: _lines(explained, width))), explained.to_table())


def answered(study: Study, facts: Explanation, question: str) -> Explanation:
    """Return an explanation with the answer to a question before it; where nobody can be asked, with why.

    Raises:
        StudyLocked: The study is running: what the answer costs could not be entered in its journal.
    """
    try:
        model = None if study.consultant is None else study.consultant.model
        if model is None:
            answer = "nobody can be asked, as the study has no language model or its token is not there."
        else:
            study.record.open()
            answer = _explainer(study, model).explain(facts, question)
    except NoAnswer as error:
        answer = f"nobody answered: {short(error, 600)}"
    return Explanation(facts.about, (Part("answer", (answer,)), *facts.parts))


def _explainer(study: Study, model: LanguageModel) -> Explainer:
    assert study.consultant is not None
    if not study.consultant.options.tools:
        return Explainer(model)
    from ..agents.tools import Analysis  # Takes two seconds to import, by way of the digest.

    analysis = Analysis(study.history)
    return Explainer(Equipped(model, [*analysis.tools, analysis.rank_parameters]), analysis.told)


def explanation_of(study: Study, trial: int | None) -> Explanation:
    """Return a study in plain words, or one of its trials.

    Raises:
        InputError: There is no such trial.
    """
    history = study.history
    if trial is not None:
        return explain_trial(history, study.engine.trial(trial))
    # Imported here because what ranks the parameters takes two seconds to import, and only this needs it.
    from ..reports.explain_study import explain_study

    return explain_study(
        history,
        name=study.name,
        budget=study.budget,
        proposer=study.engine.proposer,
        at_work=process_at_work(history) is not None,
    )


def _lines(explained: Explanation, width: int) -> list[Text]:
    found = [Text(f" {explained.about}", style="bold")]
    for part in explained.parts:
        found.append(panels.title(part.topic, width))
        for said in part.sentences:
            found += [Text(f"   {line}", overflow="fold") for line in textwrap.wrap(said, max(width - 3, 20))]
    return found
