"""The words that a user asks of `fit` in, read by rules and perhaps a language model, and their settings as options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from ..agents.connection import connected
from ..core.spending import Call
from ..data.read import RawTable, read_batches
from ..errors import MissingApiKey
from ..init.request import plain
from ..text.wording import duration
from .options import DEFAULT_MINUTES, parse_limits
from .request import SEVERAL, FitRequest, kept_request
from .request_reading import read_request
from .vocabulary import Vocabulary

_FIRST_ROWS = 1000
_READING_SHARE = 0.2  # Of all minutes, in which a language model may read the words.
_LEAST_READING_SECONDS = 5.0


def first_rows(data: Any) -> RawTable:
    """Return the first rows of a table."""
    return next(iter(read_batches(data, _FIRST_ROWS)))


def names_of(table: RawTable) -> list[str]:
    """Return the names of a table's columns."""
    return [str(name) for name in table.frame.columns]


def kept_words(words: str, folder: Path | None) -> FitRequest | None:
    """Return how an earlier session in a folder took the same words, or None."""
    kept = None if folder is None else kept_request(folder)
    return kept if kept is not None and kept.words == plain(words) else None


def read_words(
    words: str,
    first: RawTable,
    asked: Mapping[str, Any],
    vocabulary: Vocabulary,
    fault: Callable[[FitRequest], str],
) -> tuple[FitRequest, tuple[Call, ...]]:
    """Return what words ask for, and the calls of the language model that were made to read them.

    The model answers within a fifth of the time for everything, or rules alone decide.

    Args:
        words: The user's words.
        first: The first rows of the table.
        asked: The options by name.
        vocabulary: What words can name.
        fault: Says why a request cannot be carried out, or returns an empty text.
    """
    calls: list[Call] = []
    started, by_rules = monotonic(), read_request(words, first.frame, vocabulary=vocabulary)
    if asked.get("model") is None:
        return by_rules, ()
    minutes = completed(asked, by_rules).get("minutes") or DEFAULT_MINUTES
    seconds = max(_READING_SHARE * minutes * 60, _LEAST_READING_SECONDS)
    try:
        with connected(asked["model"], usd=asked.get("usd"), on_call=calls.append) as model:
            model.should_cancel = lambda: monotonic() > started + seconds
            request = read_request(words, first.frame, model, fault, vocabulary)
    except MissingApiKey as error:
        return replace(by_rules, refused=(f"rules alone read it: {error.message}",)), tuple(calls)
    if request.settings == by_rules.settings and request.refused and monotonic() > started + seconds:
        late = f"no language model answered within {duration(seconds)}, and rules alone read it."
        return replace(by_rules, refused=(late,)), tuple(calls)
    return request, tuple(calls)


def completed(asked: Mapping[str, Any], request: FitRequest) -> dict[str, Any]:
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
