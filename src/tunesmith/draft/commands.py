"""The command of one trial, with the flags that a script really has."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from .drafts import Draft
from .flags import Flag, Flags
from .sources import INTERPRETERS, Sources
from .words import words

_CONFIG_FLAGS = (
    "--config",
    "--cfg",
    "--config-file",
    "--config_file",
    "--config-path",
    "--config_path",
    "--conf",
    "-c",
)
_OUT_FLAGS = (
    "--out", "--output", "--output-dir", "--output_dir", "--out-dir", "--out_dir", "--outdir", "--save-dir",
    "--save_dir", "--save-path", "--save_path", "--log-dir", "--log_dir", "--logdir", "--results-dir", "--results_dir",
    "--workdir", "--work-dir", "--work_dir", "-o",
)  # fmt: skip
_SEED_FLAGS = ("--seed", "--random-seed", "--random_seed", "--random-state", "--random_state")
_TAKEN = ("parameters.json", "environment.json", "result.json")


def with_command(draft: Draft, sources: Sources, flags: Flags, text: str) -> Draft:
    """Write the command with the flags that the script really has."""
    if sources.script is None:
        return replace(
            draft,
            command="python train.py --config {config} --out {trial_dir}",
            notes=(*draft.notes, "No script was found: correct the command."),
        )
    notes = list(draft.notes)
    script = sources.script.relative_to(sources.folder).as_posix()
    program = "bash" if re.match(r"#!.*bash", text) else INTERPRETERS.get(sources.script.suffix.lower())
    command = [*([program] if program else []), script if program else f"./{script}"]
    command = [shlex.quote(word) for word in command]
    if draft.config == script:
        command = ["python", "{config}"]
        notes.append(
            'If the script imports modules that lie beside it, set environment = { PYTHONPATH = "." } in [task].'
        )
    elif draft.config is not None:
        command += _config_words(draft.config, sources, flags, text, notes)
    else:
        command.append("{args}")
    seed = flags.option(*_SEED_FLAGS)
    command += [seed, "{seed}"] if seed else []
    out = flags.option(*_OUT_FLAGS)
    command += [out, "{trial_dir}"] if out else []
    metrics = draft.metrics
    if metrics in _TAKEN:
        notes.append(
            f"TO DO: {metrics} is a file of tunesmith's own in a trial's folder. Let the script use another name."
        )
    if metrics not in (None, "stdout") and out is None:
        notes.append(
            f"The script must write {metrics} into the trial's folder: let it take --out {{trial_dir}}, or use the "
            "variable TUNESMITH_TRIAL_DIR."
        )
    notes += _missing(flags, draft)
    return replace(draft, command=" ".join(command), notes=tuple(notes))


def _config_words(config: str, sources: Sources, flags: Flags, text: str, notes: list[str]) -> list[str]:
    """Return the words of the command that hand over the edited config, and say what the script lacks for that."""
    option = flags.option(*_CONFIG_FLAGS)
    if option is not None:
        return [option, "{config}"]
    if takes_config(flags, text):
        return ["{config}"]
    assert sources.script is not None
    how = "imports" if sources.imported else "always reads"
    notes.append(
        f"TO DO: {sources.script.name} {how} {config} itself, and would never see the edited copy. Let it take "
        "the path of its config: --config PATH, as the command already says."
    )
    return ["--config", "{config}"]


def takes_config(flags: Flags, text: str) -> bool:
    """Tell whether a script takes the path of a config: as a flag, or as its one argument."""
    if flags.option(*_CONFIG_FLAGS) is not None:
        return True
    if any(not flag.options and set(words(flag.name)) & {"config", "cfg", "conf"} for flag in flags.flags):
        return True
    return not flags.flags and re.search(r"sys\.argv\[1\]|\$1\b", text) is not None


def _missing(flags: Flags, draft: Draft) -> list[str]:
    """Return what the command still lacks: arguments that must be given and are not."""
    given = (*_CONFIG_FLAGS, *_OUT_FLAGS, *_SEED_FLAGS)
    lacking = [flag for flag in flags.flags if flag.required and not _is_given(flag, given, draft)]
    return [f"TO DO: the script cannot do without '{flag.name}': write it into the command." for flag in lacking]


def _is_given(flag: Flag, given: tuple[str, ...], draft: Draft) -> bool:
    if not flag.options:
        return draft.command.endswith("{config}") or bool(set(words(flag.name)) & {"config", "cfg", "conf"})
    return flag.name in draft.space or any(option in given for option in flag.options)
