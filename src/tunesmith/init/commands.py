"""The command of one trial: the user's own, word for word, with a placeholder where a trial differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..config_files.names import NOT_PLAIN
from ..tasks.command.template import FORMS, as_word
from ..text.cleaning import holds_secret, names_secret
from ..trial_folder.names import ENVIRONMENT_FILE, PARAMETERS_FILE, RESULT_FILE
from .command_line import CommandLine
from .command_words import CommandWords, spelling_of, written
from .config_use import ConfigUse
from .draft import Draft
from .name_words import option_words
from .notebook_command import OUTPUT, RUNNER
from .option_guess import name_of, present_value
from .output_options import output_place
from .script_option import ScriptOption

_SEEDS = ("seed", "random seed", "random state", "manual seed", "rng seed", "seed everything")
_TAKEN = (ENVIRONMENT_FILE, PARAMETERS_FILE, RESULT_FILE)


def with_command(
    draft: Draft,
    command: CommandLine,
    options: Sequence[ScriptOption],
    config: ConfigUse,
    *,
    text: str = "",
    in_environment: bool = False,
) -> Draft:
    """Return a draft with the command of a trial, and with notes on what the user has to do.

    Args:
        draft: The draft with its parameters.
        command: The user's own command.
        options: The script's options.
        config: How the script gets its config file.
        text: The script's text.
        in_environment: Whether the script reads its options from the environment.
    """
    spellings = {spelling for option in options for spelling in option.spellings}
    lines = CommandWords(command, spellings, in_environment=in_environment)
    config.write(lines)
    if command.module == RUNNER:
        lines.replace_word(len(command.arguments) - 1, f"{{trial_dir}}/{OUTPUT}")
    draft = _with_tuned(draft, lines, options)
    draft, seed = _with_seed(draft, lines, options)
    is_needed = draft.metrics not in (None, "stdout")
    places = {
        name_of(option): output_place(option, command.folder, is_needed=is_needed, text=text) for option in options
    }
    outputs = [option for option in options if places[name_of(option)] is not None]
    for option in outputs:
        lines.set(option, str(places[name_of(option)]))
    tuned = {draft.in_both.get(name, name) for name in draft.space}
    taken = {*tuned, *map(name_of, outputs), *([seed] if seed else []), *config.names}
    notes = [*draft.notes, *_required(lines, options, taken)]
    if draft.metrics in _TAKEN:
        notes.append(
            f"TO DO: use another name than {draft.metrics} in the script: tunesmith writes a file of that name itself."
        )
    if draft.metrics not in (None, "stdout") and not outputs and "TUNESMITH_TRIAL_DIR" not in text:
        notes.append(
            f"TO DO: let the script write {draft.metrics} into the trial's folder: {{trial_dir}} in the command, or "
            "TUNESMITH_TRIAL_DIR in the environment."
        )
    notes += [_about_gpus(value) for name, value in command.variables.items() if _chooses_gpus(name, value)]
    secrets = [name for name, value in command.variables.items() if names_secret(name) or holds_secret(value)]
    if secrets:
        notes.append(f"TO DO: set {', '.join(secrets)} before `tunesmith run`: a secret is not written to the file.")
    variables = {
        name: value
        for name, value in command.variables.items()
        if name not in (*secrets, *(draft.space if in_environment else ())) and not _chooses_gpus(name, value)
    }
    return replace(draft, command=lines.text(), notes=tuple(notes), environment=variables)


def _chooses_gpus(name: str, value: str) -> bool:
    """Tell whether a variable names GPUs: for each trial the executor does. One that hides them all stays."""
    return name == "CUDA_VISIBLE_DEVICES" and value not in ("", "-1")


def _about_gpus(value: str) -> str:
    names = ", ".join(name if name.isdecimal() else f'"{name}"' for name in value.replace(" ", "").split(","))
    return (
        f"CUDA_VISIBLE_DEVICES={value} is left out, since each trial is assigned a GPU. To use only your choice, write "
        f"gpus = [{names}] into [execution]."
    )


def _with_tuned(draft: Draft, lines: CommandWords, options: Sequence[ScriptOption]) -> Draft:
    """Put a placeholder where each tuned option stands; the others come through `{args}`."""
    parameters = {own: name for name, own in draft.in_both.items()}
    by_name = {parameters.get(name := name_of(option), name): option for option in options}
    candidates = {*draft.space, *draft.spare} & {*draft.options}
    own = {name: option for name, option in by_name.items() if name in candidates}
    forms = Counter(option.form for option in (own or by_name).values() if option.form in FORMS)
    form = forms.most_common(1)[0][0] if forms else FORMS[0]
    spellings = {
        name: spelling
        for name, option in by_name.items()
        if name in draft.options and (spelling := _own_spelling(name, option, form)) is not None
    }
    through_args = False
    for name, option in own.items():
        if name not in draft.space:
            through_args = through_args or lines.find(option) is None
            continue
        placeholder = f"{{{name}}}"
        is_whole = option.switch is not None or bool(draft.space[name].when)
        if is_whole and lines.set_words(option, placeholder):
            spellings.setdefault(name, _template(option))
        elif lines.find(option) is not None:
            lines.set(option, placeholder)
        elif (before := _subcommand_after(option, options)) is not None and before in lines.command.arguments:
            spellings.setdefault(name, _template(option))
            lines.insert(before, [placeholder])
        elif name in draft.in_both and is_whole:
            spellings.setdefault(name, _template(option) if option.switch is None else option.switch)
            lines.append([placeholder])
        elif name in draft.in_both:
            lines.append(written(option, placeholder))
        else:
            through_args = True
    only_config = draft.config is not None and not own
    if through_args or (not options and not only_config):
        lines.append(["{args}"])
    return replace(draft, flags=spellings, spelling=form)


def _own_spelling(name: str, option: ScriptOption, form: str) -> str | tuple[str, str] | None:
    """Return how `{args}` writes a parameter, or None if the usual form does."""
    if option.switch is not None:
        is_usual = form != FORMS[0] and option.switch[0] == f"{_dashes(form)}{name}=true"
        return None if is_usual else option.switch
    dashes = "-" if len(name) == 1 and form.startswith("--") else _dashes(form)
    usual = f"{dashes}{name}"
    return None if option.form == form and spelling_of(option) == usual else _template(option)


def _dashes(form: str) -> str:
    return "--" if form.startswith("--") else ""


def _template(option: ScriptOption) -> str:
    return " ".join(written(option, "{}"))


def _subcommand_after(option: ScriptOption, options: Sequence[ScriptOption]) -> str | None:
    """Return the word of the subcommand before which an option must stand, or None if it may stand at the end."""
    deepest = max((other.subcommand for other in options), key=len, default=())
    return deepest[len(option.subcommand)] if len(deepest) > len(option.subcommand) else None


def _with_seed(draft: Draft, lines: CommandWords, options: Sequence[ScriptOption]) -> tuple[Draft, str]:
    """Pass the trial's seed, and begin with the user's own; a script without one draws its own."""
    seeds = [
        option
        for option in options
        if " ".join(option_words(name_of(option))) in _SEEDS and option.kind in ("int", "float", "str")
    ]
    if not seeds:
        return draft, ""
    option = min(seeds, key=lambda option: len(name_of(option)))
    value = present_value(option)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        return draft, ""
    before = _subcommand_after(option, options)
    if lines.find(option) is None and before in lines.command.arguments:
        lines.insert(str(before), written(option, "{seed}"))
    else:
        lines.set(option, "{seed}")
    return replace(draft, seed=value), name_of(option)


def _required(lines: CommandWords, options: Sequence[ScriptOption], taken: set[str]) -> list[str]:
    """Add the required options that have a default but are not given, and return what is missing, for the user."""
    notes = []
    for option in options:
        name, value = name_of(option), present_value(option)
        if not option.required or name in taken or option.given or lines.find(option) is not None:
            continue
        if _is_plain(value):
            lines.append(written(option, as_word(value)))
        else:
            notes.append(
                f"TO DO: add '{name}' to the command, since the script requires it; or give your whole command: "
                "tunesmith init -- COMMAND."
            )
    return notes


def _is_plain(value: Any) -> bool:
    return value is not NOT_PLAIN and isinstance(value, int | float | str) and value != ""
