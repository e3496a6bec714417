"""Options of a script that stand in its config file, too: each is one parameter, however it is spelled there."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from .choosing import Candidate
from .config_candidates import config_candidates, is_value_of, names_in_config
from .draft import Draft
from .name_words import option_words
from .ranges import Guess
from .script_text import ScriptText


def with_config(
    draft: Draft,
    path: Path,
    candidates: Sequence[Candidate],
    text: ScriptText,
    given: Collection[str] = (),
    words: Collection[str] = (),
) -> tuple[Draft, list[Candidate]]:
    """Return a draft and candidates to which the values in the config are added.

    An option with the name and value of one goes with it, under its name, also where one has `-` for `_` or leaves out
    the table at the top. Another value in the config wins. An option that the user's own command gives wins over both,
    as it does in the script.

    Args:
        draft: The draft.
        path: The config file.
        candidates: The options.
        text: The words of the script.
        given: The options that the user's own command gives.
        words: The values of the options.
    """
    keys = names_in_config(path, (each.name for each in candidates))
    ambiguous = {name for name, key in keys.items() if not key}
    matched = [each for each in candidates if each.name in keys and each.name not in ambiguous | {*given}]
    same = {keys[each.name]: each.name for each in matched if is_value_of(path, keys[each.name], each.value)}
    known = [each for each in config_candidates(path, text, words) if each.name not in same and each.name not in given]
    in_config = [_unless_given(each, given) for each in known]
    unused = {each.name for each in matched} - {*same.values()} | {each.name for each in known}
    names = {name: name for name in draft.options if name not in unused} | {name: key for key, name in same.items()}
    why = Guess(None, f"{path.name} has several values of this name")
    kept = [
        replace(each, name=names.get(each.name, each.name), guess=why if each.name in ambiguous else each.guess)
        for each in candidates
        if each.name not in unused
    ]
    draft = replace(
        draft,
        config=Path(os.path.relpath(path.resolve(), draft.folder.resolve())).as_posix(),
        options=frozenset(names.values()),
        in_both=same,
        help={names.get(name, name): help_text for name, help_text in draft.help.items()},
    )
    return draft, [*kept, *in_config]


def _unless_given(candidate: Candidate, given: Collection[str]) -> Candidate:
    """Leave a value of the config alone if the command gives an option of its name, which replaces it."""
    last = option_words(candidate.name.rpartition(".")[2])
    option = next((name for name in given if option_words(name) == last), None)
    if option is None or candidate.guess.parameter is None:
        return candidate
    return replace(candidate, guess=Guess(None, f"your command gives {option}"))
