"""Why a script is not asked for its options, or gave no answer, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..text.wording import duration
from .command_line import CommandLine
from .reading.local_files import local_files, read_text, script_of
from .reading.makefile import is_make
from .shebang import language_of
from .shell_script import has_own_options, inner_command, is_shell_script

_PARSERS = re.compile(
    r"\b(argparse|Arg(ument)?Parser|parse_(known_)?(intermixed_)?args\w*|parse_opts?|get_args|get_parser|Fire\("
    r"|click|typer|fire|absl|hydra|tyro|docopt|omegaconf|OmegaConf|simple_parsing|jsonargparse|configargparse|optparse|(?:gnu_)?getopt"
    r"|HfArgumentParser|TrlParser|LightningCLI|pyrallis|draccus|pydantic_settings|cyclopts|yacs|cli_main|entrypoint)\b"
)
_PYTHON = re.compile(r"\b(python[\d.]*|torchrun|accelerate|deepspeed|uv|poetry|conda|srun|mpirun)\b")
_HOOKLESS = re.compile(r"-[a-zA-Z]*[IES][a-zA-Z]*")
_ELSEWHERE = {
    *("sbatch", "srun", "salloc", "qsub", "bsub", "condor_submit", "oarsub", "flux", "ray", "sky", "modal", "kubectl"),
    *("docker", "podman", "apptainer", "singularity", "ssh", "dvc", "snakemake", "nextflow", "make"),
}
"""Programs that start the script on another machine, in a container of its own, or with other work before it."""
_MISSING = re.compile(r"(?:ModuleNotFoundError: )?No module named '?([\w.]+)")
_LAST_ERROR = re.compile(r"^(?:[\w.]*(?:Error|Exception|Interrupt|Exit)\b|error:|usage:)", re.IGNORECASE)
_STATIC = "Until then its source is read, as --static does."
TRAINS = (
    f"The script begins to train without having read arguments in a way that is known: it was stopped there. {_STATIC}"
)


def why_read_instead(command: CommandLine) -> str | None:
    """Return why reading a command's script tells all that asking would, or None."""
    if is_make(command):
        return "make is not started only to ask its script: the variables in the Makefile are read."
    script = script_of(command)
    if script is None:
        return None
    if is_shell_script(command):
        if _PYTHON.search(read_text(script)) is None:
            return f"{script.name} starts no Python, and only Python scripts can be asked: its source is read."
        if has_own_options(command):
            return f"{script.name} reads options of its own: its source is read."
        inner = inner_command(command)
        return None if inner is None else why_read_instead(inner)
    if not _is_python(command, script):
        return f"Only Python scripts can be asked: the source of {script.name} is read."
    if script.suffix == ".py" and not _has_parser(command):
        return f"{script.name} and the modules beside it have no parser of arguments: the source is read."
    return None


def why_refused(command: CommandLine) -> str | None:
    """Return why a command is not started only to ask its script, and what to do, or None."""
    elsewhere = next((word for word in command.starters if word.rpartition("/")[2] in _ELSEWHERE), None)
    if elsewhere is not None:
        return f"{elsewhere} would start a job. Give the command that it runs. {_STATIC}"
    if script_of(command) is None and command.script is not None:
        return f"There is no script {command.script} in {command.folder}. Correct the command."
    if is_shell_script(command):
        return (
            f"A shell script is not started only to be asked, and {command.path and command.path.name} has no Python "
            f'command with "$@" that could be started in its place: give its Python command. {_STATIC}'
        )
    if any(_HOOKLESS.fullmatch(word) for word in command.program[1:2]):
        return f"python {command.program[1]} does not load what would ask the script: its source is read."
    return None


def why_it_ended(status: int | None, lines: Sequence[str], seconds: float, flooded: bool, heard: bool) -> str:
    """Return why a script gave no answer, and what to do.

    Args:
        status: Its exit status, negative for a signal; None if it was killed at the limit.
        lines: The last lines that it printed, cleaned.
        seconds: The time limit.
        flooded: It was killed because it printed too much.
        heard: A Python process of the command loaded what asks the script.
    """
    last = next((line for line in reversed(lines) if _LAST_ERROR.match(line)), lines[-1] if lines else "")
    if flooded:
        return (
            "The script printed more than 64 MB and had not read its arguments: it was killed. Let it read its "
            f"arguments first. {_STATIC}"
        )
    if not heard and status in (None, 0):
        return (
            f"The script could not be asked: after {duration(seconds)} no Python of version 3.8 or later that reads "
            f"PYTHONPATH had started. {_STATIC}"
        )
    if status is None:
        return (
            f"The script had not read its arguments after {duration(seconds)} and was killed: it loads or trains "
            f"before, or it reads them in a way that is not known. Let it read its arguments first. {_STATIC}"
        )
    if "EOFError" in last or "EOF when reading" in last:
        return f"The script asks for input before it reads its arguments. Let it read them first. {_STATIC}"
    missing = _MISSING.search(last)
    if missing is not None:
        return (
            f"The script needs the module '{missing[1]}', which this environment lacks. Install it, or activate the "
            f"script's environment. {_STATIC}"
        )
    if status == 0:
        return f"The script ended without reading arguments in a way that is known. {_STATIC}"
    how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
    reason = f": {last}" if last else ""
    return f"The script {how} before it had read its arguments{reason}. Run the command and correct that. {_STATIC}"


def _is_python(command: CommandLine, script: Path) -> bool:
    """Tell whether Python runs a script: its suffix says so, or the program before it, or its first line."""
    if script.suffix:
        return script.suffix == ".py"
    by_program = any(Path(word).name.startswith(("python", "pypy")) for word in command.program)
    return by_program or language_of(script) == "python"


def _has_parser(command: CommandLine) -> bool:
    return any(_PARSERS.search(text) for text in local_files(command).values())
