"""From what a user asks of `fit`, in options and in words, to its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..core.budget import Budget
from ..data.read import read_batches
from ..errors import InputError
from ..text.cleaning import short
from .options import DEFAULT_MINUTES, FitOptions, listed, parse_limits, parse_task
from .prepare import DataOptions
from .request import SEVERAL, FitRequest

_MOST_NAMED = 20  # Columns in a message.
_FIRST_ROWS = 1000


def options_of(data: Any, asked: Mapping[str, Any], *, budget: Budget | None = None) -> FitOptions:
    """Return the options that a user asks for; options win over words.

    Args:
        data: The table, as `prepare` takes it; read here only for the names of its columns, where there are words.
        asked: The options by name, those of `fit`, with `minutes`, `trials` and `memory_gb`; None or empty where left
            open.
        budget: Further limits.

    Raises:
        InputError: An option is wrong, or no target is named.
    """
    columns: list[str] = []
    request, values = None, dict(asked)
    if (words := asked.get("request")) is not None:
        columns = [str(name) for name in next(iter(read_batches(data, _FIRST_ROWS))).frame.columns]
        request = FitRequest.read(words, columns)
        values = _completed(values, request)
    if not values.get("target"):
        raise InputError(_no_target(columns, request))
    limits = {name: values.get(name) for name in ("minutes", "trials", "memory_gb")}
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
    if request is None:
        return "a target must be named: the column to predict, as --target COLUMN."
    named = ", ".join(short(name, 40) for name in columns[:_MOST_NAMED])
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    return (
        f"the request must name the column to predict, as 'predict COLUMN', got '{short(request.words, 200)}'. "
        f"The columns are {named}{more}. Or name it with --target."
    )
