"""`tunesmith doctor`: checks of everything that a study needs, before anything is spent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..errors import InputError
from ..init.tryout import Limits
from ..init.tryout_words import announcement
from ..progress.terminal import near
from ..runner.signals import INTERRUPTED, handled, interrupt, say_interrupted
from ..service.doctor import Finding, Run, doctor_facts, examine
from ..study.study import Study
from ..tasks.command import CommandTask
from ..text.cleaning import clean
from ..text.shell import command
from ..text.wording import count
from .options import TRY_MINUTES, Output, speaking
from .trying import test_run, tryout_folder

_USUAL = Path("study.toml")


@click.command()
@click.argument("study", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--run/--no-run", "runs", default=None, help="Run the script once with your own values; asked otherwise.")
@click.option("--probe", is_flag=True, help="Run a trial that only looks around, where trials run: a job on a cluster.")
@click.option("--executor", help="Check this executor or profile in place of the one in the study.toml.")
@TRY_MINUTES
@speaking
def doctor(
    output: Output, study: Path | None, runs: bool | None, probe: bool, executor: str | None, try_minutes: float
) -> None:
    """Check the installation, the machine and the STUDY before anything is spent.

    STUDY is a study.toml; by default the one in the current folder, if there is one. The exit status is 1 if there is
    an error.
    """
    if study is None and _USUAL.exists():
        study = _USUAL
    if study is None and runs:
        raise InputError("--run runs the script of a study, but none was given. Name its study.toml.")
    if study is None and probe and executor is None:
        raise InputError("--probe needs to know where trials run. Name a study.toml, or give --executor.")
    asks = runs is None and sys.stdin.isatty() and not (output.json or output.quiet)

    def offered(opened: Study) -> Run | None:
        return _offered(opened, output, runs=runs, asks=asks, minutes=try_minutes)

    findings = []
    try:
        with handled(interrupt):
            for finding in examine(study, offered, executor=executor, probe_minutes=try_minutes if probe else 0.0):
                findings.append(finding)
                if not (output.json or (output.quiet and finding.severity in ("ok", "hint"))):
                    click.echo("\n".join(lines_of(finding)))
    except KeyboardInterrupt:
        say_interrupted("tunesmith: interrupted; nothing that doctor has started goes on.")
        raise click.exceptions.Exit(INTERRUPTED) from None
    facts = doctor_facts(findings)
    if output.json:
        output.say("", facts)
    elif not output.quiet:
        told = f"{count(facts['errors'], 'error')}, {count(facts['warnings'], 'warning')}"
        click.echo(f"\n{told}{'' if facts['errors'] else _next(study, executor)}")
    if facts["errors"]:
        raise click.exceptions.Exit(1)


def _offered(study: Study, output: Output, *, runs: bool | None, asks: bool, minutes: float) -> Run | None:
    """Return what runs a study's command once, if the user wants that."""
    task = study.task
    if not isinstance(task, CommandTask) or study.folder is None or runs is False or not (runs or asks):
        return None
    words = task.command if isinstance(task.command, str) else command(*task.command)
    if not (output.json or output.quiet):
        lines = announcement(words, task.folder, near(tryout_folder(study.folder)), Limits(seconds=60 * minutes))
        click.echo("\n".join(map(clean, lines)))
    if asks and not click.confirm("Run it?", default=False):
        return None
    return lambda task, parameters, folder: test_run(task, parameters, folder, output, minutes=minutes, seed=study.seed)


def lines_of(finding: Finding) -> Iterator[str]:
    """Yield the lines that show a finding."""
    yield f"{finding.severity:<8}{finding.check:<12}{clean(finding.message)}"
    if finding.remedy:
        yield f"{'':<20}{clean(finding.remedy)}"


def _next(study: Path | None, executor: str | None) -> str:
    given = [] if executor is None else ["--executor", executor]
    return "" if study is None else f"; next: {command('tunesmith', 'run', study, *given)}"
