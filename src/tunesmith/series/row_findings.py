"""Findings about the rows that time series are read from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.findings import Finding
from ..text.wording import count, share

_MOST_NAMED = 5


def named(keys: Sequence[Sequence[str]]) -> str:
    """Return the names of the first of some series in brackets, with a space before; empty for one without a name.

    >>> named([("Ulm", "bread"), ("Ulm", "milk")])
    ' (Ulm bread, Ulm milk)'
    """
    names = [" ".join(key) for key in keys[:_MOST_NAMED] if any(key)]
    return f" ({', '.join(names)}{' and more' if len(keys) > _MOST_NAMED else ''})" if names else ""


def many(series: int, one: str = "is", more: str = "are") -> str:
    """Return how many series, and a verb.

    >>> many(1), many(2, "has", "have")
    ('1 series is', '2 series have')
    """
    return f"{series:,} series {one if series == 1 else more}"


def left_out(kind: str, rows: int, what: str) -> Finding:
    """Return the finding that rows lack a time or a series."""
    return Finding(
        kind=kind,
        severity="warning",
        text=f"{count(rows, 'row')} {'has' if rows == 1 else 'have'} {what}.",
        remedy="They are left out.",
        values={"rows": rows},
    )


def absent_columns(names: Sequence[str]) -> Finding:
    """Return the finding that a table lacks columns beside the target."""
    return Finding(
        kind="absent_columns",
        severity="warning",
        columns=tuple(names),
        text=f"{', '.join(names[:_MOST_NAMED])} {'is' if len(names) == 1 else 'are'} not in this table.",
        remedy="Forecasts are made without.",
    )


def unread_values(target: str, examples: Sequence[str], rows: int, total: int) -> Finding:
    """Return the finding that values of a target are no numbers, or none that can be computed with."""
    listed = ", ".join(text[:40] for text in examples[:_MOST_NAMED])
    return Finding(
        kind="unread_values",
        severity="info" if rows < 0.05 * total else "warning",
        columns=(target,),
        text=f"{target} is not a finite number in {count(rows, 'row')}: {listed}.",
        remedy="These values are taken as missing.",
        values={"rows": rows},
    )


def unsorted() -> Finding:
    """Return the finding that rows are not in the order of time."""
    return Finding(
        kind="unsorted_times", severity="info", text="The rows are not in the order of time.", remedy="They are sorted."
    )


def empty_series(keys: Sequence[Sequence[str]]) -> Finding:
    """Return the finding that series have no value."""
    return Finding(
        kind="empty_series",
        severity="warning",
        text=f"{many(len(keys), 'has', 'have')} no value at all{named(keys)}.",
        remedy="They are left out, as there is nothing to forecast from.",
        values={"series": len(keys)},
    )


def far_apart(keys: Sequence[Sequence[str]], words: str) -> Finding:
    """Return the finding that the times of series are too far apart for the grid."""
    return Finding(
        kind="distant_times",
        severity="warning",
        text=f"{many(len(keys), 'has', 'have')} times so far apart that nearly every step {words} is missing"
        f"{named(keys)}.",
        remedy="They are left out. Is one of their times wrong?",
        values={"series": len(keys)},
    )


def mixed_frequencies(keys: Sequence[Sequence[str]], words: str) -> Finding:
    """Return the finding that some series have another frequency than the others."""
    return Finding(
        kind="mixed_frequencies",
        severity="warning",
        text=f"Most series are {words}, but {len(keys):,} {'is' if len(keys) == 1 else 'are'} not{named(keys)}.",
        remedy=f"They are forecast {words}, too, from means or interpolated values. Series of another frequency are "
        "better forecast by themselves.",
        values={"series": len(keys)},
    )


def repeated(times: int) -> Finding:
    """Return the finding that times occur more than once in a series."""
    return Finding(
        kind="repeated_times",
        severity="warning",
        text=f"{count(times, 'time')} of a series {'occurs' if times == 1 else 'occur'} more than once.",
        remedy="The mean of their values is taken. Name the column that tells series apart, if there are several.",
        values={"times": times},
    )


def clock_change(times: int) -> Finding:
    """Return the finding that hours occur twice because clocks were set back."""
    return Finding(
        kind="daylight_saving",
        severity="info",
        text=f"{count(times, 'time')} {'occurs' if times == 1 else 'occur'} twice, on a Sunday night on which clocks "
        "are set back.",
        remedy="The mean is taken, and the hour that is skipped in spring is interpolated. Times with an offset, such "
        "as 2024-10-27T02:00+01:00, avoid both.",
        values={"times": times},
    )


def are_clock_changes(stamps: np.ndarray) -> bool:
    """Return whether all of some times lie in Sunday nights on which clocks are set back somewhere.

    Args:
        stamps: Times without a zone that occur twice, `datetime64[s]`; shape `(times,)`.
    """
    days = stamps.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    hours = (stamps - days).astype("timedelta64[h]").astype(np.int64)
    is_sunday = (days.astype(np.int64) + 3) % 7 == 6
    return bool((is_sunday & np.isin(months, (3, 4, 9, 10, 11)) & (hours < 4)).all())


def gaps(missing: int, total: int, series: int) -> Finding:
    """Return the finding that values are missing within series."""
    return Finding(
        kind="gaps",
        severity="warning" if missing > 0.1 * total else "info",
        text=f"{count(missing, 'value')} ({share(missing / total)}) of {series:,} series "
        f"{'is' if missing == 1 else 'are'} missing between others.",
        remedy="They are interpolated for models, and do not count in scores.",
        values={"missing": missing, "series": series},
    )


def irregular(words: str, regular: float) -> Finding:
    """Return the finding that times have no frequency."""
    return Finding(
        kind="irregular_times",
        severity="warning",
        text=f"Only {share(regular)} of neighbouring times are one step apart; the times are taken as {words}.",
        remedy="Values within a step are averaged, and steps without one are interpolated.",
        values={"regular": regular},
    )


def unknown_ahead(name: str, keys: Sequence[Sequence[str]], series: int) -> Finding:
    """Return the finding that a covariate which is known ahead has no values after the end of series."""
    whose = "the series" if len(keys) == series else f"{len(keys):,} of {series:,} series{named(keys)}"
    return Finding(
        kind="unknown_ahead",
        severity="warning",
        columns=(name,),
        text=f"{name} is said to be known ahead, but has no values after the last one of {whose}.",
        remedy="Its last value is taken to stay. Add rows with its coming values, and an empty target.",
        values={"series": len(keys)},
    )
