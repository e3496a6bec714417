"""From what a user asks of `fit`, in options and in words, to its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..agents.family_selection import TableSize, suggest_families
from ..core.budget import Budget
from ..data.read import RawTable
from ..data.scores import score_named
from ..errors import InputError
from ..text.cleaning import short
from .asked_words import completed, first_rows, kept_words, names_of, read_words
from .data_options import DataOptions, problems_of
from .options import COSTS, DEFAULT_MINUTES, FitOptions, listed, parse_limits, parse_task
from .request import FitRequest
from .vocabulary import TABLES

_MOST_NAMED = 20  # Columns in a message.


def options_of(
    data: Any, asked: Mapping[str, Any], *, budget: Budget | None = None, folder: Path | None = None
) -> FitOptions:
    """Return the options that a user asks for; options win over words.

    Words are read by rules, and by the language model too, if one is asked for. It answers within a fifth of the time
    for everything, or rules alone decide. A later session takes the same words as the first one did.

    Args:
        data: The table, as `prepare` takes it; only its first rows are read here, and only where no target is named.
        asked: The options by name, those of `fit`, with `minutes`, `trials`, `memory_gb` and `usd`; None or empty
            where left open.
        budget: Further limits.
        folder: The study's folder, where an earlier session may have read the same words.

    Raises:
        InputError: An option is wrong, or no target is named.
    """
    if (words := asked.get("request")) is None:
        return _options(asked, budget, None, [] if asked.get("target") else names_of(first_rows(data)))
    if (kept := kept_words(words, folder)) is not None:
        return _options(asked, budget, kept, [])
    first = first_rows(data)
    request, calls = read_words(words, first, asked, TABLES, lambda read: _fault(asked, budget, read, first))
    return replace(_options(asked, budget, request, names_of(first)), calls=calls)


def _fault(asked: Mapping[str, Any], budget: Budget | None, request: FitRequest, first: RawTable) -> str:
    """Return why a request cannot be carried out on a table, by its first rows; empty if it can."""
    try:
        options = _options(asked, budget, request, [])
        problems = problems_of(first.frame, options.data, decimal=first.decimal, findings=[])
        score_named(options.metric, problems)
        for limit in options.limits:
            if limit.metric not in COSTS:
                score_named(limit.metric, problems)
        size = TableSize(rows=len(first.frame), columns=len(first.frame.columns))
        if not any(advice.fits for advice in suggest_families(problems, size, options.needs)):
            return "it leaves no family of models."
    except InputError as error:
        return error.message
    return ""


def _options(
    asked: Mapping[str, Any], budget: Budget | None, request: FitRequest | None, columns: list[str]
) -> FitOptions:
    """Return the options that are asked for and those that a request adds."""
    values = dict(asked) if request is None else completed(asked, request)
    if not values.get("target"):
        raise InputError(_no_target(columns, request))
    limits = {name: values.get(name) for name in ("minutes", "trials", "memory_gb", "usd")}
    limits["minutes"] = DEFAULT_MINUTES if limits["minutes"] is None else limits["minutes"]
    recipe, ids = values.get("recipe"), listed(values.get("id") or ())
    same: dict[str, Any] = {name: values.get(name) for name in ("weight", "group", "time", "positive", "test")}
    return FitOptions(
        data=DataOptions(
            target=values["target"],
            task=parse_task(values.get("task")),
            exclude=(*listed(values.get("exclude") or ()), *ids),
            as_given=bool(values.get("as_given")),
            **same,
        ),
        ids=ids,
        budget=replace(budget or Budget(), **limits),
        metric=values.get("metric"),
        families=listed(values.get("families") or ()),
        recipes=() if recipe is None else (recipe,),
        limits=parse_limits(values.get("limits") or ()),
        interpretable=bool(values.get("interpretable")),
        model=values.get("model"),
        parallel=values.get("parallel"),
        seed=values.get("seed", 0),
        request=request,
        **{name: tuple(values.get(name) or ()) for name in ("avoid", "prefer", "wishes")},
    )


def _no_target(columns: list[str], request: FitRequest | None) -> str:
    named = ", ".join(short(name, 40) for name in columns[:_MOST_NAMED])
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    if request is None:
        return f"a target must be named: the column to predict, as --target COLUMN. The columns are {named}{more}."
    return (
        f"the request must name the column to predict, as 'predict COLUMN', got '{short(request.words, 200)}'. "
        f"The columns are {named}{more}. Or name it with --target."
    )
