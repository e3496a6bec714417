"""`tunesmith init`: write a first study.toml for the user's own command, a script or a config file."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..config.settings import usual_settings
from ..core.machine_faults import writing
from ..core.values import check_unicode
from ..errors import InputError
from ..init import Asked, CommandLine, Draft, Sources, draft_study, find_sources, sources_of, to_toml, with_request
from ..llm.options import ModelOptions
from ..text.cleaning import clean
from ..text.shell import command
from .options import TRY_MINUTES, Output, speaking

if TYPE_CHECKING:
    from ..init.tryout import Tryout

_USD = 0.25
_WORDS = "tunesmith.command"


class _Init(click.Command):
    """Takes all words after `--` as the user's own command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            ctx.meta[_WORDS] = args[args.index("--") + 1 :]
            args = args[: args.index("--")]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[OPTIONS] [PATH]")
        formatter.write_usage(ctx.command_path, "[OPTIONS] -- COMMAND ...", prefix="       ")


@click.command(cls=_Init)
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--static", is_flag=True, help="Run nothing: read the script's source.")
@click.option("--try/--no-try", "runs", default=None, help="Run your own configuration once, to see what it shows.")
@TRY_MINUTES
@click.option("--request", help="The study in plain words: what to improve, what to tune, for how long.")
@click.option("--objective", help="For example 'minimize val_loss'; by default inferred from the script.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; by default study.toml in the folder of the command.",
)
@click.option("--model", help="A language model that looks at the draft, as openrouter:anthropic/claude-sonnet-4.5.")
@click.option("--usd", type=click.FloatRange(min=0), default=_USD, help="The limit of its cost.", show_default=True)
@click.option("--no-agents", is_flag=True, help="Ask no language model.")
@click.option("--yes", "-y", is_flag=True, help="Ask no questions.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@speaking
@click.pass_context
def init(
    context: click.Context,
    output: Output,
    path: Path | None,
    static: bool,
    runs: bool | None,
    try_minutes: float,
    request: str | None,
    objective: str | None,
    to: Path | None,
    model: str | None,
    usd: float,
    no_agents: bool,
    yes: bool,
    force: bool,
) -> None:
    """Write a commented study.toml for the command that you run today.

    COMMAND is your training command with its flags: tunesmith init -- python train.py --lr 0.1. PATH is a script, a
    shell script with one such command, a config file, or a folder with them.

    A Python script is asked for its options: it runs up to the point where it has read its arguments. With --static it
    is only read.
    """
    if static and runs:
        raise InputError("--static runs nothing, and --try runs your script. Leave one out.")
    sources = _sources(context, path)
    target = to or _from_here(sources.folder / "study.toml")
    if target.exists() and not force:
        raise InputError(f"{target} exists already. Add --force to overwrite it, or choose another file with --to.")
    words = () if sources.command is None else sources.command.words
    _check_unicode([str(sources.folder.absolute()), *words])
    asked = None if static else _ask(sources, output)
    draft = draft_study(sources, objective=objective, asked=asked)
    asks = not (yes or output.json or output.quiet) and sys.stdin.isatty()
    tryout = None
    if runs or (runs is None and asks and not static):
        from .trying import with_test_run

        draft, tryout = with_test_run(
            draft, sources, output, asked, objective=objective, minutes=try_minutes, wanted=runs, asks=asks
        )
    if request is not None:
        draft = with_request(draft, request)
    if not no_agents:
        draft = _with_model(draft, request, model, usd, output)
    if asks:
        click.echo("\n".join(_request_lines(draft)), nl=request is not None)
        draft = _answered(draft)
    _write(draft, target)
    lines = [*_lines(draft, target, asks=asks), *_result(draft, target, request is not None)]
    if not output.quiet:
        output.say("\n".join(lines), _facts(draft, target, tryout))
    if not draft.space:
        context.exit(2)


def _from_here(path: Path) -> Path:
    """Return a path as the user would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _sources(context: click.Context, path: Path | None) -> Sources:
    """Return the sources of the command after `--`, or of the path."""
    words = context.meta.get(_WORDS)
    if words is None:
        return find_sources(path or Path())
    if path is not None:
        raise InputError(f"expected a PATH or a command after --, got both {path} and a command. Leave one out.")
    return sources_of(CommandLine.parse(words, Path.cwd()))


def _ask(sources: Sources, output: Output) -> Asked | None:
    """Ask the script for its options; None if only its source tells them."""
    from ..init.asking import ask
    from ..init.why_not_asked import why_read_instead

    if sources.command is None or (sources.command.script is None and not sources.is_own):
        return None
    if why_read_instead(sources.command) is not None:
        return None

    def announce(started: CommandLine) -> None:
        line = command(*started.own_words)
        _say_aside(f"running your script up to the point where it has read its arguments: {line}", output)

    return ask(sources.command, on_start=announce)


def _with_model(draft: Draft, request: str | None, model: str | None, usd: float, output: Output) -> Draft:
    """Let a language model look at the draft, if the flag or the user's settings name one."""
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


def _check_unicode(paths: list[str | None]) -> None:
    check_unicode(paths, "the paths in a study.toml", "Rename that file or folder.")


def _write(draft: Draft, target: Path) -> None:
    _check_unicode([draft.command, draft.config, draft.name])
    text = to_toml(draft)
    with writing(target):
        target.write_text(text, encoding="utf-8")


def _lines(draft: Draft, target: Path, *, asks: bool) -> Iterator[str]:
    """Yield what was found, what is to do, and what became of the request."""
    yield f"wrote {target}"
    yield from (f"  {clean(note)}" for note in draft.notes if not note.startswith("TO DO"))
    yield from (clean(note) for note in draft.notes if note.startswith("TO DO"))
    if not asks:
        yield from _request_lines(draft)


def _result(draft: Draft, target: Path, has_request: bool) -> Iterator[str]:
    """Yield the settings that a request changed, and what comes next."""
    if has_request:
        text = to_toml(draft)
        yield from ("", text[text.index("[study]") :])
    has_to_do = any(note.startswith("TO DO") for note in draft.notes)
    if draft.space:
        first = "do what is marked TO DO" if has_to_do else "check it"
        yield f"next: {first}, then run it: {command('tunesmith', 'run', target)}"
    elif any(note.startswith("TO DO: fix the script") for note in draft.notes):
        yield "nothing is tuned yet: do what is marked TO DO, then give the same command again"
    else:
        yield f"nothing is tuned yet: complete [space] in {target}, or give the command that you use with its flags"


def _request_lines(draft: Draft) -> Iterator[str]:
    """Yield the effect of each phrase of the request, and the phrases without one."""
    rest = "not understood or refused (edit the file instead):"
    for title, entries in (("your request:", draft.understood), (rest, draft.not_understood)):
        if entries:
            yield title
            yield from (f"  {clean(line)}" for line in entries)


def _facts(draft: Draft, target: Path, tryout: Tryout | None) -> dict[str, Any]:
    from ..init.tryout_words import tryout_facts  # Not needed where nothing is run.

    return ({} if tryout is None else {"tryout": tryout_facts(tryout)}) | {
        "study": str(target),
        "command": draft.command,
        "objective": draft.objective,
        "notes": list(draft.notes),
        "understood": list(draft.understood),
        "not_understood": list(draft.not_understood),
        "budget": dict(draft.budget),
        "search": dict(draft.search),
        "space": list(draft.space),
        "not_tuned": dict(draft.skipped),
    }


def _answered(draft: Draft) -> Draft:
    """Ask the draft's questions; Enter keeps the present value."""
    for field, (text, default) in draft.questions.items():
        answer = click.prompt(text, default=default)
        if answer != default:
            changes: dict[str, Any] = {field: answer}
            draft = dataclasses.replace(draft, **changes)
    return draft
