"""What a setting of a request must be before it may take effect, whoever read it: checked against the table."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, get_args

from .. import plugins
from ..agents.family_selection import Wish
from ..core.values import shown
from ..data.scores import ALIASES, SCORES
from ..errors import InputError, nearest
from ..text.cleaning import short
from .options import COSTS, parse_limits
from .request_settings import Setting

_TASKS = ("classification", "binary", "multiclass", "multilabel", "regression")
_COLUMNS = ("target", "exclude", "id")
_COLUMN = ("group", "time", "weight")
_FAMILIES = ("families", "avoid", "prefer")
_WHOLE = ("trials", "parallel")
_ABOVE_0 = ("minutes", "memory_gb")


def setting_fault(setting: Setting, columns: Collection[str]) -> str:
    """Return why a setting cannot take effect; empty if it can.

    Args:
        setting: The setting.
        columns: The names of the table's columns.

    >>> setting_fault(Setting(name="group", value="shop", words="by shop"), ["store", "sales"])
    "the table has no column 'shop'."
    """
    name, value = setting.name, setting.value
    if name in (*_COLUMNS, *_COLUMN):
        return _unknown(value if name in _COLUMNS else (value,), columns, "the table has no column")
    if name in _FAMILIES:
        return _unknown(value, plugins.names("families"), "there is no family")
    if name == "wishes":
        return _unknown(value, get_args(Wish), "there is no wish")
    if name == "task":
        return _unknown((value,), _TASKS, "there is no task")
    if name == "metric":
        return _unknown((value,), SCORES, "there is no metric")
    if name == "limits":
        return next(filter(None, map(_limit_fault, value)), "")
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


def _limit_fault(text: str) -> str:
    """Return what is wrong with a limit; one on a metric must ask for a better model, not for a worse one."""
    try:
        (limit,) = parse_limits(text)
    except InputError as error:
        return error.message
    if limit.metric in COSTS:
        return "" if limit.low is None else f"a limit on {limit.metric} must be <=, got '{short(text, 80)}'."
    key = ALIASES.get(limit.metric, limit.metric)
    if key not in SCORES:
        return f"a limit must be on {', '.join(COSTS)} or a metric.{nearest(limit.metric[:80], (*COSTS, *SCORES))}"
    sign = ">=" if SCORES[key].maximize else "<="
    is_right = (limit.low is None) is not SCORES[key].maximize
    return "" if is_right else f"a limit on {key} must be {sign}, got '{short(text, 80)}'."
