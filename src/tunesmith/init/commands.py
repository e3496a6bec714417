"""The command of one trial, with the flags that the script accepts."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from ..trial_folder.names import ENVIRONMENT_FILE, PARAMETERS_FILE, RESULT_FILE
from .draft import Draft
from .flags import Flag, Flags
from .name_words import words
from .sources import INTERPRETERS, Sources

_CONFIG_FLAGS = ("--config", "--cfg", "--config-file", "--config-path", "--conf", "-c")
_OUT_FLAGS = (
    "--out", "--output", "--output-dir", "--out-dir", "--outdir", "--save-dir", "--save-path", "--log-dir", "--logdir",
    "--results-dir", "--workdir", "--work-dir", "-o",
)  # fmt: skip
_SEED_FLAGS = ("--seed", "--random-seed", "--random-state")
_TAKEN = (ENVIRONMENT_FILE, PARAMETERS_FILE, RESULT_FILE)


def with_command(draft: Draft, sources: Sources, flags: Flags) -> Draft:
    """Return a draft with the command of a trial, and with notes on what the script lacks."""
    if sources.script is None:
        return replace(
            draft,
            command="python train.py --config {config} --out {trial_dir}",
            notes=(*draft.notes, "TO DO: correct the command, since no script was found."),
        )
    notes = list(draft.notes)
    script = sources.script.relative_to(sources.folder).as_posix()
    program = "bash" if re.match(r"#!.*bash", sources.text) else INTERPRETERS.get(sources.script.suffix.lower())
    command = [program, shlex.quote(script)] if program else [shlex.quote(f"./{script}")]
    if draft.config == script:
        command = ["python", "{config}"]
        notes.append(
            'If the script imports modules from its own folder, set environment = { PYTHONPATH = "." } in [task].'
        )
    elif draft.config is None:
        command.append("{args}")
    elif takes_config(sources, flags):
        option = flags.option(_CONFIG_FLAGS)
        command += [option, "{config}"] if option else ["{config}"]
    else:
        command += ["--config", "{config}"]
        how = "imports" if sources.imported else "always reads"
        notes.append(
            f"TO DO: add a flag --config PATH to {sources.script.name}, which {how} {draft.config} and would never see "
            "the edited copy. The command already uses the flag."
        )
    seed, out = flags.option(_SEED_FLAGS), flags.option(_OUT_FLAGS)
    command += [seed, "{seed}"] if seed else []
    command += [out, "{trial_dir}"] if out else []
    if draft.metrics in _TAKEN:
        notes.append(
            f"TO DO: use another name than {draft.metrics} in the script: tunesmith writes a file of that name itself."
        )
    if draft.metrics not in (None, "stdout") and out is None and "TUNESMITH_TRIAL_DIR" not in sources.text:
        notes.append(
            f"TO DO: let the script write {draft.metrics} into the trial's folder: {{trial_dir}} in the command, or "
            "TUNESMITH_TRIAL_DIR in the environment."
        )
    missing = [flag for flag in flags.flags if flag.required and not _is_given(flag, command, draft)]
    notes += [f"TO DO: add '{flag.name}' to the command, since the script requires it." for flag in missing]
    return replace(draft, command=" ".join(command), notes=tuple(notes))


def takes_config(sources: Sources, flags: Flags) -> bool:
    """Tell whether a script accepts the path of a config, as a flag or as its only argument."""
    if flags.option(_CONFIG_FLAGS) is not None or any(not flag.options and _is_config(flag) for flag in flags.flags):
        return True
    return not flags.flags and re.search(r"sys\.argv\[1\]|\$1\b", sources.text) is not None


def _is_config(flag: Flag) -> bool:
    return bool(set(words(flag.name)) & {"config", "cfg", "conf"})


def _is_given(flag: Flag, command: list[str], draft: Draft) -> bool:
    if not flag.options:
        return _is_config(flag)
    return flag.name in draft.space or any(option in command for option in flag.options)
