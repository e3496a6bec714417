"""What a user wants of a study, one intent a setting, with the words that ask for it.

The grammar derives them from a request, and a language model answers with them; `apply_intents` checks both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from ..core.objective import Direction

Action = Literal["only", "also", "leave"]
LimitName = Literal["trials", "minutes", "target", "patience", "seconds_per_trial", "memory_gb", "usd", "parallel"]
_Words = Annotated[str, Field(description="the phrase of the request that asks for it, letter by letter")]


@dataclass(frozen=True, kw_only=True)
class Improve:
    """Improve a metric; without a direction, in the usual one of its name."""

    metric: str
    direction: Direction | None = None
    words: _Words


@dataclass(frozen=True, kw_only=True)
class SetLimit:
    """Limit the study: `name` is a key of `[budget]`, or `parallel`."""

    name: LimitName
    value: Annotated[float, Field(allow_inf_nan=False)]
    words: _Words


@dataclass(frozen=True, kw_only=True)
class SelectParameters:
    """Tune `only` these parameters, these `also`, or `leave` them as they are."""

    action: Action
    parameters: Annotated[tuple[str, ...], Field(min_length=1, max_length=60)]
    words: _Words


@dataclass(frozen=True, kw_only=True)
class SetRange:
    """Search a number between bounds; None leaves a bound unchanged."""

    parameter: str
    low: float | None = None
    high: float | None = None
    words: _Words


@dataclass(frozen=True, kw_only=True)
class SetOptions:
    """Choose a parameter among these values; a single one fixes it."""

    parameter: str
    options: Annotated[tuple[bool | int | float | str, ...], Field(min_length=1, max_length=20)]
    words: _Words


Intent = Improve | SetLimit | SelectParameters | SetRange | SetOptions
