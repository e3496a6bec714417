"""`tunesmith setup`: a profile of a machine or cluster, from a few questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .. import plugins
from ..config.profiles import profile_path, write_profile
from ..errors import InputError
from ..service.doctor.cluster import check_cluster
from ..text.cleaning import clean
from .options import Output, speaking
from .verb_doctor import lines_of

_KINDS = ("slurm", "pbs", "lsf", "process")
_QUEUE = {"slurm": "partition", "pbs": "queue", "lsf": "queue"}
_ACCOUNT = {"slurm": "account", "pbs": "account", "lsf": "project"}


@click.command()
@click.argument("name")
@click.option("--executor", type=click.Choice(_KINDS), help="The batch system, or process for the machine itself.")
@click.option("--host", help="The login node, as for ssh, if the study runs elsewhere, as on a laptop.")
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once, waiting jobs included.")
@click.option("--queue", help="The partition or queue; empty for the default.")
@click.option("--account", help="The account or project to charge; empty for none.")
@click.option("--cores", type=click.IntRange(min=1), help="Cores for each trial.")
@click.option("--gpus", type=click.IntRange(min=0), help="GPUs for each trial.")
@click.option("--memory-gb", type=click.FloatRange(min=0, min_open=True), help="Memory for each trial.")
@click.option("--walltime", help="The time of a job, as HH:MM:SS.")
@click.option("--commands", help="Shell commands that come first, as 'module load python'.")
@click.option("--python", help="The interpreter there; the one of tunesmith by default.")
@click.option("--there", help="With --host: the folder for studies there, which compute nodes see.")
@click.option("--force", is_flag=True, help="Overwrite a profile of this name.")
@click.option("--yes", "-y", is_flag=True, help="Ask no questions: what is not given keeps its default.")
@speaking
def setup(output: Output, name: str, force: bool, yes: bool, **given: Any) -> None:
    """Write the profile NAME, which says how trials run on a machine or cluster.

    What is not given as an option is asked. Then write executor = "NAME" in [execution] of a study.toml.
    """
    path = profile_path(name)
    if name in plugins.names("executors"):
        raise InputError(f"a profile needs a name of its own, but {name!r} is an executor.")
    if path.exists() and not force:
        raise InputError(f"there is a profile {path} already. Overwrite it with --force.")
    asks = sys.stdin.isatty() and not (yes or output.json or output.quiet)
    profile = _profile({**given, **(_answers(given) if asks else {})})
    executor = _created(profile)
    path = write_profile(name, profile)
    findings = list(check_cluster(executor, Path.home()))
    if output.json:
        output.say("", {"profile": str(path), "settings": profile, "findings": [vars(finding) for finding in findings]})
        return
    if output.quiet:
        return
    click.echo(f"{clean(str(path))} is written")
    for finding in findings:
        click.echo("\n".join(lines_of(finding)))
    click.echo(f'\nNext: executor = "{name}" in [execution] of study.toml, or: tunesmith run --executor {name}')


def _answers(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for what was not given."""
    answers: dict[str, Any] = {}

    def ask(key: str, text: str, default: Any) -> Any:
        if given[key] is None:
            answers[key] = click.prompt(text, default=default, show_default=default != "")
        return answers.get(key, given[key])

    ask("host", "Login node, as for ssh; empty if the study runs there itself", "")
    kind = ask("executor", f"Batch system ({', '.join(_KINDS)})", "slurm")
    if kind not in _KINDS:
        raise InputError(f"the batch system must be one of {', '.join(_KINDS)}, got {kind!r}.")
    ask("slots", "Trials at once", 8)
    if kind in _QUEUE:
        ask("queue", f"{_QUEUE[kind].capitalize()}; empty for the default", "")
        ask("account", f"{_ACCOUNT[kind].capitalize()} to charge; empty for none", "")
        ask("cores", "Cores for each trial", 1)
        ask("gpus", "GPUs for each trial", 0)
        ask("walltime", "Time of a job, as HH:MM:SS", "01:00:00")
    ask("commands", "Shell commands that come first, as 'module load python'; empty for none", "")
    if answers.get("host", given["host"]):
        ask("there", "Folder for studies there, which compute nodes see", "~/.tunesmith")
    return answers


def _profile(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of `[execution]` for some answers."""
    kind = answers["executor"] or ("process" if answers["host"] else "slurm")
    options: dict[str, Any] = {}
    if kind in _QUEUE:
        named = {_QUEUE[kind]: "queue", _ACCOUNT[kind]: "account"}
        named |= {key: key for key in ("cores", "gpus", "memory_gb", "walltime")}
        options = {key: answers[answer] for key, answer in named.items() if answers[answer] not in (None, "", 0)}
    slots = answers["slots"] or 1
    if not answers["host"]:
        if kind in _QUEUE:
            there = {"worker_init": answers["commands"], "python": answers["python"]}
            options |= {key: value for key, value in there.items() if value}
        return {"executor": f"{kind}:{slots}", **options}
    access = {"host": answers["host"], "setup": answers["commands"], "python": answers["python"]}
    access["folder"] = answers["there"]
    found = {key: value for key, value in access.items() if value}
    return {"executor": f"ssh:{slots}", **found, "remote": {"name": kind, **options}}


def _created(profile: dict[str, Any]) -> Any:
    """Create the executor of a profile, to find wrong options before they are written."""
    name, _, slots = profile["executor"].partition(":")
    options = {key: value for key, value in profile.items() if key != "executor"}
    return plugins.create("executors", name, {"slots": int(slots), **options})
