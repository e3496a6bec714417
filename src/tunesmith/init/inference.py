"""The first draft of a study, inferred from a script or a config file without running it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config_files import find, keys, read
from ..config_files.names import NOT_PLAIN
from ..core.objective import Objective
from ..errors import InputError
from .commands import takes_config, with_command
from .couplings import with_couplings
from .draft import Draft
from .flags import Flags, read_flags, strings_in
from .metrics import read_metrics
from .name_words import words
from .ranges import Guess, guess
from .sources import Sources, find_sources, parsed

_log = logging.getLogger(__name__)


def draft_study(path: Path, *, objective: str | None = None) -> Draft:
    """Draft a study for a script, a config file, or a folder with them.

    Args:
        path: The script (in any language; flags are read from Python and shell scripts), config file or folder.
        objective: The user's objective, such as `minimize val_loss`; by default it is inferred from the script.

    Returns:
        The draft; its `notes` say what was found and what the user has to do.

    Raises:
        InputError: There is no such path, it holds no script and no config, or a file or the objective is malformed.
    """
    if objective is not None:
        Objective.parse(objective)
    sources = find_sources(path)
    flags = read_flags(sources)
    metrics = read_metrics(sources.text, sources.tree)
    draft = Draft(
        name=_study_name(sources, path),
        folder=sources.folder,
        objective=objective or metrics.objective or "minimize val_loss",
        command="",
        metrics=metrics.where,
        notes=(metrics.note,) if objective is None else (),
        script=sources.script,
        quotes={} if objective is None else {"study.objective": objective},
        metric_names=metrics.names,
        reports="reports.jsonl" in sources.text,
    )
    draft = _with_parameters(draft, sources, flags)
    return with_couplings(with_command(draft, sources, flags))


def _study_name(sources: Sources, path: Path) -> str:
    folder = (path if path.is_dir() else sources.folder).resolve().name
    stem = sources.script.stem if sources.script is not None else path.stem
    plain = folder if stem in ("train", "main", "run", "config", "tune", "fit") and folder else stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-") or "study"


def _with_parameters(draft: Draft, sources: Sources, flags: Flags) -> Draft:
    """Take the parameters from the flags; if none of them can be tuned, from the config or the script itself."""
    tunable = [flag for flag in flags.flags if flag.guess.parameter is not None]
    spellings = {flag.name: flag.spelling for flag in flags.flags if flag.spelling is not None}
    draft = replace(draft, flags=spellings, notes=(*draft.notes, *flags.notes))
    by_flag = {flag.name: (flag.default, flag.guess) for flag in flags.flags if flag.options}
    if tunable:
        assert sources.script is not None
        note = f"{sources.script.name} has {len(tunable)} flag{'s' * (len(tunable) > 1)} to tune."
        if sources.config is not None and sources.read:
            note += f" It also reads {sources.config.name}, which is not edited."
        return _with_guesses(draft, by_flag, note)
    if sources.config is not None and (sources.read or takes_config(sources, flags)):
        return _from_file(draft, sources.config, f"The parameters are values in {sources.config.name}")
    if sources.config is not None:
        note = f"{sources.config.name} is not used, since the script does not name it."
        draft = replace(draft, notes=(*draft.notes, note))
    if sources.script is not None and sources.script.suffix == ".py" and flags == Flags(()):
        own = _from_file(draft, sources.script, f"{sources.script.name} has no flags, so its own constants are tuned")
        if own.space:
            return own
    note = "" if flags.notes else "TO DO: write the parameters into [space], since none were found."
    return _with_guesses(draft, by_flag, note)


def _from_file(draft: Draft, config: Path, note: str) -> Draft:
    values = read(config)
    strings = _strings_beside(config)
    guesses = {}
    for key in keys(values):
        value = find(values, key)
        if value in ({}, []):
            continue
        if any(part.isdecimal() for part in key.split(".")):
            guesses[key] = (value, Guess(None, "an element of a list"))
        else:
            guesses[_short_name(values, key)] = (value, guess(key, value, strings=strings))
    draft = replace(draft, config=config.relative_to(draft.folder).as_posix())
    note += "; each trial gets an edited copy."
    if all(guessed.parameter is None for _, guessed in guesses.values()):
        note = f"TO DO: write the parameters into [space], since {config.name} has none to tune."
    return _with_guesses(draft, guesses, note)


def _strings_beside(config: Path) -> set[str]:
    """Return the strings in the Python files beside a config: the options of its words may be among them."""
    strings: set[str] = set()
    for file in config.parent.glob("*.py"):
        try:
            tree = None if file.samefile(config) else parsed(file)
        except InputError as error:
            _log.info("skipped: %s", error)
        else:
            strings |= strings_in(tree) if tree is not None else set()
    return strings


def _short_name(values: Mapping[str, Any], key: str) -> str:
    """Return a key without the top table if that only wraps the others, as `CONFIG`, and the name stays unique."""
    top, _, rest = key.partition(".")
    wrappers = {"config", "cfg", "conf", "settings", "params", "hparams", "defaults"}
    if not isinstance(values.get(top), dict) or not wrappers & {*words(top)}:
        return key
    others = [values, *(value for name, value in values.items() if name != top and isinstance(value, dict))]
    return key if any(rest.partition(".")[0] in other for other in others) else rest


def _with_guesses(draft: Draft, guesses: Mapping[str, tuple[Any, Guess]], note: str) -> Draft:
    space = {name: guessed.parameter for name, (_, guessed) in guesses.items() if guessed.parameter is not None}
    return replace(
        draft,
        space=space,
        values={name: value for name, (value, _) in guesses.items() if value is not NOT_PLAIN},
        skipped={name: guessed.reason for name, (_, guessed) in guesses.items() if guessed.parameter is None},
        remarks={name: guessed.reason for name, (_, guessed) in guesses.items() if name in space and guessed.reason},
        notes=(*draft.notes, note) if note else draft.notes,
    )
