"""From the phrases of a request to settings of `fit`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..init.name_matching import NameMatcher
from ..text.wording import duration
from .request_families import FamilyNames

COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "half an": 0.5, "half a": 0.5,
}  # fmt: skip
_SECONDS = {"u": 1e-6, "mic": 1e-6, "µ": 1e-6, "μ": 1e-6, "ms": 1e-3, "mil": 1e-3, "s": 1, "m": 60, "h": 3600}
_MEGABYTES = {"k": 1e-3, "m": 1.0, "g": 1e3}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One option of `fit` that a phrase asks for.

    Args:
        name: The option, as `fit` has it; also `avoid` and `prefer` for families, and `wishes`.
        value: Its value.
        words: The phrase.
        note: How it was taken, where it may mean two things.
        by: Who read it: `rules`, or `language model`.
    """

    name: str
    value: Any
    words: str
    note: str = ""
    by: str = "rules"

    def __str__(self) -> str:
        """Return what it sets."""
        value = self.value
        if isinstance(value, bool):
            values = "yes: one model that a person can read" if value else "no"
        elif isinstance(value, tuple):
            values = ", ".join(map(str, value))
        elif self.name == "minutes" and not isinstance(value, str):
            values = duration(60 * value)
        else:
            values = value if isinstance(value, str) else f"{value:g}"
        unit = {"memory_gb": " GB"}.get(self.name, "")
        name = {"limits": "limit", "memory_gb": "memory of a trial", "minutes": "time"}.get(self.name, self.name)
        return f"{name} {values}{unit}{f' ({self.note})' if self.note else ''}"


class MetricMatcher(NameMatcher):
    """Finds metrics in a text.

    Args:
        maximize: Whether larger values are better, by the name of each metric.
        aliases: Further names of metrics.
        text: The text.
    """

    def __init__(self, maximize: Mapping[str, bool], aliases: Mapping[str, str], text: str) -> None:
        super().__init__([*maximize, *aliases], text)
        self.maximize, self._aliases = maximize, aliases

    def metric_in(self, text: str) -> str:
        """Return the metric that a text names."""
        name = self.names_in(text)[0]
        return name if name in self.maximize else self._aliases[name]


def column_of(names: NameMatcher, name: str, match: re.Match[str]) -> list[Setting] | None:
    """Return a setting that is one column; None where several are named."""
    found = names.names_in(told(match, "columns"))
    return [Setting(name=name, value=found[0], words=match[0])] if len(found) == 1 else None


def columns_of(names: NameMatcher, name: str, match: re.Match[str]) -> list[Setting] | None:
    """Return a setting of columns."""
    return [Setting(name=name, value=names.names_in(told(match, "columns")), words=match[0])]


def target_of(names: NameMatcher, match: re.Match[str]) -> list[Setting] | None:
    """Return the target."""
    return [Setting(name="target", value=names.names_in(told(match, "columns")), words=match[0])]


def family_of(families: FamilyNames, name: str, match: re.Match[str]) -> list[Setting] | None:
    """Return a setting of families."""
    return [Setting(name=name, value=families.names_in(told(match, "families")), words=match[0])]


def metric_of(metrics: MetricMatcher, maximize: bool | None, match: re.Match[str]) -> list[Setting] | None:
    """Return the metric; None where it is wanted the other way round."""
    key = metrics.metric_in(told(match, "metric"))
    if maximize is not None and metrics.maximize[key] is not maximize:
        return None
    return [Setting(name="metric", value=key, words=match[0])]


def quality_of(metrics: MetricMatcher, sign: str, match: re.Match[str]) -> list[Setting] | None:
    """Return a limit on a metric; None where it would be the wrong way round."""
    key = metrics.metric_in(told(match, "metric"))
    if metrics.maximize[key] is not (sign == ">="):
        return None
    value = amount(told(match, "value")) / (100 if told(match, "percent") else 1)
    return [Setting(name="limits", value=(f"{key} {sign} {value:g}",), words=match[0])]


def latency_of(match: re.Match[str]) -> list[Setting] | None:
    """Return a limit on the time to predict, which is meant for one row unless the words say otherwise."""
    milliseconds = 1000 * seconds_of(match)
    given = told(match, "rows")
    rows = {"thousand": 1e3, "million": 1e6}.get(given.lower()) if given else 1.0
    per = amount(given) if rows is None else rows
    note = "" if given else f"{milliseconds:g} ms a row, measured on many rows at once"
    limit = f"predict_ms_per_1000_rows <= {1000 * milliseconds / per:g}"
    return [Setting(name="limits", value=(limit,), words=match[0], note=note)]


def memory_of(match: re.Match[str]) -> list[Setting] | None:
    """Return the memory of a trial."""
    megabytes = amount(told(match, "value")) * _MEGABYTES[told(match, "unit").lower()]
    return [Setting(name="memory_gb", value=megabytes / 1000, words=match[0])]


def size_of(match: re.Match[str]) -> list[Setting] | None:
    """Return a limit on the size of the model."""
    megabytes = amount(told(match, "value")) * _MEGABYTES[told(match, "unit").lower()]
    return [Setting(name="limits", value=(f"model_mb <= {megabytes:g}",), words=match[0])]


def whole_of(name: str, match: re.Match[str]) -> list[Setting] | None:
    """Return a setting that is a whole number; None where another is given."""
    value = amount(told(match, "value"))
    return [Setting(name=name, value=int(value), words=match[0])] if value == int(value) and value >= 1 else None


def minutes_of(match: re.Match[str]) -> list[Setting] | None:
    """Return the time for everything."""
    minutes = seconds_of(match) / 60
    return [Setting(name="minutes", value=float(f"{minutes:.6g}"), words=match[0])] if minutes > 0 else None


def seconds_of(match: re.Match[str]) -> float:
    """Return a time in seconds."""
    unit = told(match, "time").lower()
    factor = next(seconds for start, seconds in _SECONDS.items() if unit.startswith(start))
    return amount(told(match, "value")) * factor


def amount(text: str) -> float:
    """Return the number that digits or a word such as `two` stand for."""
    words_of_number = text.strip().lower()
    return COUNTS[words_of_number] if words_of_number in COUNTS else float(words_of_number.replace(",", ""))


def told(match: re.Match[str], group: str) -> str:
    """Return the text of a group, in whichever way of saying it; empty if it matched nothing."""
    return next((text for name, text in match.groupdict().items() if name.startswith(f"{group}_") and text), "")
