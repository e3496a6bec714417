"""A draft made again with the config that a run of the script showed to be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .asked import Asked
from .config_use import hyperparameters_in, is_config_path, share_of_hyperparameters
from .draft import Draft
from .drafting import draft_study
from .sources import Sources, has_name_of_config, is_config
from .tryout import Tryout

_MOST_BYTES = 200_000
_LEAST_SHARE = 0.1
"""Of the numbers in a config, so many have names of hyperparameters; a vocabulary has fewer."""


def redraft(draft: Draft, tryout: Tryout, sources: Sources, *, objective: str | None, asked: Asked | None) -> Draft:
    """Return a draft with the config that the script reads, if a run of it showed another one than was found before.

    Args:
        draft: The draft that was run.
        tryout: Its run.
        sources: The files from which it was drafted.
        objective: The user's objective, or None.
        asked: The script's options, as it gave them itself, or None.
    """
    if not tryout.counts or not tryout.files_read or sources.command is None or "{config}" in draft.command:
        return draft
    present = None if draft.config is None else (draft.folder / draft.config).resolve()
    best = _best(draft, tryout, sources, present)
    if best == present:
        return draft
    again = draft_study(replace(sources, config=best, read=True, observed=True), objective=objective, asked=asked)
    if best is None or again.config is None:
        return again
    return replace(again, notes=(*again.notes, f"The test run showed that the script reads {again.config}."))


def _best(draft: Draft, tryout: Tryout, sources: Sources, present: Path | None) -> Path | None:
    """Return the config with the most hyperparameters among the files that a run read, or the present one."""
    script = None if sources.script is None else sources.script.resolve()
    is_read = present == script or present in tryout.files_read
    known = hyperparameters_in(present) if present is not None and is_read else 0
    if known and present != script:
        return present
    tuned = known or len(draft.space)
    written = {change.path.resolve() for change in tryout.files}
    others = [path for path in tryout.files_read if path not in written and path != script]
    found = {path: count for path in others if _is_own(path, draft.folder) and (count := _worth(path, tuned))}
    return max(found, key=lambda path: found[path], default=present if is_read else None)


def _is_own(path: Path, folder: Path) -> bool:
    """Tell whether a file is of the project in a folder, or beside that: libraries read files of theirs elsewhere."""
    folder = folder.resolve()
    near = folder if Path.home().is_relative_to(folder.parent) else folder.parent
    return path.is_relative_to(near) and not any(part.startswith(".") for part in path.relative_to(near).parts)


def _worth(path: Path, tuned: int) -> int:
    """Return how many hyperparameters a file has; 0 if it is no config, or one with fewer than are tuned already."""
    if not is_config_path(path) or path.stat().st_size > _MOST_BYTES or not is_config(path):
        return 0
    count = hyperparameters_in(path)
    if path.suffix == ".py" and count <= tuned:
        return 0
    return count if has_name_of_config(path) or share_of_hyperparameters(path) >= _LEAST_SHARE else 0
