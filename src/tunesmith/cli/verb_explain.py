"""`tunesmith explain`: a study, or one of its trials, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from ..agents.roles.explainer import Explainer
from ..errors import ModelUnavailable
from ..llm.client import ModelClient
from ..reports.explanation import Explanation, Part
from ..service.explain import explanation_of
from ..study.study import Study
from ..study.tuning import load
from ..text.cleaning import clean, short
from . import panels
from .live import REFRESHES_PER_SECOND
from .options import FOLDER, Output, speaking
from .terminal import Printable

Watch = Callable[[str, str], None]
"""Told the name of a role and what it says so far."""


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
            with _growing(output, explained.about) as watch:
                explained = answered(study, explained, ask, watch)
    output.say(_view(explained), explained.to_table())


@contextmanager
def _growing(output: Output, about: str) -> Iterator[Watch | None]:
    """Show an answer while it grows, where somebody looks; it goes away when it is there to be printed."""
    console = Console(highlight=False)
    if output.json or output.quiet or not console.is_terminal:
        yield None
        return
    words = ""

    def watch(role: str, said: str) -> None:
        nonlocal words
        words = said or words

    def draw() -> Printable:
        return _view(Explanation.of(about, [("answer", [clean(words)])]))

    with Live(get_renderable=draw, console=console, transient=True, refresh_per_second=REFRESHES_PER_SECOND):
        yield watch


def answered(study: Study, facts: Explanation, question: str, watch: Watch | None = None) -> Explanation:
    """Return an explanation with the answer to a question before it; where nobody can be asked, with why.

    Args:
        study: Whose language model is asked.
        facts: What is known, told by rules.
        question: The person's.
        watch: Told of the answer while it grows; see `ModelGateway.on_partial`.

    Raises:
        StudyLocked: The study is running: what the answer costs could not be entered in its journal.
    """
    if study.gateway is not None:
        study.gateway.on_partial = watch
    try:
        model = None if study.gateway is None else study.gateway.model
        if model is None:
            answer = "nobody can be asked, as the study has no language model or its token is not there."
        else:
            study.record.open()
            answer = _explainer(study, model).explain(facts, question)
    except ModelUnavailable as error:
        answer = f"nobody answered: {short(error, 600)}"
    return Explanation(facts.about, (Part("answer", (answer,)), *facts.parts))


def _explainer(study: Study, model: ModelClient) -> Explainer:
    assert study.gateway is not None
    if not study.gateway.options.tools:
        return Explainer(model)
    from ..agents.tools import Analysis  # Takes two seconds to import, by way of the digest.

    analysis = Analysis(study.history)
    return Explainer(model, [*analysis.tools, analysis.rank_parameters], analysis.results)


def _view(explained: Explanation) -> Printable:
    parts: list[RenderableType] = [Text(f" {explained.about}", style="bold")]
    for part in explained.parts:
        parts.append(panels.Title(part.topic))
        parts += [panels.indented(Text(sentence)) for sentence in part.sentences]
    return Printable(Group(*parts))
