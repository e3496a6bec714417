"""`tunesmith init`: a first study.toml from a script or a config file, and from what the user wants in plain words."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..config.settings import usual_settings
from ..errors import InputError
from ..init import Draft, draft_study, to_toml, with_request
from ..llm.options import ModelOptions
from ..text.cleaning import clean
from .options import Output, speaking

_USD = 0.25


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--request", help="What you want, in plain words: what to improve, what to tune, for how long.")
@click.option("--objective", help="As 'minimize val_loss'; found in the script by default.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Where to write; beside PATH by default.")
@click.option("--model", help="A language model that reads it, too, as openrouter:anthropic/claude-sonnet-4.5.")
@click.option("--usd", type=click.FloatRange(min=0), default=_USD, help="The most that may cost.", show_default=True)
@click.option("--no-agents", is_flag=True, help="Ask no language model, whatever the settings say.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; take what was understood.")
@click.option("--force", is_flag=True, help="Write over a study.toml that is there.")
@speaking
def init(
    output: Output,
    path: Path,
    request: str | None,
    objective: str | None,
    to: Path | None,
    model: str | None,
    usd: float,
    no_agents: bool,
    yes: bool,
    force: bool,
) -> None:
    """Look at PATH, a script, a config file or a folder with them, and write a commented study.toml.

    PATH is only read, never run.
    """
    if model is not None and request is None:
        raise InputError("a language model reads a request, but none was given. Add --request, or leave --model out.")
    draft = draft_study(path, objective=objective)
    target = to or draft.folder / "study.toml"
    if target.exists() and not force:
        raise InputError(f"{target} is there already. Add --force to write over it, or choose another file with --to.")
    if request is not None:
        draft = with_request(draft, request)
        if not no_agents:
            draft = _with_model(draft, request, model, usd, output)
    asks = not (yes or output.json or output.quiet) and sys.stdin.isatty()
    if asks:
        click.echo("\n".join(_words_told(draft)), nl=request is not None)
        draft = _asked(draft)
    text = to_toml(draft)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from None
    to_do = [clean(note) for note in draft.notes if note.startswith("TO DO")]
    notes = [f"  {clean(note)}" for note in draft.notes if not note.startswith("TO DO")]
    said = [f"wrote {target}", *notes, *to_do, *([] if asks else _words_told(draft))]
    if request is not None:
        said += ["", text[text.index("[study]") :]]
    said.append(f"next: look at it, then tunesmith run {shlex.quote(str(target))}")
    if not output.quiet:
        output.say("\n".join(said), _facts(draft, target))


def _with_model(draft: Draft, request: str, model: str | None, usd: float, output: Output) -> Draft:
    """Let a language model read the request, too, where one is named here or in the user's settings."""
    settings = usual_settings(draft.folder, {"model": model})
    if not settings.tables["agents"].get("model"):
        return draft
    try:
        options = ModelOptions.parse(settings.tables["agents"])
    except InputError as error:
        raise settings.told(error.inside("agents")) from None
    from .drafting import amended  # Who drafts by rules does without what a model needs.

    return amended(draft, request, options, usd=usd, say=lambda told: _say_aside(told, output))


def _say_aside(told: str, output: Output) -> None:
    if not output.quiet:
        click.echo(f"tunesmith: {clean(told)}", err=True)


def _words_told(draft: Draft) -> Iterator[str]:
    """Yield what the user's words became, line by line."""
    for title, told in (("from your words:", draft.understood), ("not taken:", draft.not_understood)):
        if told:
            yield title
            yield from (f"  {clean(line)}" for line in told)


def _facts(draft: Draft, target: Path) -> dict[str, Any]:
    return {
        "study": str(target),
        "objective": draft.objective,
        "notes": list(draft.notes),
        "understood": list(draft.understood),
        "not_understood": list(draft.not_understood),
        "budget": dict(draft.budget),
        "search": dict(draft.search),
        "space": list(draft.space),
    }


def _asked(draft: Draft) -> Draft:
    """Let the user correct what was understood; Enter keeps it."""
    for question in draft.questions:
        answer = click.prompt(question.text, default=question.default)
        if answer != question.default:
            changes: dict[str, Any] = {question.field: answer}
            draft = dataclasses.replace(draft, **changes)
    return draft
