"""The output of a script that every trial would write to the same place, sent to the trial's own folder."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from ..trial_folder.names import (
    ARTIFACTS_FOLDER,
    ENVIRONMENT_FILE,
    LOG_FILE,
    PARAMETERS_FILE,
    REPORTS_FILE,
    RESULT_FILE,
)
from .command_words import quoted
from .command_words import written as written_words
from .draft import Draft
from .name_words import option_words
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
_LEADS_OUT = re.compile(r"""["'/]\.\.(?:/|["'])|os\.pardir""")
_BY_ITS_PATH = re.compile(r"\.parent\.parent|\.parents\[|realpath|\.resolve\(\)|__file__.*[\"']\.\.[\"'/]")
"""In a script that finds its folder by its own path, where links do not lead it astray."""
_TEXTS = {".json", ".jsonl", ".csv", ".tsv", ".txt", ".log", ".md", ".yaml", ".yml", ".html"}
"""Files that Python writes itself, so that they can be sent elsewhere."""
_KEEPERS = {".gitkeep", ".keep", ".gitignore"}
"""Files that keep an empty folder in a repository."""
_MOST_NAMED = 5
_MOST_OWN = 50


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
    draft, left = _redirected(draft, _Written(project, fixed), options)
    draft = _with_own(draft, _Written(project, left)) if left else draft
    shared = [str(path) for path in outside if _is_fixed(PurePath(path.name))]
    if shared:
        note = (
            f"The script writes {_listed(shared)}, outside of its folder: trials that run at the same time share it. "
            "Give it a place in {trial_dir} if it reads that again."
        )
        draft = replace(draft, notes=(*draft.notes, note))
    return draft


def with_made_folders(draft: Draft, made: Sequence[str]) -> Draft:
    """Return a draft whose command names the trial's folder for those that a shell script makes before it.

    Args:
        draft: The draft.
        made: The folders, as the script names them; those that exist stay in the command.
    """
    missing = [PurePath(folder) for folder in made if not (draft.folder / folder).exists()]
    words = []
    for word in shlex.split(draft.command) if missing else ():
        before, sign, value = word.rpartition("=")
        inside = [folder for folder in missing if PurePath(value).is_relative_to(folder)]
        if inside and "{" not in word:
            rest = PurePath(value).relative_to(inside[0]).as_posix()
            words.append(f"{before}{sign}{{trial_dir}}{'' if rest == '.' else f'/{rest}'}")
        else:
            words.append(word)
    return replace(draft, command=quoted(words)) if words else draft


def shared_places(tryout: Tryout) -> list[str]:
    """Return what every run would write to the same place, outside of its own folder.

    Args:
        tryout: A run.
    """
    project = tryout.project.resolve()
    inside = [change.path.relative_to(project) for change in tryout.files if change.path.is_relative_to(project)]
    outside = [change.path for change in tryout.files if not change.path.is_relative_to(project)]
    places = _Written(project, [path for path in inside if _is_fixed(path)]).places()
    return [*places, *(str(path) for path in outside if _is_fixed(PurePath(path.name)))]


class _Written:
    """The files that a run wrote anew, and the folders in which they lie.

    Args:
        project: The script's folder.
        files: The files, relative to it.
    """

    def __init__(self, project: Path, files: Sequence[PurePath]) -> None:
        self._project = project
        self.files = files
        self._known = {str(project / file) for file in files}
        self._inside: dict[PurePath, list[PurePath]] = {}
        for file in files:
            for folder in file.parents:
                self._inside.setdefault(folder, []).append(file)
        self._is_whole: dict[PurePath, bool] = {}

    def relative(self, value: str) -> PurePath:
        """Return the path that the value of an option names, relative to the script's folder if it lies in it."""
        named = PurePath(value)
        return named.relative_to(self._project) if named.is_relative_to(self._project) else named

    def is_file(self, value: str) -> bool:
        """Tell whether the value of an option is the path of a file that the run wrote."""
        return str(self._project / value) in self._known

    def named_by(self, value: str, option: str) -> Sequence[PurePath]:
        """Return the files that the value of an option names, itself or by a folder in which they lie."""
        if not value or value.startswith("-"):
            return ()
        named, about = self.relative(value), set(option_words(option))
        if self.is_file(value):
            return (named,)
        inside = self._inside.get(named, ())
        if not inside or about & _INPUTS:
            return ()
        # The folder of the data may hold what was written, too.
        is_likely = bool(about & _OUTPUTS) if named == PurePath() else self._may_be_of_trial(named)
        return inside if is_likely else ()

    def places(self) -> list[str]:
        """Return the files, or the whole folder of those that hold nothing else."""
        places: dict[str, None] = {}
        for file in self.files:
            whole = [folder for folder in file.parents if folder != PurePath() and self._holds_nothing_else(folder)]
            places[(whole[-1] if whole else file).as_posix()] = None
        return list(places)

    def _may_be_of_trial(self, folder: PurePath) -> bool:
        """Tell whether all files of a folder are written anew, and none has a name that a trial's folder takes."""
        names = {file.name for file in self._inside[folder] if file.parent == folder}
        return names.isdisjoint(_TAKEN) and self._holds_nothing_else(folder)

    def _holds_nothing_else(self, folder: PurePath) -> bool:
        if folder not in self._is_whole:
            tree = os.walk(self._project / folder)
            paths = (f"{root}{os.sep}{name}" for root, _, names in tree for name in names if name not in _KEEPERS)
            self._is_whole[folder] = all(path in self._known for path in paths)
        return self._is_whole[folder]


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


def _redirected(draft: Draft, written: _Written, options: Sequence[ScriptOption]) -> tuple[Draft, list[PurePath]]:
    """Return a draft in which the options that name what was written name the trial's folder, and the other files."""
    try:
        command = shlex.split(draft.command)
    except ValueError:
        return draft, list(written.files)
    redirected: set[PurePath] = set()
    notes: dict[str, None] = dict.fromkeys(draft.notes)

    def place_of(value: str, option: str) -> str | None:
        files = written.named_by(value, option)
        if not files:
            return None
        redirected.update(files)
        about = option.lstrip("-") or "An argument"
        notes[f"{about} is set to the trial's folder: every trial would write {files[0]} anew."] = None
        return _trial_place(value, files[0].name if written.is_file(value) else "")

    given = {word.partition("=")[0] for word in command}  # Options, and values of arguments by position.
    positional = {str(each.value): each.name for each in options if each.form == "positional"}
    for index, word in enumerate(command):
        option, separator, value = word.rpartition("=")
        before = command[index - 1] if index else ""
        flag = option or (before if before.startswith("-") else positional.get(word, ""))
        if "{" not in word and index > 0 and (place := place_of(value, flag)) is not None:
            command[index] = f"{option}{separator}{place}"
    for option_ in options:
        if not isinstance(option_.value, str) or given.intersection((*option_.spellings, option_.value)):
            continue
        if not option_.spellings:
            continue
        if (place := place_of(option_.value, max(option_.spellings, key=len))) is not None:
            # What the script reads from its environment stands before it, after env.
            position = 1 if command[0] == "env" and option_.form == "name=value" else len(command)
            command[position:position] = written_words(option_, place)
    if redirected:
        draft = replace(draft, command=quoted(command), notes=tuple(notes))
    return draft, [file for file in written.files if file not in redirected]


def _trial_place(value: str, file: str) -> str:
    """Return the place in the trial's folder for the file, or the folder, that an option names.

    Args:
        value: The option's value.
        file: The name of the file; empty for a folder.
    """
    if file:
        folder = f"{{trial_dir}}/{ARTIFACTS_FOLDER}" if file in _TAKEN else "{trial_dir}"
        return f"{folder}/{file}"
    return "{trial_dir}/" if value.endswith("/") else "{trial_dir}"


def _with_own(draft: Draft, written: _Written) -> Draft:
    text = draft.script.read_text(encoding="utf-8", errors="replace") if draft.script is not None else ""
    elsewhere = re.sub(r"^.*__file__.*$", "", text, flags=re.MULTILINE)
    places = written.places()
    if ".." in draft.command or _LEADS_OUT.search(elsewhere):
        note = (
            f"TO DO: let the script write {_listed(places)} to {{trial_dir}}: every trial would overwrite it, and "
            "could read what another one wrote. Until then, run one trial at a time."
        )
        return replace(draft, notes=(*draft.notes, note))
    if _BY_ITS_PATH.search(text):
        return _with_own_texts(draft, written)
    own = tuple(dict.fromkeys([*draft.own_files, *places]))
    return replace(draft, own_files=own, notes=(*draft.notes, _note_on_own(places)))


def _note_on_own(places: Sequence[str]) -> str:
    return (
        f"Every run writes {_listed(places)}. With own_files, each trial has its own, in the folder work of the trial."
    )


def _with_own_texts(draft: Draft, written: _Written) -> Draft:
    """Give each trial its own version of the texts, wherever the script believes to be."""
    texts = [str(file) for file in written.files if file.suffix.lower() in _TEXTS][:_MOST_OWN]
    others = [str(file) for file in written.files if str(file) not in texts]
    notes = [*draft.notes, *([_note_on_own(texts)] if texts else [])]
    if others:
        notes.append(
            f"Every trial overwrites {_listed(others)}, which the script finds by its own path. Let it write to "
            "{trial_dir} if it reads that again; until then, run one trial at a time."
        )
    return replace(draft, own_files=tuple(dict.fromkeys([*draft.own_files, *texts])), notes=tuple(notes))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown
