"""From what a user asks of `fit` for time series, in options and in words, to its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core.budget import Budget
from ...data.read import RawTable
from ...errors import InputError
from ...series.columns import SeriesColumns, find_columns
from ...series.scores import forecast_score
from ...text.cleaning import short
from ..asked_words import completed, first_rows, kept_words, read_words
from ..options import DEFAULT_MINUTES, listed, parse_limits
from ..request import FitRequest
from .options import COSTS, ForecastOptions, SeriesOptions
from .vocabulary import SERIES

_MOST_NAMED = 20  # Columns in a message.
_UNUSED = ("group", "weight", "positive", "recipe", "as_given")


def forecast_options_of(
    asked: Mapping[str, Any], *, data: Any = None, budget: Budget | None = None, folder: Path | None = None
) -> ForecastOptions:
    """Return the options that a user asks for; options win over words, which are read as those about a table are.

    Args:
        asked: The options by name, those of `fit`, with `minutes`, `trials`, `memory_gb` and `usd`; None or empty where
            left open.
        data: The series; only the first rows are read here, and only where there are words.
        budget: Further limits.
        folder: The study's folder, where an earlier session may have read the same words.

    Raises:
        InputError: An option is wrong, or none of forecasts.
    """
    for name in _UNUSED:
        if asked.get(name):
            raise InputError(
                f"the option {name} is for tables of rows, but time series are to be forecast. Leave it out."
            )
    if (words := asked.get("request")) is None:
        return _options(asked, budget, None)
    if (kept := kept_words(words, folder)) is not None:
        return _options(asked, budget, kept)
    first = first_rows(data)
    request, calls = read_words(words, first, asked, SERIES, lambda read: _fault(asked, budget, read, first))
    options = _options(asked, budget, request)
    if request.not_understood and not options.series.targets:
        _check_one_target(first, options.series, request)
    return replace(options, calls=calls)


def _check_one_target(first: RawTable, series: SeriesOptions, request: FitRequest) -> None:
    """Check that a table has one column to forecast, as words that are not understood may name one.

    Raises:
        InputError: It has several.
    """
    found = _columns(first, series).targets
    if len(found) > 1:
        named = ", ".join(short(name, 40) for name in found[:_MOST_NAMED])
        raise InputError(
            f"the request must name the column to forecast, as 'forecast COLUMN for the next 28 days', got "
            f"'{short(request.words, 200)}'. It may be {named}. Or name it with --target."
        )


def _columns(first: RawTable, series: SeriesOptions) -> SeriesColumns:
    return find_columns(
        first.frame,
        targets=series.targets,
        time=series.time,
        ids=series.ids,
        known=series.known,
        exclude=series.exclude,
        decimal=first.decimal,
    )


def _fault(asked: Mapping[str, Any], budget: Budget | None, request: FitRequest, first: RawTable) -> str:
    """Return why a request cannot be carried out on a table, by its first rows; empty if it can."""
    try:
        options = _options(asked, budget, request)
        _columns(first, options.series)
        forecast_score(options.metric)
        for limit in options.limits:
            if limit.metric not in COSTS:
                forecast_score(limit.metric)
    except InputError as error:
        return error.message
    return ""


def _options(asked: Mapping[str, Any], budget: Budget | None, request: FitRequest | None) -> ForecastOptions:
    """Return the options that are asked for and those that a request adds."""
    values = dict(asked) if request is None else completed(asked, request)
    limits = {name: values.get(name) for name in ("minutes", "trials", "memory_gb", "usd")}
    limits["minutes"] = DEFAULT_MINUTES if limits["minutes"] is None else limits["minutes"]
    same: dict[str, Any] = {
        name: values.get(name) for name in ("time", "horizon", "frequency", "country", "windows", "stride", "test")
    }
    return ForecastOptions(
        series=SeriesOptions(
            targets=listed(values.get("target") or ()),
            ids=listed(values.get("id") or ()),
            known=listed(values.get("known") or ()),
            exclude=listed(values.get("exclude") or ()),
            seasons=_seasons(values.get("season")),
            **same,
        ),
        budget=replace(budget or Budget(), **limits),
        metric=values.get("metric"),
        families=listed(values.get("families") or ()),
        limits=parse_limits(values.get("limits") or ()),
        interpretable=bool(values.get("interpretable")),
        model=values.get("model"),
        parallel=values.get("parallel"),
        seed=values.get("seed", 0),
        request=request,
        **{name: tuple(values.get(name) or ()) for name in ("avoid", "prefer", "wishes")},
    )


def _seasons(asked: Any) -> tuple[int, ...] | None:
    """Return one length of a season, or several; None if none is asked for."""
    if asked is None or asked == ():
        return None
    return tuple(asked) if isinstance(asked, Sequence) else (asked,)
