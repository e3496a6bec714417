"""A first study from what a script or a config file shows, nothing of it ever run."""

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
from .couplings import arranged
from .draft import Draft
from .flags import Flags, read_flags, strings_in
from .metrics import read_metrics
from .name_words import words
from .ranges import Guess, guess
from .sources import Sources, find_sources, parsed

_log = logging.getLogger(__name__)


def draft_study(path: Path, *, objective: str | None = None) -> Draft:
    """Look at a script, a config file or a folder with them, and draft a study.

    Args:
        path: The script (of any language; flags are read from Python and shell scripts), config file or folder.
        objective: What to improve, where the user says so.

    Returns:
        The draft; its `notes` say what was understood and what is left to do.

    Raises:
        InputError: There is no such path, nothing in it can be told, a file is malformed, or the objective is.
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
        words={} if objective is None else {"study.objective": objective},
        measured=metrics.names,
        reports="reports.jsonl" in sources.text,
    )
    draft = _with_parameters(draft, sources, flags)
    return arranged(with_command(draft, sources, flags))


def _study_name(sources: Sources, path: Path) -> str:
    folder = (path if path.is_dir() else sources.folder).resolve().name
    stem = sources.script.stem if sources.script is not None else path.stem
    plain = folder if stem in ("train", "main", "run", "config", "tune", "fit") and folder else stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-") or "study"


def _with_parameters(draft: Draft, sources: Sources, flags: Flags) -> Draft:
    """Take the parameters from the flags; where none of them is tunable, from the config or the script itself."""
    tunable = [flag for flag in flags.flags if flag.guess.parameter is not None]
    draft = replace(draft, notes=(*draft.notes, *flags.notes))
    by_flag = {flag.name: (flag.default, flag.guess) for flag in flags.flags if flag.options}
    if tunable:
        assert sources.script is not None
        note = f"{sources.script.name} takes {len(tunable)} flag{'s' * (len(tunable) > 1)} worth tuning."
        if sources.config is not None and sources.read:
            note += f" It also reads {sources.config.name}, which stays as it is."
        return _with_guesses(draft, by_flag, note)
    if sources.config is not None and (sources.read or takes_config(sources, flags)):
        return _from_file(draft, sources.config, f"The parameters are the values in {sources.config.name}")
    if sources.config is not None:
        lies = f"{sources.config.name} is not used: the script does not name it."
        draft = replace(draft, notes=(*draft.notes, lies))
    if sources.script is not None and sources.script.suffix == ".py" and flags == Flags(()):
        own = _from_file(draft, sources.script, f"{sources.script.name} takes no flags: its own constants are edited")
        if own.space:
            return own
    return _with_guesses(draft, by_flag, "Nothing to tune was found: write the parameters into [space].")


def _from_file(draft: Draft, config: Path, how: str) -> Draft:
    values = read(config)
    seen = _strings_beside(config)
    guesses = {}
    for key in keys(values):
        value = find(values, key)
        if value in ({}, []):
            continue
        if any(part.isdecimal() for part in key.split(".")):
            guesses[key] = (value, Guess(None, "one element of a list"))
        else:
            guesses[_short_name(values, key)] = (value, guess(key, value, seen=seen))
    draft = replace(draft, config=config.relative_to(draft.folder).as_posix())
    return _with_guesses(draft, guesses, f"{how}; each trial gets a copy with other values.")


def _strings_beside(config: Path) -> set[str]:
    """Return the strings in the Python files beside a config, which know the words that may stand in it."""
    seen: set[str] = set()
    for file in config.parent.glob("*.py"):
        try:
            tree = None if file.samefile(config) else parsed(file)
        except InputError as error:
            _log.info("not looked at: %s", error)
        else:
            seen |= strings_in(tree) if tree is not None else set()
    return seen


def _short_name(values: Mapping[str, Any], key: str) -> str:
    """Leave out the table at the top that is a mere wrapper, as `CONFIG`, where the name stays clear."""
    top, _, rest = key.partition(".")
    wrappers = {"config", "cfg", "conf", "settings", "params", "hparams", "defaults"}
    if not isinstance(values.get(top), dict) or not wrappers & {*words(top)}:
        return key
    others = [values, *(value for name, value in values.items() if name != top and isinstance(value, dict))]
    return key if any(rest.partition(".")[0] in other for other in others) else rest


def _with_guesses(draft: Draft, guesses: Mapping[str, tuple[Any, Guess]], note: str) -> Draft:
    space = {name: its.parameter for name, (_, its) in guesses.items() if its.parameter is not None}
    return replace(
        draft,
        space=space,
        values={name: value for name, (value, _) in guesses.items() if value is not NOT_PLAIN},
        skipped={name: its.reason for name, (_, its) in guesses.items() if its.parameter is None},
        remarks={name: its.reason for name, (_, its) in guesses.items() if its.parameter is not None and its.reason},
        notes=(*draft.notes, note),
    )
