"""The output of a script that every trial would write to the same place, sent to the trial's own folder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePath

from ..trial_folder.names import ENVIRONMENT_FILE, LOG_FILE, PARAMETERS_FILE, REPORTS_FILE, RESULT_FILE
from .draft import Draft
from .name_words import words
from .script_option import Form, ScriptOption
from .tryout import Tryout

_OF_ONE_RUN = re.compile(
    r"\d{4}[-_.]?\d{2}[-_.]?\d{2}|\d{8}|\d{10}|version_\d+|[0-9a-f]{8,}|events\.out\.tfevents|\d{2}[-:]\d{2}[-:]\d{2}",
    re.IGNORECASE,
)
"""What makes the name of a file or folder another one in every run."""
_LOGGERS = {"wandb", "mlruns", "lightning_logs", "multirun", "studies"}
_DATA = {
    "data",
    "dataset",
    "datasets",
    "cache",
    "corpora",
    "corpus",
    "downloads",
    "download",
    "preprocessed",
    "processed",
}
_INPUTS = _DATA | {"input", "inputs", "root", "train", "test", "val", "valid", "config", "pretrained", "load", "resume"}
_OUTPUTS = {"out", "output", "outputs", "save", "log", "logs", "checkpoint", "checkpoints", "ckpt", "results", "result",
            "dir", "workdir", "logdir", "outdir", "run", "runs"}  # fmt: skip
_TAKEN = {PARAMETERS_FILE, ENVIRONMENT_FILE, RESULT_FILE, LOG_FILE, REPORTS_FILE}
_LEADS_OUT = re.compile(r"""["'/]\.\.(?:/|["'])|os\.pardir|\.parent\.parent|\.parents\[|realpath|\.resolve\(\)""")
_MOST_NAMED = 5


def with_outputs(draft: Draft, tryout: Tryout, options: Sequence[ScriptOption] = ()) -> Draft:
    """Return a draft whose trials do not overwrite each other's output, or that warns where they would.

    An option of the script that names the place is set to the trial's folder. Else the place is the trial's own in a
    working folder of links, unless the script looks for files outside of its folder.

    Args:
        draft: The draft.
        tryout: What a run of the script wrote.
        options: The script's options, as far as they are known.
    """
    project = tryout.project.resolve()
    options = options or _options_of(draft)
    inside = [change.path.relative_to(project) for change in tryout.files if change.path.is_relative_to(project)]
    outside = [change.path for change in tryout.files if not change.path.is_relative_to(project)]
    fixed = [path for path in inside if _is_fixed(path)]
    left: list[PurePath] = []
    for path in fixed:
        changed = _redirected(draft, path, options, lambda folder: _is_output(project, folder, fixed))
        if changed is None:
            left.append(path)
        else:
            draft = changed
    draft = _with_own(draft, _places(left, project)) if left else draft
    shared = [str(path) for path in outside if _is_fixed(PurePath(path.name))]
    if shared:
        note = (
            f"The script writes {_listed(shared)}, outside of its folder: trials that run at the same time share it. "
            "Give it a place in {trial_dir} if it reads that again."
        )
        draft = replace(draft, notes=(*draft.notes, note))
    return draft


def shared_places(tryout: Tryout) -> list[str]:
    """Return what every run would write to the same place, outside of its own folder.

    Args:
        tryout: A run.
    """
    project = tryout.project.resolve()
    inside = [change.path.relative_to(project) for change in tryout.files if change.path.is_relative_to(project)]
    outside = [change.path for change in tryout.files if not change.path.is_relative_to(project)]
    places = _places([path for path in inside if _is_fixed(path)], project)
    return [*places, *(str(path) for path in outside if _is_fixed(PurePath(path.name)))]


def _options_of(draft: Draft) -> list[ScriptOption]:
    """Return the options with a text as their value, as far as a draft knows them."""
    texts = {name: value for name, value in draft.values.items() if name in draft.options and isinstance(value, str)}
    form: Form = "name=value" if draft.spelling == "name=value" else "--name value"
    dashes = "" if form == "name=value" else "--"
    return [
        ScriptOption(name=name, spellings=(f"{dashes}{name}",), form=form, value=value) for name, value in texts.items()
    ]


def _is_fixed(path: PurePath) -> bool:
    """Tell whether every run would write the same file, and it is no cache of data, nor a log that is kept apart."""
    parts = [part.lower() for part in path.parts]
    if any(_OF_ONE_RUN.search(part) for part in parts) or any(part.startswith(".") for part in parts):
        return False
    return not _LOGGERS.intersection(parts) and not _DATA.intersection(parts[:-1])


def _redirected(
    draft: Draft, path: PurePath, options: Sequence[ScriptOption], is_output: Callable[[PurePath], bool]
) -> Draft | None:
    """Return a draft in which the option that names a path names the trial's folder instead; None if there is none.

    Args:
        draft: The draft.
        path: What was written, relative to the script's folder.
        options: The script's options.
        is_output: Tells whether the trial's folder can take the place of a folder.
    """
    try:
        command = shlex.split(draft.command)
    except ValueError:
        return None
    for index, word in enumerate(command):
        option, separator, value = word.rpartition("=")
        flag = option or (command[index - 1] if index else "")
        if "{" not in word and index > 0 and _names(value, path, flag, is_output):
            command[index] = f"{option}{separator}{_trial_place(value, path)}"
            return _with_command(draft, command, option or flag, path)
    given = {word.partition("=")[0] for word in command}
    for option_ in options:
        if not isinstance(option_.value, str) or given.intersection(option_.spellings) or not option_.spellings:
            continue
        if _names(option_.value, path, option_.name, is_output):
            spelling = max(option_.spellings, key=len)
            place = _trial_place(option_.value, path)
            added = [spelling, place] if option_.form == "--name value" else [f"{spelling}={place}"]
            return _with_command(draft, [*command, *added], spelling, path)
    return None


def _with_command(draft: Draft, command: Sequence[str], option: str, path: PurePath) -> Draft:
    note = f"{option.lstrip('-') or 'An argument'} is set to the trial's folder: every trial would write {path} anew."
    quoted = " ".join(word if re.fullmatch(r"[\w{}./=:-]+", word) else shlex.quote(word) for word in command)
    notes = draft.notes if note in draft.notes else (*draft.notes, note)
    return replace(draft, command=quoted, notes=notes)


def _names(value: str, path: PurePath, option: str, is_output: Callable[[PurePath], bool]) -> bool:
    """Tell whether the value of an option names a file that was written, or a folder above it."""
    if not value or value.startswith("-"):
        return False
    named, about = PurePath(value), set(words(option))
    if named == path:
        return True
    # The folder of the data may hold what was written, too.
    is_likely = bool(about & _OUTPUTS) if named == PurePath() else is_output(named)
    return named in path.parents and is_likely and not about & _INPUTS


def _is_output(project: Path, folder: PurePath, written: Collection[PurePath]) -> bool:
    """Tell whether all files of a folder were written by the run, and none has a name that a trial's folder takes."""
    names = {path.name for path in written if path.parent == folder}
    return names.isdisjoint(_TAKEN) and _holds_only(project / folder, written, project)


def _trial_place(value: str, path: PurePath) -> str:
    """Return the place in the trial's folder for the file or folder that an option names."""
    is_file = PurePath(value) == path
    if is_file:
        return f"{{trial_dir}}/{path.name}"
    return "{trial_dir}/" if value.endswith("/") else "{trial_dir}"


def _places(paths: Collection[PurePath], project: Path) -> list[str]:
    """Return the files, or the whole folder of those that hold nothing else."""
    places: dict[str, None] = {}
    for path in paths:
        whole = [
            folder for folder in path.parents if folder != PurePath() and _holds_only(project / folder, paths, project)
        ]
        places[f"{whole[-1].as_posix()}" if whole else path.as_posix()] = None
    return list(places)


def _holds_only(folder: Path, paths: Collection[PurePath], project: Path) -> bool:
    files = list(islice((path for path in folder.rglob("*") if path.is_file()), 1000))
    known = set(paths)
    return len(files) < 1000 and all(path.relative_to(project) in known for path in files)


def _with_own(draft: Draft, places: Sequence[str]) -> Draft:
    text = draft.script.read_text(encoding="utf-8", errors="replace") if draft.script is not None else ""
    if ".." in draft.command or _LEADS_OUT.search(text):
        note = (
            f"TO DO: let the script write {_listed(places)} to {{trial_dir}}: every trial would overwrite it, and "
            "could read what another one wrote. Until then, run one trial at a time."
        )
        return replace(draft, notes=(*draft.notes, note))
    note = (
        f"Every run writes {_listed(places)}. With own_files, each trial has its own, in the folder work of the trial."
    )
    return replace(draft, own_files=tuple(dict.fromkeys([*draft.own_files, *places])), notes=(*draft.notes, note))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown
