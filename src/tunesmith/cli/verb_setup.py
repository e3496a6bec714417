"""`tunesmith setup`: a profile of a machine or cluster, from a few questions."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from .. import plugins
from ..config.profiles import profile_names, profile_path, read_profile, write_profile
from ..errors import InputError
from ..service.doctor import Finding
from ..service.doctor.cluster import check_cluster
from ..text.cleaning import clean
from ..text.shell import command
from .options import Output, speaking
from .verb_doctor import lines_of

_KINDS = ("slurm", "pbs", "lsf", "globus", "process")
_QUEUE = {"slurm": "partition", "pbs": "queue", "lsf": "queue", "parsl": "queue"}
_ACCOUNT = {"slurm": "account", "pbs": "account", "lsf": "project", "parsl": "account"}


@click.command()
@click.argument("name")
@click.option(
    "--executor",
    type=click.Choice(_KINDS),
    help="The batch system, globus, or process for the machine itself.",
)
@click.option("--like", help="Begin with this profile, as polaris, and change what is given.")
@click.option("--endpoint", help="With globus: the id of the endpoint.")
@click.option("--host", help="The login node, as for ssh, if the study runs elsewhere, as on a laptop.")
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once, waiting jobs included.")
@click.option("--queue", help="The partition or queue; empty for the default.")
@click.option("--account", help="The account or project to charge; empty for none.")
@click.option("--cores", type=click.IntRange(min=1), help="Cores for each trial.")
@click.option("--gpus", type=click.IntRange(min=0), help="GPUs for each trial.")
@click.option("--memory-gb", type=click.FloatRange(min=0, min_open=True), help="Memory for each trial.")
@click.option("--walltime", help="The time of a job, as HH:MM:SS.")
@click.option("--options", help="Further lines of the batch script, as '#PBS -l filesystems=home:eagle'.")
@click.option("--commands", help="Shell commands that come first, as 'module load python'; after those of --like.")
@click.option("--python", help="The interpreter there; the one of tunesmith by default.")
@click.option("--there", help="With --host: the folder for studies there, which compute nodes see.")
@click.option("--force", is_flag=True, help="Overwrite a profile of this name, and write one with errors.")
@click.option("--yes", "-y", is_flag=True, help="Ask no questions: what is not given keeps its default.")
@speaking
def setup(output: Output, name: str, force: bool, yes: bool, **given: Any) -> None:
    """Write the profile NAME, which says how trials run on a machine or cluster.

    What is not given as an option is asked. Then write executor = "NAME" in [execution] of a study.toml. The exit
    status is 1 if a check finds an error.
    """
    path = profile_path(name)
    if name in plugins.names("executors"):
        raise InputError(f"a profile needs a name of its own, but {name!r} is an executor.")
    if path.exists() and not force:
        raise InputError(f"there is a profile {path} already. Overwrite it with --force.")
    asks = sys.stdin.isatty() and not (yes or output.json or output.quiet)
    like = given.pop("like")
    begun = _begun(like)
    answers = {**given, **(_answers(given, begun) if asks else {})}
    profile = _profile(answers, begun)
    executor = _created(profile)
    findings = list(check_cluster(executor))
    is_wrong = any(finding.severity == "error" for finding in findings)
    is_written = force or not is_wrong
    if is_written:
        path = write_profile(name, profile)
    if output.json:
        facts = {"profile": str(path) if is_written else None, "settings": profile}
        output.say("", facts | {"findings": [vars(finding) for finding in findings]})
    else:
        _say(findings, path if is_written else None, output)
        if is_wrong:
            _say_correction(name, {**answers, "like": like}, is_written=is_written)
        elif not output.quiet:
            _say_next(name, on_cluster=bool(findings))
    if is_wrong:
        raise click.exceptions.Exit(1)


def _say(findings: Sequence[Finding], path: Path | None, output: Output) -> None:
    """Print where the profile is, unless it is not written, and what was found."""
    if path is not None and not output.quiet:
        click.echo(f"{clean(str(path))} is written")
    for finding in findings:
        if not (output.quiet and finding.severity in ("ok", "hint")):
            click.echo("\n".join(lines_of(finding)))


def _say_correction(name: str, answers: Mapping[str, Any], *, is_written: bool) -> None:
    """Print what to type once the errors are corrected: the command with all answers."""
    words = ["tunesmith", "setup", name]
    for key, value in answers.items():
        if value not in (None, ""):
            words += [f"--{key.replace('_', '-')}", str(value)]
    words += ["--yes", *(["--force"] if is_written else [])]
    state = "The profile is written all the same" if is_written else "No profile is written; --force writes it as it is"
    click.echo(f"\n{state}. Next: correct what is wrong, and type this again:\n    {command(*words)}")


def _say_next(name: str, *, on_cluster: bool) -> None:
    click.echo(f'\nNext: executor = "{name}" in [execution] of study.toml, or: tunesmith run --executor {name}')
    if on_cluster:
        click.echo(f"To see whether a job starts there: tunesmith doctor --executor {name} --probe")


def _begun(like: str | None) -> dict[str, Any]:
    """Return the settings of the profile to begin with; none without one."""
    if like is None:
        return {}
    profile = read_profile(like)
    if profile is None:
        raise InputError(f"there is no profile {like!r} to begin with. Known: {', '.join(profile_names())}.")
    return profile


def _answers(given: dict[str, Any], begun: dict[str, Any]) -> dict[str, Any]:
    """Ask for what was not given."""
    answers: dict[str, Any] = {}
    begun_kind, _, begun_slots = begun.get("executor", "slurm:8").partition(":")

    def ask(key: str, text: str, default: Any, kind: Any = None) -> Any:
        if given[key] is None:
            answers[key] = click.prompt(text, default=default, show_default=default != "", type=kind)
        return answers.get(key, given[key])

    ask("host", "Login node, as for ssh; empty if the study runs there itself", "")
    kind = begun_kind if begun else ask("executor", "Batch system", begun_kind, click.Choice(_KINDS))
    ask("slots", "Trials at once", int(begun_slots or 1))
    if kind in _QUEUE:
        ask("queue", f"{_QUEUE[kind].capitalize()}; empty for the default", begun.get(_QUEUE[kind], ""))
        ask("account", f"{_ACCOUNT[kind].capitalize()} to charge; empty for none", begun.get(_ACCOUNT[kind], ""))
        if not begun:
            ask("cores", "Cores for each trial", 1)
            ask("gpus", "GPUs for each trial", 0)
        ask("walltime", "Time of a job, as HH:MM:SS", begun.get("walltime", "01:00:00"))
    if kind == "globus":
        ask("endpoint", "Endpoint, the id that globus-compute-endpoint list shows", begun.get("endpoint", ""))
    elif not begun:
        ask("commands", "Shell commands that come first, as 'module load python'; empty for none", "")
    if answers.get("host", given["host"]):
        ask("there", "Folder for studies there, which compute nodes see", "~/.tunesmith")
    return answers


def _profile(answers: dict[str, Any], begun: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of `[execution]` for some answers, and for what the user began with."""
    begun_kind, _, begun_slots = begun.get("executor", "").partition(":")
    kind = answers["executor"] or begun_kind or ("process" if answers["host"] else "slurm")
    options = {key: value for key, value in begun.items() if key != "executor"} if kind == begun_kind else {}
    if kind in _QUEUE:
        named = {_QUEUE[kind]: "queue", _ACCOUNT[kind]: "account"}
        named |= {key: key for key in ("cores", "walltime")}
        named |= {key: key for key in ("gpus", "memory_gb") if kind != "parsl"}
        named["options"] = "options"
        options |= {key: answers[answer] for key, answer in named.items() if answers[answer] not in (None, "", 0)}
    if kind == "globus":
        options |= {"endpoint": answers["endpoint"] or options.get("endpoint", "")}
    slots = answers["slots"] or begun_slots or 1
    if not answers["host"]:
        if kind in _QUEUE:
            commands = filter(None, (options.get("worker_init"), answers["commands"]))
            there = {"worker_init": "; ".join(commands), "python": answers["python"]}
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
