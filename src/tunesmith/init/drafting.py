"""The first draft of a study, from a script or the user's own command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..core.objective import Objective
from ..errors import InputError
from .asked import Asked
from .checking import checked
from .choosing import Candidate, with_parameters
from .command_line import CommandLine
from .commands import with_command
from .config_candidates import config_candidates, key_in_config
from .config_use import (
    BY_ITSELF,
    ConfigUse,
    config_named,
    config_option,
    hyperparameters_in,
    names_neighbours,
    with_hyperparameters,
)
from .couplings import with_couplings
from .draft import Draft
from .importance import importance
from .metrics import read_metrics
from .name_words import KINDS
from .notebook_command import RUNNER
from .option_guess import guess_option, name_of, present_value
from .options_in_config import with_config
from .outputs import with_made_folders
from .own_words import OWN_WORDS, options_in_config, options_in_words, with_left_words
from .ranges import Guess
from .reading import read_options
from .reading.argv import UNCLEAR
from .reading.environment import FRAMEWORK
from .reading.local_files import local_files
from .script_option import ScriptOption
from .script_text import ScriptText
from .shell_script import inner_command, is_shell_script
from .sources import Sources, find_sources, sources_of

_NO_SPACE = "TO DO: write the parameters into [space]"
_USUAL_NAMES = ("train", "main", "run", "config", "tune", "fit")
_OWN_CONFIG = ("hydra", "omegaconf", "jsonargparse", "lightningcli", "configargparse", "tyro")
"""What reads a config file by itself, so that its options have the values of that."""


def draft_study(
    target: Path | CommandLine | Sources,
    *,
    objective: str | None = None,
    asked: Asked | None = None,
) -> Draft:
    """Draft a study for a script, a config file, a folder with them, or the user's own command.

    Args:
        target: The script, config file, folder or command. Nothing is run.
        objective: The user's objective, such as `minimize val_loss`; by default it is inferred from the script.
        asked: The script's options, as it gave them itself (`asking.ask`); by default they are read in its source.

    Returns:
        The draft; its `notes` say what was found and what the user has to do.

    Raises:
        InputError: There is no such path, it holds no script and no config, or a file or the objective is malformed.
    """
    if objective is not None:
        Objective.parse(objective)
    sources = _sources(target)
    asked = _read(sources, asked)
    metrics = read_metrics(sources.text, sources.tree)
    draft = Draft(
        name=_study_name(sources),
        folder=sources.folder,
        objective=objective or metrics.objective or "minimize val_loss",
        command="",
        metrics=metrics.where,
        notes=(*sources.notes, *((metrics.note,) if objective is None else ()), *asked.notes),
        script=sources.script,
        quotes={} if objective is None else {"study.objective": objective},
        metric_names=metrics.names,
        reports="reports.jsonl" in sources.text,
    )
    return _drafted(draft, sources, asked)


def _read(sources: Sources, asked: Asked | None) -> Asked:
    """Return the script's answer, or what its source tells if there is no answer, or none with an option."""
    is_read = sources.command is not None and sources.command.module != RUNNER
    if sources.command is None or not is_read:
        return asked or Asked()
    if asked is not None and asked.options:
        return with_left_words(asked, sources.command)
    read = _read_source(sources.command)
    if not any(word.endswith(".ipynb") for word in sources.command.words):
        read = _with_own_words(read, sources.command)
    if asked is None:
        return read
    reasons = () if asked.failure is None else (asked.failure,)
    return replace(read, notes=(*asked.notes, *reasons, *read.notes))


def _with_own_words(asked: Asked, command: CommandLine) -> Asked:
    """Take the options of the user's own command where the script tells none, or words `name=value` beside others."""
    options = tuple(options_in_words(command))
    if asked.options:
        known = {name_of(option) for option in asked.options}
        own = [option for option in options if option.form != "--name value" and name_of(option) not in known]
        return replace(asked, options=(*asked.options, *own))
    if not options:
        return asked
    notes = tuple(note for note in asked.notes if note != UNCLEAR)
    reasons = () if asked.failure is None else (asked.failure,)
    note = "The script's options are not known, so those with a number in your command are tuned."
    return replace(asked, options=options, framework=OWN_WORDS, failure=None, notes=(*reasons, *notes, note))


