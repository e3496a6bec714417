"""What both kinds of `fit` settle in a first session: the families, which later sessions keep, and the limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.objective import Constraint
from ..errors import InputError, nearest
from .files import KeptOptions
from .options import SearchOptions


def agreed_families(
    folder: Path, options: SearchOptions, families: Sequence[str], *, data: Any, test: Any, ids: Sequence[str]
) -> tuple[str, ...]:
    """Return the families of the first session, so that a later one searches the same space.

    A first session writes them down, with the other options that later commands need.

    Args:
        folder: The study's folder.
        options: What the user asks for now.
        families: The families that these options allow and the data suit.
        data: The data, as the user gave them.
        test: The test part, likewise; None for none.
        ids: The columns that name a row or a series.

    Raises:
        InputError: The options ask for other families than the first session had.
    """
    kept = KeptOptions.load(folder)
    if kept is None:
        KeptOptions(
            families=tuple(families),
            ids=tuple(ids),
            interpretable=options.interpretable,
            request={} if options.request is None else options.request.to_table(),
            data=_path(data),
            test=_path(test),
            minutes=options.minutes,
        ).save(folder)
        return tuple(families)
    if options.restricts_families and set(families) != set(kept.families):
        raise InputError(
            f"the families must stay the same, but {folder} was begun with {', '.join(kept.families)}. "
            "Leave out the option, choose another folder, or start over with --fresh."
        )
    if kept.minutes != options.minutes:
        replace(kept, minutes=options.minutes).save(folder)
    return kept.families


def named_limits(
    limits: Iterable[Constraint], *, costs: Sequence[str], scores: Sequence[str], name: Callable[[str], str]
) -> list[Constraint]:
    """Return limits under the names by which trials report them.

    Args:
        limits: The limits.
        costs: What every trial measures besides scores.
        scores: The names of the scores, for the message.
        name: Returns the full name of a score, and raises `InputError` if there is none for such data.

    Raises:
        InputError: A limit is on something that no trial measures.
    """
    named = []
    for limit in limits:
        try:
            metric = limit.metric if limit.metric in costs else name(limit.metric)
        except InputError:
            raise InputError(
                f"a limit must be on {', '.join(costs)} or a metric of such data, got '{limit.metric}'."
                f"{nearest(limit.metric, (*costs, *scores))}"
            ) from None
        named.append(replace(limit, metric=metric))
    return named


def _path(data: Any) -> str:
    """Return the absolute path of data in a file; empty for a frame or none."""
    return str(Path(data).expanduser().absolute()) if isinstance(data, str | Path) else ""
