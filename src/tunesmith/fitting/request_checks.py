"""What a setting of a request must be before it may take effect, whoever read it: checked against the table."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, get_args

from .. import plugins
from ..agents.family_selection import Wish
from ..core.values import shown
from ..errors import InputError, nearest
from ..series.calendar import check_country
from ..series.span import Span
from ..text.cleaning import short
from .forecasting.request_grammar import FREQUENCIES
from .options import parse_limits
from .request_settings import Setting
from .vocabulary import TABLES, Vocabulary

_COLUMNS = ("target", "exclude", "id", "known")
_COLUMN = ("group", "time", "weight")
_FAMILIES = ("families", "avoid", "prefer")
_WHOLE = ("trials", "parallel", "windows")
_ABOVE_0 = ("minutes", "memory_gb")


def setting_fault(setting: Setting, columns: Collection[str], vocabulary: Vocabulary = TABLES) -> str:
    """Return why a setting cannot take effect; empty if it can.

    Args:
        setting: The setting.
        columns: The names of the table's columns.
        vocabulary: What words can name.

    >>> setting_fault(Setting(name="group", value="shop", words="by shop"), ["store", "sales"])
    "the table has no column 'shop'."
    """
    name, value = setting.name, setting.value
    if name not in vocabulary.options:
        return f"{name} is no option for a {vocabulary.data}."
    if name in (*_COLUMNS, *_COLUMN):
        return _unknown(value if name in _COLUMNS else (value,), columns, "the table has no column")
    if name in _FAMILIES:
        return _unknown(value, plugins.names(vocabulary.families), "there is no family")
    if name == "wishes":
        return _unknown(value, get_args(Wish), "there is no wish")
    if name == "task":
        return _unknown((value,), vocabulary.tasks, "there is no task")
    if name == "metric":
        return _unknown((value,), vocabulary.maximize, "there is no metric")
    if name == "limits":
        return next(filter(None, (_limit_fault(text, vocabulary) for text in value)), "")
    if name in ("horizon", "frequency", "country"):
        return _series_fault(name, value)
    if name == "interpretable" and not isinstance(value, bool):
        return f"{name} must be true or false, got {shown(value)}."
    if name in _WHOLE and (isinstance(value, bool) or not (isinstance(value, int) and value >= 1)):
        return f"{name} must be a whole number of at least 1, got {shown(value)}."
    if name in _ABOVE_0 and (isinstance(value, bool | str | tuple) or not 0 < value < math.inf):
        return f"{name} must be a number above 0, got {shown(value)}."
    return ""


def _unknown(values: Sequence[Any], known: Collection[str], message: str) -> str:
    unknown = next((value for value in values if value not in known), None)
    if unknown is None:
        return ""
    return f"{message} '{short(unknown, 80)}'.{nearest(str(unknown)[:80], known)}"


def _series_fault(name: str, value: Any) -> str:
    """Return what is wrong with a setting that only time series have."""
    if name == "frequency":
        return _unknown((value,), FREQUENCIES, "there is no frequency")
    try:
        if name == "horizon":
            Span.parse(str(value))
        else:
            check_country(str(value))
    except InputError as error:
        return error.message
    return ""


def _limit_fault(text: str, vocabulary: Vocabulary) -> str:
    """Return what is wrong with a limit; one on a metric must ask for a better model, not for a worse one."""
    try:
        (limit,) = parse_limits(text)
    except InputError as error:
        return error.message
    if limit.metric in vocabulary.costs:
        return "" if limit.low is None else f"a limit on {limit.metric} must be <=, got '{short(text, 80)}'."
    costs, maximize = vocabulary.costs, vocabulary.maximize
    key = vocabulary.aliases.get(limit.metric, limit.metric)
    if key not in maximize:
        return f"a limit must be on {', '.join(costs)} or a metric.{nearest(limit.metric[:80], (*costs, *maximize))}"
    sign = ">=" if maximize[key] else "<="
    is_right = (limit.low is None) is not maximize[key]
    return "" if is_right else f"a limit on {key} must be {sign}, got '{short(text, 80)}'."
