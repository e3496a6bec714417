"""An explanation of a study or a trial: sentences by topic, every number of which comes from the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..core.trial import Trial, Value
from ..history.history import History
from ..text import wording
from ..text.cleaning import short
from .comparison import parameter_rows

MOST_NAMED = 12
"""The number of parameters, metrics or trials that a sentence lists."""


@dataclass(frozen=True)
class Part:
    """The sentences on one topic."""

    topic: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """An explanation in plain words.

    Args:
        about: The study or the trial, as a heading.
        parts: One per topic; topics without a sentence are left out.
    """

    about: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, about: str, topics: Iterable[tuple[str, Sequence[str]]]) -> Explanation:
        """Return an explanation from topics and their sentences."""
        return cls(about, tuple(Part(topic, tuple(sentences)) for topic, sentences in topics if sentences))

    def to_table(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return the explanation as text, one paragraph per topic."""
        return "\n\n".join([self.about, *("\n".join((part.topic, *part.sentences)) for part in self.parts)])


def named(name: str) -> str:
    """Return the name of a parameter, metric or proposer, cleaned and shortened for a sentence."""
    return short(name, 60)


def valued(value: Value) -> str:
    """Return the value of a parameter, cleaned and shortened for a sentence."""
    return short(wording.value(value), 60)


def measured(metrics: Iterable[tuple[str, float | None]]) -> str:
    """Return metrics and their values as `loss 0.31, speed 12`."""
    return listing([f"{named(name)} {wording.number(value)}" for name, value in metrics])


def listing(words: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return words joined by commas, and the number of those left out.

    >>> listing(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most:,} more"


def sentence(text: str) -> str:
    """Return text with a full stop, unless it ends in other punctuation.

    >>> sentence("all 8 trials are done"), sentence("Why?")
    ('all 8 trials are done.', 'Why?')
    """
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def changed_parameters(trial: Trial, other: Trial, history: History) -> str:
    """Return the parameters in which a trial differs from another one, as `lr (0.1 → 0.2)`; empty without any."""
    rows = [row for row in parameter_rows(history, trial, other) if row.changed]
    return listing([f"{named(row.name)} ({_or_inactive(row.baseline)} → {_or_inactive(row.best)})" for row in rows])


def _or_inactive(text: str) -> str:
    return short(text, 60) or "not active"
