"""How time series of a field are usually forecast: families, other columns, calendar, metric. A point to start from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InputError, nearest
from ..text.cleaning import short


@dataclass(frozen=True, kw_only=True)
class ForecastTemplate:
    """What is usual in a field.

    Args:
        purpose: What is forecast there, and for what.
        families: Those to try first, the most promising first.
        why: Why these.
        known: Columns that are usually known ahead.
        calendar: What of the calendar matters.
        metric: The metric that suits its decisions.
        metric_reason: Why.
        horizon: How far is usual, by frequency.
        beware: What is often done wrong.
        words: Words in names of columns that tell the field.
    """

    purpose: str
    families: tuple[str, ...]
    why: str
    known: tuple[str, ...]
    calendar: str
    metric: str
    metric_reason: str
    horizon: Mapping[str, str]
    beware: str
    words: frozenset[str]

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON, but for the words that tell the field."""
        table = asdict(self)
        del table["words"]
        return {**table, "families": list(self.families), "known": list(self.known), "horizon": dict(self.horizon)}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEMPLATES: Mapping[str, ForecastTemplate] = {
    "retail": ForecastTemplate(
        purpose="sales of many products in many shops, to order and to plan staff",
        families=("lagged_boosting", "seasonal_naive", "ets", "theta", "croston"),
        why="One model of all series learns what prices and promotions do; smoothing of each series is unlike it, and "
        "Croston's method is for products that sell on few days.",
        known=("price", "promotion", "discount", "event", "opening hours"),
        calendar="days of the week, public holidays of the country, pay days, the weeks before Christmas",
        metric="rmsse",
        metric_reason="It compares products of unlike size, and where most days are 0 it asks for the mean, as the M5 "
        "competition did. For stock, wql judges the quantiles that are ordered by.",
        horizon={"daily": "28 days", "weekly": "13 weeks", "monthly": "12 months"},
        beware="Sales are not demand: days without stock look like days without buyers. Mark or leave them out.",
        words=_words(
            "store shop product item sku sales sold quantity promo promotion basket retail units revenue orders"
        ),
    ),
    "finance": ForecastTemplate(
        purpose="prices, rates and volumes of markets, and figures of companies",
        families=("naive", "drift", "theta", "ets", "arima"),
        why="Prices come close to a random walk, and repeating the last value is hard to beat. Figures of companies "
        "have trends and seasons of quarters, which smoothing follows.",
        known=(),
        calendar="working days; ends of months and quarters; days without trade are no gaps",
        metric="mase",
        metric_reason="It compares with repeating the last value, so that above 1 a model is worth nothing. For risk, "
        "wql judges the quantiles.",
        horizon={"every business day": "10 days", "monthly": "12 months", "quarterly": "4 quarters"},
        beware="A gain over the last value that is small in the backtest is luck more often than not. Other series of "
        "the same time are not known ahead.",
        words=_words(
            "open close high low adj volume ticker symbol stock bond yield rate fx exchange return index asset balance"
        ),
    ),
    "energy": ForecastTemplate(
        purpose="load, generation and prices of power, to buy, to schedule and to balance",
        families=("lagged_boosting", "lagged_ridge", "mstl", "seasonal_naive", "rlinear"),
        why="Hours, days and weeks are strong seasons: models on the values of a day and a week before know all of "
        "them, and trees add the weather.",
        known=("temperature", "humidity", "wind", "irradiation", "outages"),
        calendar="the hour, the day of the week, public holidays and the days between, changes of the clock",
        metric="mae",
        metric_reason="Costs grow with each unit of power that is missing. For reserves, wql judges the quantiles.",
        horizon={
            "hourly": "48 hours",
            "every 30 minutes": "48 hours",
            "every 15 minutes": "24 hours",
            "daily": "7 days",
        },
        beware="Weather that was measured is not known ahead: train on forecasts of it, or the backtest flatters.",
        words=_words(
            "load power energy demand kwh mw mwh temperature humidity consumption solar wind meter generation oil gas"
        ),
    ),
}
"""By field."""


def template_of(field: str) -> ForecastTemplate:
    """Return what is usual in a field.

    Raises:
        InputError: It is none of those that are known.
    """
    if field not in TEMPLATES:
        given = short(field, 40)
        raise InputError(f"a field must be one of {', '.join(TEMPLATES)}, got '{given}'.{nearest(given, TEMPLATES)}")
    return TEMPLATES[field]


def field_of(names: Iterable[str]) -> str | None:
    """Return the field that the names of columns tell; None where they tell none, or several as well.

    >>> field_of(["date", "store_id", "Units Sold"]), field_of(["date", "y"])
    ('retail', None)
    """
    used = {word for name in names for word in re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())}
    hits = {field: len(used & template.words) for field, template in TEMPLATES.items()}
    best = max(hits.values())
    fields = [field for field, count in hits.items() if count == best]
    return fields[0] if best and len(fields) == 1 else None
