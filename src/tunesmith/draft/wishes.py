"""What somebody wants of a study, one wish each, with the words that say so.

Whether a wish came from rules or from a language model makes no difference here; `fulfilled` checks and grants it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..objective import Direction
from ..trial import Value

Action = Literal["only", "also", "leave"]


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A metric is to be improved.

    Args:
        words: The phrase of the request.
        metric: Its name.
        direction: Which way; None for the one that its name suggests.
    """

    words: str
    metric: str
    direction: Direction | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """The study may stop at a value.

    Args:
        words: The phrase of the request.
        value: Of the metric.
        metric: Its name; None for the objective's.
        direction: On which side of it values are good enough, where the words say so.
    """

    words: str
    value: float
    metric: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Something is to be bounded.

    Args:
        words: The phrase of the request.
        name: A key of `[budget]`, or `parallel`.
        value: The most.
    """

    words: str
    name: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Some parameters are to be tuned, or to be left as they are.

    Args:
        words: The phrase of the request.
        names: The parameters.
        action: `only` these are tuned, these `also`, or they are left alone, `leave`.
    """

    words: str
    names: tuple[str, ...]
    action: Action


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number is to be searched between bounds.

    Args:
        words: The phrase of the request.
        name: The parameter.
        low: The least value; None for what it is.
        high: The largest value; None for what it is.
    """

    words: str
    name: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """A parameter is to take one of these values.

    Args:
        words: The phrase of the request.
        name: The parameter.
        options: The values; of one alone it is kept at that.
    """

    words: str
    name: str
    options: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Hopeless trials are to be stopped early.

    Args:
        words: The phrase of the request.
    """

    words: str


Wish = Aim | Target | Limit | Selection | Range | Options | EarlyStopping
