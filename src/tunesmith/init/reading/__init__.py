"""The options of a script, read in its source without running it. One module a language or a way to read arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..asked import Asked
from ..command_line import CommandLine
from . import (
    absl_calls,
    argparse_calls,
    argv,
    click_calls,
    configurator,
    environment,
    fields,
    hydra_config,
    julia_options,
    makefile,
    r_options,
    settings_fields,
    shell,
)
from .given import with_values
from .local_files import local_files, read_text, script_of
from .source import Found, Source

__all__ = ["read_options"]

_READERS: Mapping[str, tuple[Callable[[Source], Found], ...]] = {
    ".py": (
        *(hydra_config.read, absl_calls.read, click_calls.read, fields.read, argparse_calls.read),
        *(configurator.read, argv.read, settings_fields.read, environment.read),
    ),
    ".sh": (shell.read,),
    ".bash": (shell.read,),
    ".r": (r_options.read,),
    ".jl": (julia_options.read,),
}
_NOT_READ = re.compile(r"^\s*(?:import|from)\s+(docopt|jsonargparse|omegaconf)\b", re.MULTILINE)


def read_options(command: CommandLine) -> Asked:
    """Return the options of a script as its source shows them; nothing is run.

    Read are argparse and what is built on it, click, typer, fire, tyro and other dataclasses, absl with ml_collections,
    Hydra, constants that `--name=value` replaces, `sys.argv`, environment variables and pydantic's settings in Python,
    also in modules beside the script; `case`, variables and positions in shell; variables of a Makefile; optparse,
    argparse and `commandArgs` in R; ArgParse and `ARGS` in Julia.

    Args:
        command: The user's command; its words give the options their values.

    Returns:
        The options, and in `notes` what could not be read.
    """
    if makefile.is_make(command):
        return makefile.read(command)
    script = script_of(command)
    if script is None:
        return Asked(failure="The command starts no script of yours whose source could be read.")
    suffix = script.suffix.lower()
    readers = _READERS.get(suffix)
    if readers is None:
        return Asked(failure=f"Options are read in Python, shell, R and Julia, and not in {script.name}.")
    texts = local_files(command) if suffix == ".py" else {script: read_text(script)}
    source = Source(script, texts, command.arguments, command.folder)
    notes: list[str] = []
    for read in readers:
        found = read(source)
        notes += [note for note in found.notes if note not in notes]
        if found.options:
            sets_variables = suffix != ".py" or found.framework == environment.FRAMEWORK
            before = [f"{name}={value}" for name, value in command.variables.items()] if sets_variables else []
            options = with_values(found.options, [*before, *command.arguments])
            return Asked(options=options, framework=found.framework, notes=tuple(notes))
    libraries = sorted({name for text in texts.values() for name in _NOT_READ.findall(text)})
    if libraries and not notes:
        notes.append(
            f"The options are defined with {libraries[0]}, which tells them only when the script is asked: without "
            "--static."
        )
    return Asked(notes=tuple(notes))