def _read_source(command: CommandLine) -> Asked:
    """Return the options in a script's source; of a shell script those of the command that gets its arguments."""
    inner = inner_command(command) if is_shell_script(command) else None
    if inner is not None and (read := read_options(inner)).options:
        return read
    return read_options(command)


def _sources(target: Path | CommandLine | Sources) -> Sources:
    if isinstance(target, Sources):
        return target
    return find_sources(target) if isinstance(target, Path) else sources_of(target)


def _study_name(sources: Sources) -> str:
    folder = sources.folder.resolve().name
    file = sources.script or sources.config
    stem = folder if file is None else file.stem
    plain = folder if stem in _USUAL_NAMES and folder else stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-") or "study"


def _drafted(draft: Draft, sources: Sources, asked: Asked) -> Draft:
    if sources.command is None:
        return _of_config_alone(draft, sources)
    options = _in_use(asked.options, sources.command)
    path, use = (None, BY_ITSELF) if _reads_config(asked) else _config_of(sources, options)
    if path is None and asked.framework == OWN_WORDS:
        path, use = _replaced_constants(sources, asked, options)
    if path is not None:
        path, use = with_hyperparameters(path, use, sources.folder)
        options = options_in_config(sources.command, path, options)
    text = _text_of(sources, path)
    candidates = _without_targets([_of_option(option, text) for option in options if option not in (use.option,)])
    draft = replace(draft, notes=(*draft.notes, *_about_flags(candidates, sources, path)))
    if path is None and not any(each.guess.parameter is not None for each in candidates):
        path, use = _own_constants(sources, asked, text)
        if path is not None and sources.script is not None:
            flags = "no flags worth tuning" if options else "no flags"
            note = f"{sources.script.name} has {flags}, so its own constants are tuned; each trial gets an edited copy."
            draft = replace(draft, notes=(*draft.notes, note))
    elif path is not None:
        note = f"The parameters in {path.name} are tuned; each trial gets an edited copy."
        if use.option is not None and use.option.spellings and present_value(use.option) is None:
            note += f" The command passes it, which yours does not: {name_of(use.option)} has no default."
        draft = replace(draft, notes=(*draft.notes, note))
    help_texts = {name_of(option): option.help for option in options if option.help}
    draft = replace(draft, options=frozenset(map(name_of, options)), help=help_texts)
    if path is not None:
        given = {name_of(option) for option in options if option.given}
        words = {value for option in options if isinstance(value := present_value(option), str)}
        draft, candidates = with_config(draft, path, candidates, text, given, words)
    draft = with_couplings(with_parameters(draft, candidates), list(local_files(sources.command).values()))
    if path is not None and sources.is_python and names_neighbours(path, sources.folder):
        use = BY_ITSELF
    draft = with_command(
        draft, sources.command, options, use, text=sources.text, in_environment=asked.framework == FRAMEWORK
    )
    draft = with_made_folders(draft, sources.command.made)
    if asked.framework == "hydra":
        draft = _with_own_run_folder(draft)
    return _told(checked(draft), sources)


def _text_of(sources: Sources, config: Path | None) -> ScriptText:
    """Return the words of the script beside its config, or those of a notebook, which is its own config."""
    if sources.notebook is not None:
        return ScriptText([sources.text])
    return ScriptText.around([] if sources.script is None else [sources.script], besides=config)


def _in_use(options: Sequence[ScriptOption], command: CommandLine) -> list[ScriptOption]:
    """Return the options without those of subcommands that the command does not use."""
    return [option for option in options if all(word in command.arguments for word in option.subcommand)]


def _of_option(option: ScriptOption, text: ScriptText) -> Candidate:
    name = name_of(option)
    return Candidate(
        name=name,
        value=present_value(option),
        guess=guess_option(option, text),
        importance=importance(name, option.help),
    )


