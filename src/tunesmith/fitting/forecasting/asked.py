"""From what a user asks of `fit` for time series to its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...core.budget import Budget
from ...errors import InputError
from ..options import DEFAULT_MINUTES, listed, parse_limits
from .options import ForecastOptions, SeriesOptions

_UNUSED = ("group", "weight", "positive", "recipe", "interpretable", "as_given")


def forecast_options_of(asked: Mapping[str, Any], *, budget: Budget | None = None) -> ForecastOptions:
    """Return the options that a user asks for.

    Args:
        asked: The options by name, those of `fit`, with `minutes`, `trials`, `memory_gb` and `usd`; None or empty where
            left open.
        budget: Further limits.

    Raises:
        InputError: An option is wrong, or none of forecasts.
    """
    for name in _UNUSED:
        if asked.get(name):
            raise InputError(
                f"the option {name} is for tables of rows, but time series are to be forecast. Leave it out."
            )
    limits = {name: asked.get(name) for name in ("minutes", "trials", "memory_gb", "usd")}
    limits["minutes"] = DEFAULT_MINUTES if limits["minutes"] is None else limits["minutes"]
    return ForecastOptions(
        series=SeriesOptions(
            targets=listed(asked.get("target") or ()),
            time=asked.get("time"),
            ids=listed(asked.get("id") or ()),
            horizon=asked.get("horizon"),
            known=listed(asked.get("known") or ()),
            country=asked.get("country"),
            exclude=listed(asked.get("exclude") or ()),
            seasons=_seasons(asked.get("season")),
            windows=asked.get("windows"),
            stride=asked.get("stride"),
            test=asked.get("test"),
        ),
        budget=replace(budget or Budget(), **limits),
        metric=asked.get("metric"),
        families=listed(asked.get("families") or ()),
        limits=parse_limits(asked.get("limits") or ()),
        model=asked.get("model"),
        parallel=asked.get("parallel"),
        seed=asked.get("seed", 0),
    )


def _seasons(asked: Any) -> tuple[int, ...] | None:
    """Return one length of a season, or several; None if none is asked for."""
    if asked is None or asked == ():
        return None
    return tuple(asked) if isinstance(asked, Sequence) else (asked,)
