"""`tunesmith run`: start or resume a study."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ..config.settings import FLAGS, Settings
from ..core.machine_faults import writing
from ..errors import OutputError, StudyFailed
from ..progress.terminal import CleanConsole
from ..runner.signals import INTERRUPTED, handle, handled, leave, say_interrupted
from ..service.facts import study_facts
from ..service.settings import settings_of
from ..study.study import Study
from ..study.tuning import study_from_settings
from ..text.cleaning import clean, without_passwords
from ..text.shell import command
from .options import Output, put_aside, speaking
from .views import summary
from .watch import watched

_HELP: dict[str, tuple[Any, str]] = {
    "trials": (int, "Maximum number of trials, repeats included."),
    "minutes": (float, "Maximum wall-clock minutes, over all sessions."),
    "target": (float, "Stop when the metric is at least this good."),
    "patience": (int, "Stop after this many trials without a new best."),
    "seconds_per_trial": (float, "Maximum wall-clock seconds per trial."),
    "memory_gb": (float, "Maximum memory per trial, in GB."),
    "usd": (float, "Maximum cost of language models."),
    "proposer": (str, "Proposes trials: portfolio, gp, tpe, evolution, region, quasirandom, random, grid, pbt."),
    "pruner": (str, "Stops poor trials early: asha, curve, hyperband, median, none."),
    "parallel": (int, "Number of trials that run at once."),
    "executor": (
        str,
        "Where trials run: process, inline, slurm, pbs, lsf, hq, parsl, dask, globus, ssh, or a profile of tunesmith "
        "setup; process:4 runs four at once.",
    ),
    "model": (str, "A language model that advises, for example openrouter:anthropic/claude-sonnet-4.5."),
    "record": (str, "Append all exchanges with language models to this file."),
    "replay": (str, "Answer from this recording instead of calling language models."),
    "seed": (int, "The seed of all randomness."),
    "folder": (str, "The study's folder."),
}


def _overrides(verb: Callable[..., None]) -> Callable[..., None]:
    for name in reversed(FLAGS):
        kind, text = _HELP[name]
        verb = click.option(f"--{name.replace('_', '-')}", name, type=kind, help=text)(verb)
    return verb


@click.command()
@click.argument("study", type=click.Path(path_type=Path), default=Path("study.toml"))
@_overrides
@click.option("--dry-run", is_flag=True, help="Check the study and show each setting with its source; run nothing.")
@click.option("--no-agents", is_flag=True, help="Use no language model, whatever the settings say.")
@click.option("--fresh", is_flag=True, help="Start over; the earlier study is kept under another name.")
@speaking
def run(output: Output, study: Path, dry_run: bool, no_agents: bool, fresh: bool, **flags: Any) -> None:
    """Start the study that STUDY describes, or resume it.

    STUDY is a study.toml (the default) or the folder of an earlier study.
    """
    with handled(leave):  # Nothing runs yet, and much is imported.
        settings = settings_of(study, flags)
        if no_agents:
            settings.tables["agents"] = {}
        if fresh and not dry_run:
            put_aside(settings.folder)
        built = study_from_settings(settings)
    if dry_run:
        output.say(_settings_table(settings, built), _settings_facts(settings))
        return
    console = CleanConsole()
    try:
        with watched(built, output, console), built:
            _run(built, settings)
    except KeyboardInterrupt:
        handle(leave)
        settled = built.history.settled
        kept = f"{settled} settled trial{' is' if settled == 1 else 's are'} kept"
        say_interrupted(f"tunesmith: interrupted; {kept}. Resume with: {_resume_command(study, flags, no_agents)}")
        raise click.exceptions.Exit(INTERRUPTED) from None
    except StudyFailed:
        _report(built)
        raise
    _report(built)
    if output.json or not output.quiet:
        output.say(summary(built.history, built.name, built.folder), study_facts(built))


def _resume_command(study: Path, flags: Mapping[str, Any], no_agents: bool) -> str:
    """Return the command that resumes a study with the same flags."""
    words = ["tunesmith", "run", study]
    for name, value in flags.items():
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return command(*words, *(["--no-agents"] if no_agents else []))


def _run(study: Study, settings: Settings) -> None:
    assert study.folder is not None
    study.recorder.hold()
    _keep_settings(study.folder / "study.toml", settings.text)
    study.run(progress=False)  # The view of `run` shows more.


def _keep_settings(path: Path, text: str) -> None:
    """Write the study's own copy of its study.toml, unless that is what it holds."""
    with writing(path):
        if path.exists() and path.read_bytes() == text.encode():
            return
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            draft.write_bytes(text.encode())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _report(study: Study) -> None:
    """Write the report. A report that cannot be written does not fail the study."""
    try:
        with handled(leave):
            study.report()
    except OutputError as error:
        click.echo(f"tunesmith: no report was written: {error}", err=True)


def _shown(value: Any) -> Any:
    """Return a setting without the passwords of its URLs."""
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    return without_passwords(value) if isinstance(value, str) else value


def _settings_facts(settings: Settings) -> dict[str, Any]:
    return {
        "folder": str(settings.folder),
        "settings": {
            table: {
                key: {"value": _shown(value), "from": settings.origins.get((table, key), settings.source.name)}
                for key, value in entries.items()
            }
            for table, entries in settings.tables.items()
        },
    }


def _settings_table(settings: Settings, study: Study) -> str:
    lines = [f"{settings.source.name} is valid; nothing was run.", f"folder  {settings.folder}", ""]
    for table, entries in settings.tables.items():
        for key, value in entries.items():
            origin = settings.origins.get((table, key), settings.source.name)
            lines.append(f"  {clean(f'{table}.{key}'):<36} {clean(_shown(value)):<44.44}  {origin}")
    trial = study.engine.baseline()
    lines += ["", "trial 0, your own configuration:"]
    lines += [f"  {clean(name):<36} {clean(value)}" for name, value in trial.parameters.items()]
    if study.gateway is not None:
        lines += ["", study.gateway.estimate()]
    return "\n".join(lines)
