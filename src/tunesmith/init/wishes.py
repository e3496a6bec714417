"""What somebody wants of a study, one wish each, with the words that say so.

Rules make them from a request, and a language model answers with them; `apply_intents` checks and grants them all the
same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field

from ..core.objective import Direction

Action = Literal["only", "also", "leave"]
LimitName = Literal["trials", "minutes", "target", "patience", "seconds_per_trial", "memory_gb", "usd", "parallel"]
LIMITS: tuple[LimitName, ...] = get_args(LimitName)
_Words = Annotated[str, Field(description="the phrase of the request that asks for it, letter by letter")]


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A metric to improve; without a direction, in the one that its name suggests."""

    metric: str
    direction: Direction | None = None
    words: _Words


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A bound of the study.

    Args:
        name: A key of `[budget]`, or `parallel`.
        value: The most; of a target, what is good enough.
        metric: Of a target: its metric, where it is not the objective's.
        direction: Of a target: on which side of it values are good enough, where the words say so.
        words: The phrase of the request.
    """

    name: LimitName
    value: Annotated[float, Field(allow_inf_nan=False)]
    metric: str | None = None
    direction: Direction | None = None
    words: _Words


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which parameters are tuned: `only` these, these `also`, or they are left alone, `leave`."""

    action: Action
    parameters: Annotated[tuple[str, ...], Field(min_length=1, max_length=60)]
    words: _Words


@dataclass(frozen=True, kw_only=True)
class Range:
    """Bounds of a number; None leaves an end as it is."""

    parameter: str
    low: float | None = None
    high: float | None = None
    words: _Words


@dataclass(frozen=True, kw_only=True)
class Options:
    """Values that a parameter may take; at one alone it is kept."""

    parameter: str
    options: Annotated[tuple[bool | int | float | str, ...], Field(min_length=1, max_length=20)]
    words: _Words


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Hopeless trials are stopped early."""

    words: _Words


Intent = Aim | Limit | Selection | Range | Options | EarlyStopping
