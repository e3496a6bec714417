"""Whether a user wants the rows of a table predicted or time series forecast, and the options of that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.budget import Budget
from ..data.column import Column
from ..data.read import RawTable
from ..errors import InputError
from ..series.columns import find_columns
from .asked import options_of
from .asked_words import first_rows, kept_words, names_of
from .forecasting.asked import forecast_options_of
from .forecasting.options import ForecastOptions
from .forecasting.vocabulary import SERIES
from .options import FitOptions, listed
from .request import FitRequest

_OF_SERIES = ("horizon", "known", "country", "season", "windows", "stride")
"""Options that only time series have."""
_FEW_VALUES = 2  # A target of no more is a class.


def task_options_of(
    data: Any, asked: Mapping[str, Any], *, budget: Budget | None = None, folder: Path | None = None
) -> FitOptions | ForecastOptions:
    """Return the options that a user asks for, in options and in words.

    Time series are forecast where the task says so, where an option or the words give a horizon, or where the words
    ask for a forecast and the table has a column of dates.

    Args:
        data: The table.
        asked: The options by name, those of `fit`, with `minutes`, `trials`, `memory_gb` and `usd`; None or empty
            where left open.
        budget: Further limits.
        folder: The study's folder, where an earlier session may have read the same words.

    Raises:
        InputError: An option is wrong, or no target is named.
    """
    if _is_forecast(data, asked, folder):
        return forecast_options_of(asked, data=data, budget=budget, folder=folder)
    return options_of(data, asked, budget=budget, folder=folder)


def _is_forecast(data: Any, asked: Mapping[str, Any], folder: Path | None) -> bool:
    task, of_series = asked.get("task"), [name for name in _OF_SERIES if asked.get(name) not in (None, (), [])]
    if task not in (None, "forecasting") and of_series:
        raise InputError(
            f"the option {of_series[0]} is for time series, but the task is {task}. Leave it out, or give the task as "
            "forecasting."
        )
    if task is not None or of_series:
        return bool(task in (None, "forecasting"))
    if (words := asked.get("request")) is None:
        return False
    if (kept := kept_words(words, folder)) is not None:
        return _sets(kept, "task", "forecasting")
    return says_forecast(words, first_rows(data), listed(asked.get("target") or ()))


def says_forecast(words: str, first: RawTable, targets: tuple[str, ...] = ()) -> bool:
    """Return whether words ask for a forecast of time series.

    "Predict sales for the next 28 days" does where the table has times; "predict who leaves within the next 30 days"
    does not, as those are classes.

    Args:
        words: The user's words.
        first: The first rows of the table.
        targets: The targets that are named beside the words.
    """
    request = FitRequest.read(words, names_of(first), SERIES.phrases)
    if not _sets(request, "task", "forecasting"):
        return False
    named = targets or next((setting.value for setting in request.settings if setting.name == "target"), ())
    for name in named:
        values = first.frame.get(name)
        if values is not None and (
            Column.of(values, decimal=first.decimal).kind != "number" or values.nunique() <= _FEW_VALUES
        ):
            return False
    says = any(setting.name == "task" and "forecast" in setting.words.lower() for setting in request.settings)
    if says and any(setting.name == "horizon" for setting in request.settings):
        return True
    try:
        return find_columns(first.frame, targets=named, decimal=first.decimal).time is not None
    except InputError:
        return False


def _sets(request: FitRequest, name: str, value: str) -> bool:
    return any(setting.name == name and setting.value == value for setting in request.settings)
