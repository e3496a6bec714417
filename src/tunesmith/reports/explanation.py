"""What an explanation is: sentences by topic, every number of which comes from the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..core.trial import Trial, Value
from ..history.history import History
from ..text import wording
from ..text.cleaning import short
from .overview import Comparison, Standing, parameter_rows

MOST_NAMED = 12
"""How many parameters, metrics or trials a sentence names."""


@dataclass(frozen=True)
class Part:
    """What is said on one topic.

    Args:
        topic: In a word or two.
        sentences: In plain words.
    """

    topic: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Plain words on a study or on one trial.

    Args:
        about: What it is about.
        parts: By topic; a topic on which there is nothing to say is left out.
    """

    about: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, about: str, topics: Iterable[tuple[str, Sequence[str]]]) -> Explanation:
        """Return an explanation of what there is to say.

        Args:
            about: What it is about.
            topics: Topics with their sentences, none where there is nothing to say.
        """
        return cls(about, tuple(Part(topic, tuple(sentences)) for topic, sentences in topics if sentences))

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return it as text: a paragraph for each topic."""
        return "\n\n".join([self.about, *("\n".join((part.topic, *part.sentences)) for part in self.parts)])


def named(name: str) -> str:
    """Return the name of a parameter, a metric or a proposer, fit to stand in a sentence."""
    return short(name, 60)


def valued(value: Value) -> str:
    """Return the value of a parameter, fit to stand in a sentence."""
    return short(wording.value(value), 60)


def listing(words: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return words with commas between them, and how many were left out.

    >>> listing(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most:,} more"


def sentence(text: str) -> str:
    """Return text with a full stop, if it has no end of its own.

    >>> sentence("all 8 trials are done"), sentence("Why?")
    ('all 8 trials are done.', 'Why?')
    """
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def differences(trial: Trial, other: Trial, history: History) -> str:
    """Return in which parameters a trial differs from another one, in words; empty where in none."""
    rows = parameter_rows(history, Comparison(Standing(trial, None, 0), Standing(other, None, 0)))
    changes = [f"{named(row.name)} ({_or_inactive(row.own)} → {_or_inactive(row.best)})" for row in rows if row.changed]
    return listing(changes)


def _or_inactive(told: str) -> str:
    return short(told, 60) if told else "not active"
