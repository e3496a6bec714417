"""From what a user asks of `fit`, in options and in words, to its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from ..agents.connection import connected
from ..agents.family_selection import TableSize, suggest_families
from ..core.budget import Budget
from ..core.spending import Call
from ..data.read import RawTable, read_batches
from ..data.scores import score_named
from ..errors import InputError, MissingApiKey
from ..init.request import plain
from ..text.cleaning import short
from ..text.wording import duration
from .data_options import DataOptions, problems_of
from .options import COSTS, DEFAULT_MINUTES, FitOptions, listed, parse_limits, parse_task
from .request import SEVERAL, FitRequest, kept_request
from .request_reading import read_request

_MOST_NAMED = 20  # Columns in a message.
_FIRST_ROWS = 1000
_READING_SHARE = 0.2  # Of all minutes, in which a language model may read the words.
_LEAST_READING_SECONDS = 5.0


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
        return _options(asked, budget, None, [] if asked.get("target") else _names(_first_rows(data)))
    if (kept := _kept(words, folder)) is not None:
        return _options(asked, budget, kept, [])
    first = _first_rows(data)
    request, calls = _read(words, first, asked, budget)
    return replace(_options(asked, budget, request, _names(first)), calls=tuple(calls))


def _first_rows(data: Any) -> RawTable:
    return next(iter(read_batches(data, _FIRST_ROWS)))


def _names(table: RawTable) -> list[str]:
    return [str(name) for name in table.frame.columns]


def _kept(words: str, folder: Path | None) -> FitRequest | None:
    """Return how an earlier session in a folder took the same words, or None."""
    kept = None if folder is None else kept_request(folder)
    return kept if kept is not None and kept.words == plain(words) else None


def _read(
    words: str, first: RawTable, asked: Mapping[str, Any], budget: Budget | None
) -> tuple[FitRequest, list[Call]]:
    """Return what words ask for, and the calls of the language model that were made to read them."""
    calls: list[Call] = []
    if asked.get("model") is None:
        return read_request(words, first.frame), calls

    def fault(request: FitRequest) -> str:
        return _fault(asked, budget, request, first)

    started, by_rules = monotonic(), read_request(words, first.frame)
    minutes = _completed(asked, by_rules).get("minutes") or DEFAULT_MINUTES
    seconds = max(_READING_SHARE * minutes * 60, _LEAST_READING_SECONDS)
    try:
        with connected(asked["model"], usd=asked.get("usd"), on_call=calls.append) as model:
            model.should_cancel = lambda: monotonic() > started + seconds
            request = read_request(words, first.frame, model, fault)
    except MissingApiKey as error:
        return replace(by_rules, refused=(f"rules alone read it: {error.message}",)), calls
    if request.settings == by_rules.settings and request.refused and monotonic() > started + seconds:
        late = f"no language model answered within {duration(seconds)}, and rules alone read it."
        return replace(by_rules, refused=(late,)), calls
    return request, calls


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
    values = dict(asked) if request is None else _completed(asked, request)
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


def _completed(asked: Mapping[str, Any], request: FitRequest) -> dict[str, Any]:
    """Return options with a request's settings where the user left them open: None, False or empty."""
    values = dict(asked)
    given = {name for name, value in asked.items() if value is not None and value is not False and value != ()}
    for setting in request.settings:
        name, value = setting.name, setting.value
        if name == "limits":
            metrics = {limit.metric for limit in parse_limits(asked.get(name) or ())}
            value = tuple(limit for limit in parse_limits(value) if limit.metric not in metrics)
            values[name] = (*parse_limits(values.get(name) or ()), *value)
        elif name not in given and not ("families" in given and name == "avoid"):
            values[name] = (*(values.get(name) or ()), *value) if name in SEVERAL else value
    return values


def _no_target(columns: list[str], request: FitRequest | None) -> str:
    named = ", ".join(short(name, 40) for name in columns[:_MOST_NAMED])
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    if request is None:
        return f"a target must be named: the column to predict, as --target COLUMN. The columns are {named}{more}."
    return (
        f"the request must name the column to predict, as 'predict COLUMN', got '{short(request.words, 200)}'. "
        f"The columns are {named}{more}. Or name it with --target."
    )
