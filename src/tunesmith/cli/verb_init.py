"""`tunesmith init`: write a first study.toml for a script or a config file."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..config.settings import usual_settings
from ..core.machine_faults import writing
from ..core.values import check_unicode
from ..errors import InputError
from ..init import Draft, draft_study, to_toml, with_request
from ..llm.options import ModelOptions
from ..text.cleaning import clean
from ..text.shell import command
from .options import Output, speaking

_USD = 0.25


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--request", help="The study in plain words: what to improve, what to tune, for how long.")
@click.option("--objective", help="For example 'minimize val_loss'; by default inferred from the script.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default study.toml beside PATH.",
)
@click.option("--model", help="A language model that reads the request too, as openrouter:anthropic/claude-sonnet-4.5.")
@click.option("--usd", type=click.FloatRange(min=0), default=_USD, help="The limit of its cost.", show_default=True)
@click.option("--no-agents", is_flag=True, help="Ask no language model.")
@click.option("--yes", "-y", is_flag=True, help="Ask no questions.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
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
    """Write a commented study.toml for PATH: a script, a config file, or a folder with them.

    PATH is read and never run.
    """
    if model is not None and request is None:
        raise InputError("--model needs a request to read, got none. Add --request, or leave --model out.")
    draft = draft_study(path, objective=objective)
    target = to or draft.folder / "study.toml"
    if target.exists() and not force:
        raise InputError(f"{target} exists already. Add --force to overwrite it, or choose another file with --to.")
    if request is not None:
        draft = with_request(draft, request)
        if not no_agents:
            draft = _with_model(draft, request, model, usd, output)
    asks = not (yes or output.json or output.quiet) and sys.stdin.isatty()
    if asks:
        click.echo("\n".join(_request_lines(draft)), nl=request is not None)
        draft = _asked(draft)
    paths = [str(draft.folder.absolute()), draft.command, draft.config, draft.name]
    check_unicode(paths, "the paths in a study.toml", "Rename that file or folder.")
    text = to_toml(draft)
    with writing(target):
        target.write_text(text, encoding="utf-8")
    to_do = [clean(note) for note in draft.notes if note.startswith("TO DO")]
    notes = [f"  {clean(note)}" for note in draft.notes if not note.startswith("TO DO")]
    lines = [f"wrote {target}", *notes, *to_do, *([] if asks else _request_lines(draft))]
    if request is not None:
        lines += ["", text[text.index("[study]") :]]
    lines.append(f"next: check it, then run it: {command('tunesmith', 'run', target)}")
    if not output.quiet:
        output.say("\n".join(lines), _facts(draft, target))


def _with_model(draft: Draft, request: str, model: str | None, usd: float, output: Output) -> Draft:
    """Let a language model read the request too, if the flag or the user's settings name one."""
    settings = usual_settings(draft.folder, {"model": model})
    if not settings.tables["agents"].get("model"):
        return draft
    try:
        options = ModelOptions.parse(settings.tables["agents"])
    except InputError as error:
        raise settings.located(error.inside("agents")) from None
    from .drafting import amend  # Not needed without a model, and slow to import.

    return amend(draft, request, options, usd=usd, say=lambda line: _say_aside(line, output))


def _say_aside(line: str, output: Output) -> None:
    if not output.quiet:
        click.echo(f"tunesmith: {clean(line)}", err=True)


def _request_lines(draft: Draft) -> Iterator[str]:
    """Yield the effect of each phrase of the request, and the phrases without one."""
    rest = "not understood or refused (edit the file instead):"
    for title, entries in (("your request:", draft.understood), (rest, draft.not_understood)):
        if entries:
            yield title
            yield from (f"  {clean(line)}" for line in entries)


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
    """Ask the draft's questions; Enter keeps the present value."""
    for field, (text, default) in draft.questions.items():
        answer = click.prompt(text, default=default)
        if answer != default:
            changes: dict[str, Any] = {field: answer}
            draft = dataclasses.replace(draft, **changes)
    return draft
