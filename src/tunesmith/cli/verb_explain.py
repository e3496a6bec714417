"""`tunesmith explain`: a study, or one of its trials, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from ..progress.layout import Title, indented
from ..progress.live import REFRESHES_PER_SECOND
from ..progress.terminal import CleanConsole, Printable
from ..reports.explanation import Explanation
from ..service.explain import OnPartial, explanation_of, with_answer
from ..study.tuning import load
from ..text.cleaning import clean
from .options import FOLDER, OPTIONAL_TRIAL, Output, numbered, speaking


@click.command()
@FOLDER
@OPTIONAL_TRIAL
@click.option("--ask", help="A question that the study's language model answers from the same facts.")
@speaking
def explain(output: Output, folder: Path, trial: int | None, ask: str | None) -> None:
    """Explain the study in FOLDER, or one TRIAL of it, in plain words."""
    with load(folder) as study:
        explained = explanation_of(study, None if trial is None else numbered(study, trial))
        if ask:
            with _growing(output, explained.about) as on_partial:
                explained = with_answer(study, explained, ask, on_partial)
    output.say(_view(explained), explained.to_table())


@contextmanager
def _growing(output: Output, about: str) -> Iterator[OnPartial | None]:
    """Show an answer on a terminal while it grows; the view is removed before the whole answer is printed."""
    console = CleanConsole()
    if output.json or output.quiet or not console.is_terminal:
        yield None
        return
    answer = ""

    def on_partial(role: str, words: str) -> None:
        nonlocal answer
        answer = words or answer

    def draw() -> Printable:
        return _view(Explanation.of(about, [("answer", [clean(answer)])]))

    with Live(get_renderable=draw, console=console, transient=True, refresh_per_second=REFRESHES_PER_SECOND):
        yield on_partial


def _view(explained: Explanation) -> Printable:
    parts: list[RenderableType] = [Text(f" {explained.about}", style="bold")]
    for part in explained.parts:
        parts.append(Title(part.topic))
        parts += [indented(Text(sentence)) for sentence in part.sentences]
    return Printable(Group(*parts))
