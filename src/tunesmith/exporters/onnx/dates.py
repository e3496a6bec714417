"""The calendar in an ONNX graph."""

from __future__ import annotations

from .graph import Graph

_DAY = 86_400.0  # Seconds.


def days_since_1970(graph: Graph, seconds: str) -> str:
    """Return seconds since 1970 as days, with their fraction."""
    return graph.add("Div", seconds, graph.constant(_DAY))


def calendar(graph: Graph, seconds: str) -> dict[str, str]:
    """Return the parts of dates, given as seconds since 1970, under the names that pandas has for them.

    The Gregorian date follows Hinnant, chrono-Compatible Low-Level Date Algorithms (2013), section `civil_from_days`;
    a year begins in March there, so that a leap day is its last day.
    """

    def number(value: float) -> str:
        return graph.constant(value)

    def plus(value: str, *terms: tuple[str, float]) -> str:
        for term, factor in terms:
            value = graph.add("Add", value, graph.add("Mul", term, number(factor)))
        return value

    def shifted(value: str, by: float) -> str:
        return graph.add("Add", value, number(by))

    def whole(value: str, divisor: float) -> str:
        return graph.add("Floor", graph.add("Div", value, number(divisor)))

    def scaled(value: str, factor: float, offset: float) -> str:
        return shifted(graph.add("Mul", value, number(factor)), offset)

    days = whole(seconds, _DAY)
    second_of_day = plus(seconds, (days, -_DAY))
    hour = whole(second_of_day, 3600.0)
    minute = whole(plus(second_of_day, (hour, -3600.0)), 60.0)
    from_monday = shifted(days, 3.0)  # 1 January 1970 was a Thursday.
    day_of_week = plus(from_monday, (whole(from_monday, 7.0), -7.0))

    from_march = shifted(days, 719_468.0)  # Days since 1 March of year 0.
    era = whole(from_march, 146_097.0)  # Of 400 years.
    day_of_era = plus(from_march, (era, -146_097.0))
    leap_days = plus(
        whole(day_of_era, 1460.0), (whole(day_of_era, 36_524.0), -1.0), (whole(day_of_era, 146_096.0), 1.0)
    )
    year_of_era = whole(plus(day_of_era, (leap_days, -1.0)), 365.0)
    earlier = plus(whole(year_of_era, 4.0), (whole(year_of_era, 100.0), -1.0))
    day_from_march = plus(day_of_era, (year_of_era, -365.0), (earlier, -1.0))
    month_from_march = whole(scaled(day_from_march, 5.0, 2.0), 153.0)
    day = shifted(plus(day_from_march, (whole(scaled(month_from_march, 153.0, 2.0), 5.0), -1.0)), 1.0)
    next_year = graph.cast(graph.add("GreaterOrEqual", month_from_march, number(10.0)), "DOUBLE")
    month = plus(shifted(month_from_march, 3.0), (next_year, -12.0))
    year = plus(year_of_era, (era, 400.0), (next_year, 1.0))

    last = shifted(year, -1.0)
    leaps = plus(whole(last, 4.0), (whole(last, 100.0), -1.0), (whole(last, 400.0), 1.0))
    before_year = plus(scaled(last, 365.0, -719_162.0), (leaps, 1.0))  # Days from 1970 to 1 January.
    return {
        "year": year,
        "quarter": whole(shifted(month, 2.0), 3.0),
        "month": month,
        "day": day,
        "day_of_year": shifted(plus(days, (before_year, -1.0)), 1.0),
        "day_of_week": day_of_week,
        "hour": hour,
        "minute": minute,
    }


def days_before_month(graph: Graph, months: str) -> str:
    """Return the days from 1970 to the first of a month, given as months since January 1970.

    Also by Hinnant, section `days_from_civil`.
    """

    def whole(value: str, divisor: float) -> str:
        return graph.add("Floor", graph.add("Div", value, graph.constant(divisor)))

    def plus(value: str, term: str, factor: float) -> str:
        return graph.add("Add", value, graph.add("Mul", term, graph.constant(factor)))

    from_march = graph.add("Add", months, graph.constant(1970.0 * 12 - 2))  # Since March of year 0.
    year = whole(from_march, 12.0)
    month = plus(from_march, year, -12.0)
    leap_days = plus(plus(whole(year, 4.0), whole(year, 100.0), -1.0), whole(year, 400.0), 1.0)
    lengths = whole(graph.add("Add", graph.add("Mul", month, graph.constant(153.0)), graph.constant(2.0)), 5.0)
    days = plus(graph.add("Add", leap_days, lengths), year, 365.0)
    return graph.add("Sub", days, graph.constant(719_468.0))