def _without_targets(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave what names the class or kind of a group alone where an option chooses the whole group, as Hydra's do."""
    names = {each.name for each in candidates}
    chosen = {f"{group}.{kind}": group for group in names for kind in KINDS}
    return [
        replace(each, guess=Guess(None, f"{chosen[each.name]} chooses it")) if each.name in chosen else each
        for each in candidates
    ]


def _with_own_run_folder(draft: Draft) -> Draft:
    """Send Hydra's output to the trial's folder: its own is named by the second, which parallel trials share."""
    if "hydra.run.dir" in draft.command or "multirun" in draft.command:
        return draft
    return replace(draft, command=f"{draft.command} hydra.run.dir={{trial_dir}}/hydra")


def _reads_config(asked: Asked) -> bool:
    """Tell whether the parser reads the config itself, so that the script's options are the values in it."""
    option = config_option(asked.options)
    prefix = "" if option is None else f"{name_of(option)}."
    inside = bool(prefix) and any(name_of(other).startswith(prefix) for other in asked.options)
    return inside or asked.framework.lower() in _OWN_CONFIG


def _config_of(sources: Sources, options: Sequence[ScriptOption]) -> tuple[Path | None, ConfigUse]:
    """Return the config that the command names, or that the script reads untold, and how it gets the copy."""
    if sources.command is not None and not sources.observed:
        named = config_named(sources.command, options, sources.text)
        if named is not None:
            return named
    option = config_option(options)
    if sources.config is None or sources.observed:
        return sources.config, BY_ITSELF
    if option is not None and not sources.imported:
        return sources.config, ConfigUse(option=option)
    free = [option for option in options if option.form == "positional" and option.required and not option.given]
    if len(free) == len(options) and re.search(r"sys\.argv\[1\]|\$1\b|commandArgs|ARGS\[1\]", sources.text):
        return sources.config, ConfigUse(option=free[0]) if free else ConfigUse(is_missing=True)
    return (sources.config, BY_ITSELF) if sources.read else (None, BY_ITSELF)


def _own_constants(sources: Sources, asked: Asked, text: ScriptText) -> tuple[Path | None, ConfigUse]:
    """Return the script itself if it has constants to tune; beside options they must have names of hyperparameters."""
    script = sources.script
    has_flags = bool(asked.options) and asked.framework not in (FRAMEWORK, OWN_WORDS)
    if script is None or script.suffix != ".py" or (has_flags and not hyperparameters_in(script)):
        return None, BY_ITSELF
    try:
        found = any(each.guess.parameter is not None for each in config_candidates(script, text))
    except InputError:
        return None, BY_ITSELF
    return (script, BY_ITSELF) if found else (None, BY_ITSELF)


def _replaced_constants(
    sources: Sources, asked: Asked, options: Sequence[ScriptOption]
) -> tuple[Path | None, ConfigUse]:
    """Return the script itself if the command replaces some of its constants, as in `python train.py width=20`."""
    path, use = _own_constants(sources, asked, _text_of(sources, sources.script))
    if path is None or not any(key_in_config(path, name_of(option)) for option in options):
        return None, BY_ITSELF
    return path, use


def _about_flags(candidates: Iterable[Candidate], sources: Sources, config: Path | None) -> list[str]:
    tunable = [each for each in candidates if each.guess.parameter is not None and not each.guess.spare]
    notes = []
    if tunable and sources.script is not None:
        notes.append(f"{sources.script.name} has {len(tunable)} flag{'s' * (len(tunable) > 1)} to tune.")
    if config is None and sources.config is not None and not sources.read:
        notes.append(f"{sources.config.name} is not used, since the script does not name it.")
    return notes


def _of_config_alone(draft: Draft, sources: Sources) -> Draft:
    """Draft a study for a config file without a script."""
    assert sources.config is not None
    draft, candidates = with_config(
        draft, sources.config, [], ScriptText.around([sources.config], besides=sources.config)
    )
    draft = with_couplings(with_parameters(draft, candidates))
    return _told(
        replace(
            draft,
            command="python train.py --config {config} --out {trial_dir}",
            notes=(*draft.notes, "TO DO: correct the command, since no script was found."),
        ),
        sources,
    )


def _told(draft: Draft, sources: Sources) -> Draft:
    """Say what is missing where nothing can be tuned; where something can, no other place of parameters is missed."""
    if draft.space:
        return replace(draft, notes=tuple(note for note in draft.notes if not note.startswith(_NO_SPACE)))
    if draft.spare:
        what = "uncomment the parameters that you want to tune in [space]: no name tells that it makes a better model."
    else:
        file = sources.config or sources.script
        where = "" if file is None else f" in {file.name}"
        return replace(draft, notes=(*draft.notes, f"{_NO_SPACE}, since none were found{where}."))
    return replace(draft, notes=(*draft.notes, f"TO DO: {what}"))
